"""Recordings on disk against their rows: what must be there, what must not, and which files no row names."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator, Iterable
from datetime import datetime
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any

import aiosql

from dialpact.compliance.clock import stamp
from dialpact.store.sqlite import ledger
from dialpact.store.sqlite.connection import Database, rows

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "custody.sql", "sqlite3", mandatory_parameters=False)
BATCH = 10_000  # paths; so that each lock is short
PAGE = 200  # recordings with their leaves, for the same reason
Row = dict[str, Any]


async def foreign_files(store: Database, found: Iterable[str]) -> list[str]:
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


class Span:
    """Recordings started from ``since`` on and before ``until``; None: no bound."""

    def __init__(self, since: datetime | None = None, until: datetime | None = None) -> None:
        self._bounds = {"since": stamp(since) if since else "", "until": stamp(until) if until else ""}

    async def count_kept(self, store: Database) -> int:
        return int(await store.transact(lambda connection: SQL.count_kept(connection, **self._bounds)[0]))

    async def kept(self, store: Database) -> AsyncIterator[Row]:
        """Every kept recording, by id, a page at a time. With ``flaw``: how it fails its leaf."""

        def page(connection: sqlite3.Connection, after: str) -> list[Row]:
            found = rows(SQL.kept_after(connection, id=after, most=PAGE, **self._bounds))
            return [_with_flaw(connection, row) for row in found]

        after = ""
        while found := await store.transact(lambda connection, after=after: page(connection, after)):  # type: ignore[misc]
            for row in found:
                yield row
            after = found[-1]["id"]

    async def at_random(self, store: Database, most: int) -> AsyncIterator[Row]:
        """So many of them, each as likely as the other."""
        ids = await store.transact(
            lambda connection: [id for (id,) in SQL.kept_at_random(connection, most=most, **self._bounds)]
        )
        for id in ids:
            yield await store.transact(
                lambda connection, id=id: _with_flaw(connection, dict(SQL.recording(connection, id=id)))  # type: ignore[misc]
            )

    async def disposed(self, store: Database) -> AsyncIterator[Row]:
        """Every recording disposed of, by id; ``done_at`` is None while files may be left.

        ``is_proven``: the ledger has its disposal. Else only the database says so.
        """

        def page(connection: sqlite3.Connection, after: str) -> list[Row]:
            found = rows(SQL.disposed_after(connection, id=after, most=PAGE, **self._bounds))
            return [row | {"is_proven": _is_proven(connection, row["logged"])} for row in found]

        after = ""
        while found := await store.transact(lambda connection, after=after: page(connection, after)):  # type: ignore[misc]
            for row in found:
                yield row
            after = found[-1]["id"]


def _with_flaw(connection: sqlite3.Connection, row: Row) -> Row:
    return row | {"flaw": ledger.flaw(connection, "recording", row["id"])}


def _is_proven(connection: sqlite3.Connection, change: int | None) -> bool:
    return change is not None and not ledger.flaw(connection, "register-change", str(change))
