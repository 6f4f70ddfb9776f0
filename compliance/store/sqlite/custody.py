"""Recordings on disk against their rows: which files does no row name?"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from functools import partial
from itertools import islice
from pathlib import Path

import aiosql

from compliance.store.sqlite.connection import Store

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "custody.sql", "sqlite3", mandatory_parameters=False)
BATCH = 10_000  # paths; so that each lock is short


async def foreign_files(store: Store, found: Iterable[str]) -> list[str]:
    """Of the paths in ``found`` those that belong to no recording.

    List the files first: a recording's row is there before its file, so a new one is never taken for foreign.
    """

    def begin(connection: sqlite3.Connection) -> None:
        SQL.drop_found(connection)
        SQL.create_found(connection)

    await store.transact(begin)
    paths = iter(found)
    while batch := [(path,) for path in islice(paths, BATCH)]:
        await store.transact(partial(_insert, batch))
    return await store.transact(lambda connection: [path for (path,) in SQL.foreign_files(connection)])


def _insert(batch: list[tuple[str]], connection: sqlite3.Connection) -> None:
    SQL.insert_found(connection, batch)
