import os
import tempfile
import uuid
from pathlib import Path

import platformdirs

ROOT = Path.home() / ".tool"
NAME = "state"


def paths(base: Path, key: str):
    (ROOT / f"{NAME}-{key}.json").touch()
    base.joinpath("a", "b").mkdir(parents=True, exist_ok=True)
    base.with_suffix(".bak").unlink(missing_ok=True)
    base.parent.rmdir()
    base.with_name("c").write_text("x")


def texts(base, key):
    os.remove(base + "/" + key)
    os.remove("%s/%03d.json" % (base, key))
    os.remove("{}/{name}.json".format(base, name=key))
    os.remove(os.path.join(base, *["a", "b"]))
    os.remove(os.path.dirname(base))
    os.remove(os.path.expanduser("~/.config/tool"))
    os.remove(os.path.join(tempfile.gettempdir(), f"x-{uuid.uuid4().hex}"))
    os.remove(os.path.join(os.environ["STATE_DIR"], f"{os.getpid()}.pid"))
    os.remove(Path(platformdirs.user_cache_dir("tool")) / "x")
