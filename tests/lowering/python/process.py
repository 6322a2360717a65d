import asyncio
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor


def work(path):
    os.remove(path)


def threads(path):
    thread = threading.Thread(target=work, args=(path,))
    thread.start()
    with ThreadPoolExecutor() as pool:
        pool.submit(work, path)
    thread.join()


async def tasks(path):
    task = asyncio.create_task(later(path))
    await asyncio.gather(later(path), later(path))
    await asyncio.to_thread(os.remove, path)
    await task


async def later(path):
    os.mkdir(path)


def state(folder):
    os.environ["TOOL"] = folder
    del os.environ["TOOL"]
    os.chdir(folder)
    before = os.umask(0o077)
    os.umask(before)


def commands(folder, url):
    subprocess.run(["git", "clone", "--depth", "1", url, folder], check=True)
    subprocess.check_output("git -C " + folder + " pull", shell=True)
    subprocess.Popen(["git", "fetch"], cwd=folder)


if __name__ == "__main__":
    threads("a")
