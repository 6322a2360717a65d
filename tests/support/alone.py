"""Runs what a rewrite was made from and what it became, each alone, and tells where they differ.

Reads a list of {"name", "before", "after", "complete", "without"} in JSON from standard input, where "before" and "after" are texts of
modules, and writes one line for each difference, then one with how much was run. Every public function whose parameters have names that
mean something here is called where its place is absent, a file, a directory, and in a folder that is not there, but for the
situations in "without"; what it returns, raises, prints and leaves behind must be the same. Modes are compared where the rewrite
claims to be complete.
"""

import contextlib
import inspect
import io
import json
import os
import pathlib
import re
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
import types
import warnings

SITUATIONS = ("absent", "file", "directory", "nowhere")
FOLDERS = ("root", "target_dir", "work_dir", "state_dir", "run_dir", "config_dir", "cache_dir", "base")
PLACES = ("path", "folder", "lock", "lock_path", "config_path", "marker", "pid_file", "log", "target_path")
TEXTS = (
    "text", "url", "broken", "name", "data", "content", "line", "token", "target", "value", "values", "state", "entries", "job", "owner",
    "task",
)


class TooLong(Exception):
    """Nobody but the function itself could end its waiting."""


class Waits:
    """Stands for `time.sleep`: the third time, nobody waits any more."""

    def __init__(self):
        self.times = 0

    def __call__(self, seconds):
        self.times += 1
        if self.times > 2:
            raise TooLong


class FileLock:
    """Stands for the one of `filelock`."""

    def __init__(self, path, *args, **kwargs):
        self.path = path

    def __enter__(self):
        open(self.path, "a").close()

    def __exit__(self, *failure):
        os.unlink(self.path)


class NoRepository(Exception):
    """Stands for git's `InvalidGitRepositoryError`."""


class Repository:
    """Stands for git's `Repo`: a folder with a `.git` in it."""

    def __init__(self, path):
        if not os.path.isdir(os.path.join(path, ".git")):
            raise NoRepository("no repository")

    @classmethod
    def clone_from(cls, url, path):
        os.makedirs(os.path.join(path, ".git"))
        return cls(path)

    def __repr__(self):
        return "a repository"


class Store:
    """Stands for a client of a store: keys, in a file of the folder where one is. Where the place is a file, every key is there."""

    def __init__(self, *args, **kwargs):
        self.keys = {}

    @classmethod
    def from_url(cls, url):
        return cls()

    def __repr__(self):
        return f"store of {self.keys}"

    def write(self, key, value, expires):
        self.keys[key] = [value, expires]
        pathlib.Path("keys").write_text(repr(sorted(self.keys.items())))
        return True

    def exists(self, key):
        return int(key in self.keys or os.path.isfile("place"))

    has_key = exists

    def get(self, key):
        return self.keys.get(key, ["before"])[0] if self.exists(key) else None

    def set(self, key, value, timeout=None, nx=False, ex=None, px=None):
        if nx and self.exists(key):
            return None
        return self.write(key, value, timeout or ex or px)

    def add(self, key, value, timeout=None):
        return self.set(key, value, timeout, nx=True) or False

    def setnx(self, name, value):
        return self.add(name, value)

    def setex(self, key, time, value):
        return self.set(key, value, time)

    def expire(self, key, time):
        return self.write(key, self.get(key), time)

    pexpire = expire


def stand_in(name, **members):
    module = types.ModuleType(name)
    vars(module).update(members)
    sys.modules[name] = module


def argument(parameter, base, situation):
    """What is passed for a parameter, or what `inspect` has for nothing at all."""
    folder = base / "missing" if situation == "nowhere" else base
    name = parameter.name
    typed = parameter.annotation in (pathlib.Path, "Path", "pathlib.Path")
    if name in FOLDERS:
        return folder if typed else str(folder)
    if parameter.annotation is Store:
        return Store()
    if name in ("seconds", "milliseconds"):
        return 30
    if typed or name in PLACES:
        return folder / "place" if typed else str(folder / "place")
    if name in TEXTS:
        return b"some data" if parameter.annotation in (bytes, "bytes") else "some text"
    return parameter.empty


def arguments(function, base, situation):
    found = {}
    for parameter in inspect.signature(function).parameters.values():
        if parameter.default is not parameter.empty or parameter.kind is parameter.VAR_KEYWORD:
            continue
        value = argument(parameter, base, situation)
        if value is parameter.empty:
            return None
        found[parameter.name] = value
    return found


def functions(module):
    """The names of what can be called: functions, and methods with their class."""
    for name, value in vars(module).items():
        if inspect.isfunction(value) and value.__module__ == module.__name__ and not name.startswith("_"):
            yield name
        elif inspect.isclass(value) and value.__module__ == module.__name__:
            for method, function in vars(value).items():
                if inspect.isfunction(function) and not method.startswith("_"):
                    yield f"{name}.{method}"


def call(module, name, base, situation):
    """A call that is ready to be made, or nothing where its arguments are not known."""
    owner, _, method = name.rpartition(".")
    target = module
    if owner:
        maker = getattr(module, owner)
        given = arguments(maker, base, situation)
        if given is None:
            return None
        target = maker(**given)
    function = getattr(target, method)
    given = arguments(function, base, situation)
    return None if given is None or inspect.iscoroutinefunction(function) else lambda: function(**given)


def tree(base, modes):
    found = {}
    for path in sorted(base.rglob("*")):
        # A lock's file is there to stay.
        if path.suffix == ".lock":
            continue
        status = path.lstat()
        kind = stat.S_IFMT(status.st_mode)
        content = path.read_bytes() if kind == stat.S_IFREG else os.readlink(path) if kind == stat.S_IFLNK else None
        mode = stat.S_IMODE(status.st_mode) if modes else None
        found[str(path.relative_to(base))] = (kind, mode, content)
    return found


def outcome(text, name, situation, modes):
    """What becomes of one call in one situation, or nothing where it cannot be made."""
    before = dict(os.environ), os.getcwd()
    base = pathlib.Path(tempfile.mkdtemp(prefix="alone-")).resolve()
    try:
        if situation == "file":
            (base / "place").write_text("before")
        elif situation == "directory":
            (base / "place").mkdir()
        tools = pathlib.Path(tempfile.mkdtemp(prefix="tools-"))
        (tools / "make").write_text(f"#!/bin/sh\necho \"$PWD $BUILD_TARGET $*\" >> '{base}/made'\n")
        (tools / "make").chmod(0o755)
        os.environ["PATH"] = f"{tools}{os.pathsep}{os.environ['PATH']}"
        os.chdir(base)
        os.umask(0o022)
        stand_in("django.core.cache", cache=Store(), caches={"default": Store()})
        module = types.ModuleType("tried")
        sys.modules["tried"] = module
        exec(compile(text, "tried", "exec"), vars(module))
        made = call(module, name, base, situation)
        if made is None:
            return None
        printed = io.StringIO()
        time.sleep = Waits()
        signal.alarm(20)
        try:
            with contextlib.redirect_stdout(printed), contextlib.redirect_stderr(printed):
                # Where an object lies says nothing about it.
                result = "returned", re.sub(r"\bat 0x[0-9a-f]+>", "at 0x..>", repr(made()))
        except (Exception, SystemExit) as failure:
            code = failure.code if isinstance(failure, SystemExit) else None
            result = "raised", type(failure).__name__, code
        finally:
            signal.alarm(0)
        shutil.rmtree(tools)
        try:
            here = os.getcwd()
        except FileNotFoundError:
            here = "gone"
        return repr((result, printed.getvalue(), here, tree(base, modes))).replace(str(base), "BASE")
    finally:
        time.sleep = slept
        os.chdir(before[1])
        os.environ.clear()
        os.environ.update(before[0])
        # A function may have changed what its folder allows.
        subprocess.run(["rm", "-rf", str(base)], check=True)


def main():
    pairs = json.load(sys.stdin)
    ran = set()
    calls = 0
    for pair in pairs:
        for text in (pair["before"], pair["after"]):
            try:
                compile(text, pair["name"], "exec")
            except (SyntaxError, SyntaxWarning) as error:
                print(f"{pair['name']}: {error}\n{text}")
                break
        else:
            if pair["before"] == pair["after"]:
                continue
            module = types.ModuleType("tried")
            sys.modules["tried"] = module
            exec(compile(pair["before"], "tried", "exec"), vars(module))
            for name in functions(module):
                for situation in SITUATIONS:
                    if situation in pair["without"]:
                        continue
                    was = outcome(pair["before"], name, situation, pair["complete"])
                    if was is None:
                        break
                    now = outcome(pair["after"], name, situation, pair["complete"])
                    ran.add((pair["name"], name))
                    calls += 1
                    if was != now:
                        print(f"{pair['name']}: {name}, {situation}: was {was}, is {now} in\n{pair['after']}")
            if not any(name == pair["name"] for name, _ in ran):
                print(f"{pair['name']}: nothing in it can be called")
    print(f"ran {calls} calls of {len(ran)} functions")


if __name__ == "__main__":
    warnings.simplefilter("error", SyntaxWarning)
    slept = time.sleep
    signal.signal(signal.SIGALRM, signal.default_int_handler)
    stand_in("redis", Redis=Store, StrictRedis=Store)
    stand_in("django")
    stand_in("django.core")
    stand_in("django.core.cache", cache=Store(), caches={"default": Store()})
    stand_in("filelock", FileLock=FileLock, Timeout=TimeoutError)
    stand_in("git", Repo=Repository, InvalidGitRepositoryError=NoRepository)
    stand_in("requests", get=None)
    main()
