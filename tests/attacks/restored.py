"""A backup of a home's database, and what was done when it is restored."""

from __future__ import annotations

import shutil
import sqlite3
from pathlib import Path
from typing import Any

from tests.cli.conftest import Home

BY = ("--by", "chen", "--reason", "disk died")


def grow(home: Home, *numbers: int) -> None:
    """Two leaves each: an opt-out and its line in the log of changes."""
    for number in numbers:
        home.run("dnc", "add", f"1380013{number:04}", "--scope", "all", "--source", "x")


def backup(home: Home, name: str = "backup.db") -> Path:
    copy = home.path / name
    with sqlite3.connect(home.path / "dialpact.db") as source, sqlite3.connect(copy) as target:
        source.backup(target)
    source.close()
    target.close()
    return copy


def restore(home: Home, copy: Path) -> None:
    for suffix in ("", "-wal", "-shm"):
        (home.path / f"dialpact.db{suffix}").unlink(missing_ok=True)
    shutil.copy(copy, home.path / "dialpact.db")


def rows(home: Home, sql: str) -> list[tuple[Any, ...]]:
    connection = sqlite3.connect(home.path / "dialpact.db")
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


def incidents(home: Home) -> list[str]:
    return [kind for (kind,) in rows(home, "SELECT kind FROM incident ORDER BY seq")]


def copies(home: Home) -> Path:
    """A folder for copies of the checkpoints, from now on."""
    folder = home.path / "out"
    folder.mkdir()
    text = home.config.read_text("utf-8")
    assert 'checkpoints = ""' in text
    home.config.write_text(text.replace('checkpoints = ""', f'checkpoints = "{folder}"'), "utf-8")
    return folder


def forked(home: Home, *, other: int = 2) -> list[Path]:
    """A backup was restored, and other things were logged since; the heads of before that are kept."""
    grow(home, 1)
    home.run("ledger", "checkpoint")
    copy = backup(home)
    kept = []
    for number in (2, 3):
        grow(home, number)
        kept.append(home.path / f"kept{number}.note")
        home.run("ledger", "checkpoint", "-o", str(kept[-1]))
    restore(home, copy)
    grow(home, *range(10, 10 + other))
    return kept
