"""Whatever the tables hold, a decision looks only at what concerns it: no statement of its path scans one."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import Iterator
from pathlib import Path

import aiosql
import pytest

from dialpact.store import sqlite, units

FOLDER = Path(units.__file__).parent / "sql"
# .sql files whose statements run while a call waits.
PATH = ("facts", "linked", "decisions", "enforcement", "optout")


def statements() -> Iterator[tuple[str, str]]:
    for file in PATH:
        for name, query in vars(aiosql.from_path(FOLDER / f"{file}.sql", "sqlite3")).items():
            sql = getattr(query, "sql", None)
            if sql and not name.endswith("_cursor"):
                yield f"{file}.{name}", sql


FOUND = dict(statements())


@pytest.mark.parametrize("name", FOUND)
def test_no_scan(tmp_path: Path, name: str) -> None:
    sqlite.create(tmp_path / "a.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as db:
        values = dict.fromkeys(re.findall(r":(\w+)", FOUND[name]), 1)
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {FOUND[name]}", values)]
    scans = [step for step in plan if step.startswith("SCAN") and step != "SCAN CONSTANT ROW"]
    assert not scans, plan


def test_they_are_all_looked_at() -> None:
    assert {"facts.neighbours", "facts.suspensions", "enforcement.last_blocked"} <= set(FOUND)
    assert len(FOUND) > 20


@pytest.mark.parametrize("name", ["decisions", "shown"])
def test_a_page_of_a_period_begins_where_the_last_one_ended(tmp_path: Path, name: str) -> None:
    """Both bounds in the index: a million decisions are read once, not once a page, and sorted by nobody."""
    sqlite.create(tmp_path / "a.db")
    sql = getattr(aiosql.from_path(FOLDER / "reconcile.sql", "sqlite3"), name).sql
    assert ":since" not in sql  # the other lower bound, which the index would be entered by
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as db:
        values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert plan[0] == "SEARCH decision USING INDEX decision_by_time (decided_at>? AND decided_at<?)"
    assert not [step for step in plan if "SCAN" in step or "TEMP B-TREE" in step]
