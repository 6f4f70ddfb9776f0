"""Who asks is looked up for each page: no statement of that scans a table, or sorts what it does not show."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

import aiosql
import pytest

from dialpact.store import sqlite

SQL = aiosql.from_path(Path(sqlite.__file__).parent / "sql" / "accounts.sql", "sqlite3")


@pytest.mark.parametrize(
    "name",
    [
        *("get_account", "account_of_subject", "account_of_passkey", "factors", "acts_of_account"),
        *("acts_before", "get_session", "running_sessions", "running_sessions_of", "seen", "end_session"),
    ],
)
def test_no_scan(tmp_path: Path, name: str) -> None:
    sqlite.create(tmp_path / "a.db")
    sql = getattr(SQL, name).sql
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as db:
        values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert not [step for step in plan if step.startswith("SCAN")], plan
    if name.startswith("acts"):
        assert not [step for step in plan if "TEMP B-TREE" in step], plan
