"""Black-box behaviour stays: every word, key, column and exit code, and what the code of before left behind.

A difference that is meant: ``python -m tests.golden.record``, then look at what git shows.
"""

from __future__ import annotations

import contextlib
import difflib
import json
import sqlite3
import subprocess
import sys
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.golden import record
from tests.golden.house import BEFORE, House, dump, empty, of_before

SHOWN = 60  # lines of a difference
Content = dict[tuple[str, str], list[tuple[Any, ...]]]  # rows by table and columns


@pytest.mark.parametrize("story", [record.FRESH, record.KEPT], ids=["fresh", "kept"])
def test_what_is_said_is_what_was_said(story: record.Story) -> None:
    differences = []
    for name, text in record.told(story):
        before = (record.SAID / name).read_text("utf-8")
        found = difflib.unified_diff(before.splitlines(), text.splitlines(), name, name, lineterm="")
        differences += list(found)
    assert not differences, "\n".join(differences[:SHOWN])


def test_every_file_is_told_by_a_group() -> None:
    groups = [group.__name__ for group in (*record.FRESH, *record.KEPT)]
    assert sorted(file.stem for file in record.SAID.iterdir()) == sorted(groups)


@pytest.fixture
def house() -> Iterator[House]:
    with empty() as house:
        of_before(house)
        yield house


def test_a_package_of_before_verifies_by_the_script_within_it_and_by_today_s(house: House) -> None:
    key = (house.path / "ledger.pub").read_text().strip()
    with zipfile.ZipFile(house.path / "package.zip") as package:
        (house.path / "verify.py").write_bytes(package.read("verify.py"))
    program = [sys.executable, "-I", "verify.py", "package.zip", key]
    done = subprocess.run(program, capture_output=True, cwd=house.path)
    assert done.returncode == 0, (done.stdout, done.stderr)
    for trusted in ("ledger.pub", "first.pub"):
        answer = json.loads(
            house.say(f"evidence verify package.zip --key {trusted} --checkpoint older.note --json")
        )
        assert (answer["valid"], answer["findings"], answer["package"]["calls"]) == (True, [], 3)


def test_checkpoints_of_before_are_beginnings_of_a_log_that_went_on(house: House) -> None:
    for number in range(5):
        house.say(f"dnc add 1390013900{number} --scope all --source letter --by chen")
    house.say("ledger checkpoint -o today.note")
    for trusted in ("ledger.pub", "first.pub"):
        notes = "--checkpoint older.note --checkpoint newer.note --checkpoint today.note"
        answer = json.loads(house.say(f"ledger verify --key {trusted} {notes} --json"))
        assert answer["findings"] == 0
        assert answer["entries"] == answer["checked"] > 33


def test_a_database_of_before_is_opened_and_only_read_by_what_only_reads(house: House) -> None:
    database = house.path / "dialpact.db"
    assert dump(database) == (BEFORE / "dialpact.sql").read_text("utf-8")
    rows = content(database)
    house.say("calls list")  # what today's schema has more comes with the first opening
    assert content(database, rows) == rows
    before = dump(database)
    for line in ("calls list", "recordings list", "dnc list", "incidents list", "ledger verify"):
        assert json.loads(house.say(f"{line} --json"))
    assert dump(database) == before


def content(database: Path, like: Content | None = None) -> Content:
    """Every row of every table, by table and its columns; ``like``: of those alone."""
    with contextlib.closing(sqlite3.connect(database)) as connection:
        named = connection.execute("SELECT name FROM sqlite_schema WHERE type = 'table'").fetchall()
        tables = list(like or ()) or [(table, columns(connection, table)) for (table,) in named]
        return {
            (table, names): sorted(connection.execute(f"SELECT {names} FROM {table}"), key=repr)
            for table, names in tables
        }


def columns(connection: sqlite3.Connection, table: str) -> str:
    return ", ".join(f'"{column[1]}"' for column in connection.execute(f"PRAGMA table_info({table})"))
