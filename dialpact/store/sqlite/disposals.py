"""Disposals in the store: first the row, which the triggers let in only in its time; then the files go."""

from __future__ import annotations

import sqlite3
from datetime import date, datetime
from pathlib import Path
from typing import Any

import aiosql

from dialpact.compliance.clock import stamp
from dialpact.store.sqlite import incidents, ledger
from dialpact.store.sqlite.connection import Database, rows

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "disposals.sql", "sqlite3")
PAGE = 200
INCIDENT = "disposal-refused"


async def due_after(store: Database, day: date, after: tuple[str, str]) -> list[dict[str, Any]]:
    """A page of the recordings to be kept until a day before ``day``, in the order of (keep_until, id).

    With ``is_held``, and with ``flaw``: how the row fails its leaf in the ledger, ``lowered`` when by the log
    it was to be kept for longer, empty when it fits.
    """

    def work(connection: sqlite3.Connection) -> list[dict[str, Any]]:
        keep_until, id = after
        found = SQL.due_after(connection, day=day.isoformat(), keep_until=keep_until, id=id, most=PAGE)
        return [row | {"flaw": _flaw(connection, row)} for row in rows(found)]

    return await store.transact(work)


def _flaw(connection: sqlite3.Connection, row: dict[str, Any]) -> str:
    return ledger.flaw(connection, "recording", row["id"]) or ("lowered" if row["is_lowered"] else "")


async def not_due(store: Database, day: date) -> tuple[int, str | None]:
    """How many must still be kept on ``day``, and until when the first of them."""
    count, first = await store.transact(lambda connection: SQL.count_not_due(connection, day=day.isoformat()))
    return count, first


async def record(store: Database, recording: str, keep_until: str, *, by: str, at: datetime) -> bool:
    """On disk when it returns; False when it has come under a hold. StoreRefused: it must still be kept."""

    def work(connection: sqlite3.Connection) -> bool:
        if SQL.is_held(connection, recording=recording) is not None:
            return False
        SQL.insert_disposal(connection, recording=recording, at=stamp(at), by=by, keep_until=keep_until)
        return True

    return await store.transact(work)


async def finish(store: Database, recording: str, at: datetime) -> None:
    """The files are gone."""
    await store.transact(
        lambda connection: SQL.finish_disposal(connection, recording=recording, done_at=stamp(at))
    )


async def unfinished(store: Database) -> list[dict[str, Any]]:
    """Recordings disposed of whose files may still be there."""
    return await store.transact(lambda connection: rows(SQL.unfinished(connection)))


async def refused(store: Database, node: str, decision: str, detail: str, at: datetime) -> None:
    """An incident, once: the next purge finds the same file again."""

    def work(connection: sqlite3.Connection) -> None:
        if SQL.known_incident(connection, kind=INCIDENT, decision=decision, detail=detail) is None:
            incidents.write(connection, at=at, node=node, kind=INCIDENT, decision=decision, detail=detail)

    await store.transact(work)
