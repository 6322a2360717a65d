import errno
import json
import os
from contextlib import suppress


def tolerated(path):
    try:
        os.mkdir(path)
    except FileExistsError:
        pass


def by_number(path):
    try:
        os.remove(path)
    except OSError as e:
        if e.errno not in (errno.ENOENT, errno.EISDIR):
            raise


def several_steps(path, text):
    try:
        os.makedirs(os.path.dirname(path))
        with open(path, "w") as f:
            f.write(text)
    except PermissionError as e:
        raise RuntimeError(path) from e
    except OSError:
        os.unlink(path)
        raise
    else:
        os.chmod(path, 0o600)


def returns_from_within(path):
    try:
        with open(path) as f:
            return json.load(f)
    except (FileNotFoundError, ValueError):
        return None


def leaves_a_loop(paths):
    for path in paths:
        try:
            os.stat(path)
            break
        except FileNotFoundError:
            continue
    os.remove(path)


def last(path):
    try:
        os.mkdir(path)
        os.rename(path, path + ".done")
    finally:
        os.rmdir(path)


def last_with_return(path):
    try:
        if os.path.exists(path):
            return True
        os.mkdir(path)
    finally:
        os.remove(path + ".lock")


def suppressed(path):
    with suppress(FileNotFoundError, NotADirectoryError):
        os.unlink(path)
