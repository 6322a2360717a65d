import os


def decisions(path, force):
    found = os.path.exists(path)
    if found and not force:
        return False
    elif (size := os.path.getsize(path)) > 10:
        os.truncate(path, 0)
    else:
        os.remove(path) if os.path.isfile(path) else os.rmdir(path)
    assert not os.path.exists(path)
    return size


def loops(paths, folder):
    for path in paths:
        if not os.path.exists(path):
            continue
        os.remove(path)
    while os.path.exists(folder):
        os.rmdir(folder)
        break
    else:
        os.mkdir(folder)
    for entry in os.scandir(folder):
        os.unlink(entry.path)
    return [os.stat(p) for p in paths if os.path.isdir(p)]


def chosen(kind, path):
    match kind:
        case "file":
            open(path, "x").close()
        case "folder" if path:
            os.mkdir(path)
        case _:
            raise ValueError(kind)
