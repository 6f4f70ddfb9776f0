"""The statements of the ``.sql`` files, as functions of a connection.

aiosql finds them by their names. Its way to a cursor costs as much as SQLite's look-up, and a decision has a
dozen: ours goes straight to the connection, and gives what a statement names by place: for each name SQLite
would be asked what it is called (8 us for the 22 of a decision's row).
"""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path
from typing import Any

import aiosql
from aiosql.adapters.sqlite3 import SQLite3Adapter
from aiosql.types import SQLOperationType
from aiosql.utils import VAR_REF

FOLDER = Path(__file__).parent / "sql"
_execute = sqlite3.Connection.execute  # past whatever a connection of ours makes of it


def statements(name: str, *, by_name: bool = True, folder: Path = FOLDER) -> Any:
    """Those of ``NAME.sql`` in ``folder``. ``by_name``: their parameters have names; else they go by place,
    which is faster for many rows.
    """
    return aiosql.from_path(folder / f"{name}.sql", _Straight, mandatory_parameters=by_name)


class _Straight(SQLite3Adapter):
    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)  # type: ignore[no-untyped-call]
        self._by_place: dict[str, tuple[str, list[str]]] = {}

    def process_sql(self, query_name: str, op_type: SQLOperationType, sql: str) -> str:
        """The statement as it is; beside it, the one by place, and what is called how there."""
        names: list[str] = []

        def placed(found: re.Match[str]) -> str:
            if (name := found["var_name"]) is None:
                return found[0]
            if name not in names:
                names.append(name)
            return f"{found['lead']}?{names.index(name) + 1}"

        self._by_place[sql] = VAR_REF.sub(placed, sql), names
        return sql

    def _execute(self, conn: Any, sql: str, parameters: Any) -> sqlite3.Cursor:
        if not isinstance(parameters, dict):
            return _execute(conn, sql, parameters or ())
        placed, names = self._by_place[sql]
        return _execute(conn, placed, [parameters[name] for name in names])

    def select(self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None) -> Any:
        return self._execute(conn, sql, parameters)

    def select_one(
        self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Any:
        return self._execute(conn, sql, parameters).fetchone()

    def insert_update_delete(self, conn: Any, query_name: str, sql: str, parameters: Any) -> int:
        return self._execute(conn, sql, parameters).rowcount
