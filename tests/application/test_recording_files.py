"""A recording's file, looked at and removed: what happens to it in between, and where it lies."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable
from pathlib import Path

import pytest

from dialpact.application import recording_files

SOUND = b"sound"
SHA256 = hashlib.sha256(SOUND).hexdigest()


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "spool" / "2026" / "a.wav"
    path.parent.mkdir(parents=True)
    path.write_bytes(SOUND)
    return path


def look(file: Path, sha256: str | None = SHA256) -> recording_files.Seen:
    return recording_files.look(file, sha256, file.parents[1])


def test_removed(file: Path) -> None:
    assert recording_files.remove(look(file), file.parents[1]) == ""
    assert list(file.parent.iterdir()) == []


def _another(file: Path) -> None:
    file.rename(file.with_suffix(".old"))
    file.write_bytes(SOUND)


def _appended(file: Path) -> None:
    with file.open("ab") as out:
        out.write(b"x")


def _second_name(file: Path) -> None:
    os.link(file, file.with_suffix(".second"))


def _link(file: Path) -> None:
    file.rename(file.with_suffix(".old"))
    file.symlink_to(file.with_suffix(".old"))


def _mode(file: Path) -> None:
    file.chmod(0o600 if file.stat().st_mode & 0o077 else 0o644)


@pytest.mark.parametrize("happens", [_another, _appended, _second_name, _link, _mode])
def test_what_has_changed_since_it_was_hashed_stays(file: Path, happens: Callable[[Path], None]) -> None:
    seen = look(file)
    assert seen.problem == ""
    happens(file)
    assert recording_files.remove(seen, file.parents[1]) == "changed"
    assert os.path.lexists(file)


def test_what_is_gone_already_is_no_problem(file: Path) -> None:
    seen = look(file)
    file.unlink()
    assert recording_files.remove(seen, file.parents[1]) == ""
    file.parent.rmdir()
    assert recording_files.remove(seen, file.parents[1]) == ""


@pytest.mark.parametrize(
    ("path", "sha256", "problem"),
    [
        ("2026/a.wav", SHA256, ""),
        ("2026/a.wav", SHA256.upper(), "changed"),
        ("2026/a.wav", None, "no-hash"),
        ("2026/b.wav", SHA256, "missing"),
        ("2026/b.wav", None, ""),
        ("2027/a.wav", SHA256, "missing"),
        ("2026", SHA256, "changed"),
        ("2026/a.wav/x", SHA256, "changed"),
        ("2026/../../outside.wav", SHA256, "elsewhere"),
        ("../outside.wav", SHA256, "elsewhere"),
        (".", SHA256, "elsewhere"),
        ("/outside.wav", SHA256, "elsewhere"),
    ],
)
def test_looked_at(file: Path, path: str, sha256: str | None, problem: str) -> None:
    below = file.parents[1]
    below.with_name("outside.wav").write_bytes(SOUND)
    assert recording_files.look(below / path, sha256, below).problem == problem


def test_how_many_names_it_has(file: Path) -> None:
    assert look(file).names == 1
    _second_name(file)
    assert (look(file).names, look(file).problem) == (2, "")
