"""The statements of the ``.sql`` files, as functions of a connection.

aiosql finds them by their names. Its way to a cursor costs as much as SQLite's look-up, and a decision has a
dozen: ours goes straight to the connection.
"""

from __future__ import annotations

import sqlite3
from pathlib import Path
from typing import Any

import aiosql
from aiosql.adapters.sqlite3 import SQLite3Adapter

FOLDER = Path(__file__).parent / "sql"
_execute = sqlite3.Connection.execute  # past whatever a connection of ours makes of it


def statements(name: str, *, by_name: bool = True) -> Any:
    """Those of ``sql/NAME.sql``. ``by_name``: their parameters have names; else they go by place, which is
    faster for many rows.
    """
    return aiosql.from_path(FOLDER / f"{name}.sql", _Straight, mandatory_parameters=by_name)


class _Straight(SQLite3Adapter):
    def select(self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None) -> Any:
        return _execute(conn, sql, parameters or ())

    def select_one(
        self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Any:
        return _execute(conn, sql, parameters or ()).fetchone()

    def insert_update_delete(self, conn: Any, query_name: str, sql: str, parameters: Any) -> int:
        return _execute(conn, sql, parameters or ()).rowcount
