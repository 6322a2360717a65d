import os


def test_made_once(tmp_path):
    for name in ("a", "b"):
        if not os.path.exists(tmp_path / name):
            os.mkdir(tmp_path / name)
