"""The statements as PostgreSQL has them: those of ``units/sql``, and in their place those of ``sql`` here."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

import aiosql
from aiosql.adapters.generic import GenericAdapter
from aiosql.types import SQLOperationType

from dialpact.store.units.statements import Statement, placed

FOLDER = Path(__file__).parent / "sql"
_MOST = re.compile(r"\bLIMIT (:\w+)")
_READS = re.compile(r"(\s|--[^\n]*\n)*(SELECT|WITH|VALUES)\b", re.IGNORECASE)


class Text(NamedTuple):
    """``names``: of its parameters, $1 first. ``reads``: it changes nothing."""

    sql: str
    names: tuple[str, ...]
    reads: bool


@cache
def text_of(statement: Statement) -> Text:
    own = _own(statement.file).get(statement.name)
    # In SQLite no limit is -1.
    sql = _MOST.sub(r"LIMIT NULLIF(CAST(\1 AS bigint), -1)", statement.sql) if own is None else own
    sql = sql.strip().removesuffix(";")
    text, names = placed(sql, "$")
    return Text(text, tuple(names), bool(_READS.match(sql)) and "RETURNING" not in sql)


@cache
def _own(file: str) -> dict[str, str]:
    """By their names."""
    path = FOLDER / f"{file}.sql"
    if not path.exists():
        return {}
    adapter = _Texts()
    aiosql.from_path(path, lambda *_: adapter, mandatory_parameters=False)
    return adapter.texts


class _Texts(GenericAdapter):
    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.texts: dict[str, str] = {}

    def process_sql(self, query_name: str, op_type: SQLOperationType, sql: str) -> Any:
        self.texts[query_name] = sql
        return sql
