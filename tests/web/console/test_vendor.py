"""The files of others that pages load are what npm has, to the byte."""

from __future__ import annotations

import hashlib
import tomllib

from dialpact.web.console.assets import FOLDER

VENDOR = FOLDER / "vendor"


def test_every_file_is_in_the_list_with_its_hash() -> None:
    listed = tomllib.loads((VENDOR / "vendor.toml").read_text("utf-8"))
    there = {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in VENDOR.iterdir()
        if file.suffix in (".js", ".css")
    }
    assert there == {name: file["sha256"] for name, file in listed["file"].items()}
    assert {file["package"] for file in listed["file"].values()} == set(listed["package"])
    assert len(list((VENDOR / "licences").iterdir())) == len(listed["package"])
