import functools
import os
import shutil
from os import path as p
from os.path import exists as there

from .other import helper as renamed


class Store:
    def __init__(self, root, name="state"):
        self.root = root
        self.file = p.join(root, name + ".json")

    @property
    def lock(self):
        return self.file + ".lock"

    @classmethod
    def of(cls, root):
        return cls(root)

    @staticmethod
    def clear(root):
        shutil.rmtree(root, ignore_errors=True)

    def save(self, text, *, mode=0o600):
        with open(self.file, "w") as f:
            f.write(text)
        os.chmod(self.file, mode)

    def forget(self):
        self.save("", mode=0o644)
        os.remove(self.lock)


def made(root):
    store = Store(root, name="x")
    store.save("a")
    Store.clear(root)
    renamed(store.file)


def nested(path):
    def inner(suffix):
        return there(path + suffix)

    if not inner(".a"):
        os.mkdir(path + ".a")
    remove = functools.partial(os.remove, path)
    remove()
    later = lambda: os.unlink(path)
    later()


def handed_on(path, retry):
    def work():
        os.rename(path, path + ".old")

    retry(work)
