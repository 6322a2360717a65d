import fcntl
import json
import os
import tempfile
import threading
from contextlib import contextmanager

from filelock import FileLock, Timeout

MUTEX = threading.Lock()


def through_descriptor(path, text):
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600)
    try:
        os.write(fd, text)
        os.fsync(fd)
    finally:
        os.close(fd)


def locked(path):
    file = open(path, "r+")
    fcntl.flock(file, fcntl.LOCK_EX)
    data = json.load(file)
    data["a"] = 1
    file.seek(0)
    json.dump(data, file)
    fcntl.flock(file, fcntl.LOCK_UN)
    file.close()


def guarded(path, text):
    with MUTEX, FileLock(path + ".lock") as lock:
        with open(path, "w") as file:
            print(text, file=file)
    try:
        lock.acquire(timeout=0)
    except Timeout:
        return False
    lock.release()


@contextmanager
def exclusive(path):
    lock = FileLock(path)
    lock.acquire()
    try:
        yield
    finally:
        lock.release()


def uses_it(path):
    with exclusive(path + ".lock"):
        os.remove(path)


def private(folder):
    with tempfile.TemporaryDirectory() as work:
        os.mkdir(os.path.join(work, "a"))
    fd, name = tempfile.mkstemp(dir=folder)
    os.close(fd)
    os.replace(name, os.path.join(folder, "b"))
