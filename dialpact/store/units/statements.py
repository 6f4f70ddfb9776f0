"""The statements of the ``.sql`` files, as functions of a connection.

aiosql finds them by their names. Its way to a cursor costs as much as SQLite's look-up, and a decision has a
dozen: ours goes straight to the connection, and gives what a statement names by place: for each name SQLite
would be asked what it is called (8 us for the 22 of a decision's row).

A connection of another engine is given the statement with what it names (:class:`Asked`), and may have a text
of its own for it.
"""

from __future__ import annotations

import re
import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, Protocol

import aiosql
from aiosql.adapters.sqlite3 import SQLite3Adapter
from aiosql.types import SQLOperationType
from aiosql.utils import VAR_REF

FOLDER = Path(__file__).parent / "sql"
_execute = sqlite3.Connection.execute  # past whatever a connection of ours makes of it


class Statement(NamedTuple):
    """``file``: without its ending; ``sql``: as it is there, for SQLite."""

    file: str
    name: str
    sql: str


class Asked(Protocol):
    """A connection that is not SQLite's."""

    def ask(self, statement: Statement, parameters: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
        """Its rows."""

    def change(self, statement: Statement, parameters: Mapping[str, Any] | Sequence[Any]) -> int:
        """How many rows it has changed."""

    def change_many(self, statement: Statement, parameters: Iterable[Any]) -> None:
        """The same for each."""


def placed(sql: str, mark: str) -> tuple[str, list[str]]:
    """With its parameters by place (``mark`` is ``?`` or ``$``), and what is called how there."""
    names: list[str] = []

    def place(found: re.Match[str]) -> str:
        if (name := found["var_name"]) is None:
            return found[0]
        if name not in names:
            names.append(name)
        return f"{found['lead']}{mark}{names.index(name) + 1}"

    return VAR_REF.sub(place, sql), names


def statements(name: str, *, by_name: bool = True, folder: Path = FOLDER) -> Any:
    """Those of ``NAME.sql`` in ``folder``. ``by_name``: their parameters have names; else they go by place,
    which is faster for many rows.
    """
    adapter = _Straight(name)
    return aiosql.from_path(folder / f"{name}.sql", lambda *_: adapter, mandatory_parameters=by_name)


class _Straight(SQLite3Adapter):
    def __init__(self, file: str) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._file = file
        self._by_place: dict[str, tuple[str, list[str]]] = {}

    def process_sql(self, query_name: str, op_type: SQLOperationType, sql: str) -> str:
        """The statement as it is; beside it, the one by place, and what is called how there."""
        self._by_place[sql] = placed(sql, "?")
        return sql

    def _execute(self, conn: Any, sql: str, parameters: Any) -> sqlite3.Cursor:
        if not isinstance(parameters, dict):
            return _execute(conn, sql, parameters or ())
        text, names = self._by_place[sql]
        return _execute(conn, text, [parameters[name] for name in names])

    def select(self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None) -> Any:
        if not isinstance(conn, sqlite3.Connection):
            return conn.ask(Statement(self._file, query_name, sql), parameters or ())
        return self._execute(conn, sql, parameters)

    def select_one(
        self, conn: Any, query_name: str, sql: str, parameters: Any, record_class: Any = None
    ) -> Any:
        if not isinstance(conn, sqlite3.Connection):
            found = conn.ask(Statement(self._file, query_name, sql), parameters or ())
            return found[0] if found else None
        return self._execute(conn, sql, parameters).fetchone()

    def insert_update_delete(self, conn: Any, query_name: str, sql: str, parameters: Any) -> int:
        if not isinstance(conn, sqlite3.Connection):
            return int(conn.change(Statement(self._file, query_name, sql), parameters or ()))
        return self._execute(conn, sql, parameters).rowcount

    def insert_update_delete_many(self, conn: Any, query_name: str, sql: str, parameters: Any) -> Any:
        if not isinstance(conn, sqlite3.Connection):
            return conn.change_many(Statement(self._file, query_name, sql), parameters)
        return super().insert_update_delete_many(conn, query_name, sql, parameters)  # type: ignore[no-untyped-call]

    def insert_returning(self, conn: Any, query_name: str, sql: str, parameters: Any) -> Any:
        if not isinstance(conn, sqlite3.Connection):
            return conn.ask(Statement(self._file, query_name, sql), parameters or ())[0][0]
        return super().insert_returning(conn, query_name, sql, parameters)  # type: ignore[no-untyped-call]
