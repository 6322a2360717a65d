"""Helpers that are told what to make of a failure, and commands of a project's own build."""

import os
import shutil

from setuptools import Command


def clear(path, ignore_errors=False):
    if not os.path.exists(path):
        return
    shutil.rmtree(path, ignore_errors)


def drop(path, missing_ok: bool):
    path_of(path).unlink(missing_ok=missing_ok)


def path_of(path):
    from pathlib import Path

    return Path(path)


class Bundle(Command):
    def run(self):
        clear("bundle")
