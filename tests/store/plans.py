"""How SQLite would do each statement of a file, on a database that is as the migrations make it."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from pathlib import Path

import aiosql

from dialpact.store import sqlite, units

FOLDER = Path(units.__file__).parent / "sql"


def plans(file: str) -> dict[str, list[str]]:
    """``file``: its name without the ending. By the names of the statements: their steps."""
    with contextlib.closing(sqlite3.connect(":memory:")) as db:
        sqlite.migrate.migrate(db)
        found = {}
        for name, query in vars(aiosql.from_path(FOLDER / f"{file}.sql", "sqlite3")).items():
            sql = getattr(query, "sql", None)
            if sql and not name.endswith("_cursor"):
                values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
                found[name] = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
        return found
