"""What the host's clocks said, kept in the ledger: by it a clock that was set forward is found out."""

from __future__ import annotations

import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import aiosql

from dialpact.compliance.clock import Uptime, instant, stamp
from dialpact.compliance.trusted_time import Reading, Witness, begin, follow
from dialpact.store.sqlite import ledger
from dialpact.store.sqlite.connection import Database

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "clocks.sql", "sqlite3")
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND = timedelta(microseconds=1)
PAGE = 200  # readings looked at in one transaction: 20 ms


def take(connection: sqlite3.Connection, at: datetime, uptime: Uptime, by: str) -> None:
    """Notes the wall clock beside the time since the host started. ``by``: which part of the product.

    The store makes witnessed time of it at once (table ``witnessed``).
    """
    SQL.insert_reading(
        connection, at=stamp(at), boot_id=uptime.boot_id, uptime_us=uptime.up // MICROSECOND, by=by
    )


def last(connection: sqlite3.Connection, boot_id: str, by: str) -> timedelta | None:
    """The uptime at the newest reading by that part in this run of the host."""
    row = SQL.last_uptime(connection, boot_id=boot_id, by=by)
    return timedelta(microseconds=row["uptime_us"]) if row else None


def witness(connection: sqlite3.Connection) -> Witness | None:
    """What the readings so far bear out; None when there is none."""
    row = SQL.last_witnessed(connection)
    return _witness(row) if row else None


def foretold(connection: sqlite3.Connection, reading: Reading) -> Witness:
    """What they would with this reading, which is not noted."""
    before = witness(connection)
    return follow(before, reading) if before else begin(reading, _latest(SQL.last_call(connection)))


async def forged(store: Database) -> int | None:
    """The first reading that is not as it was sealed, or whose witnessed time is not what follows.

    A page at a time, so that no call waits for it.
    """
    seq, before = 0, None
    while True:
        found, seq, before = await store.transact(
            lambda connection, seq=seq, before=before: _page(connection, seq, before)  # type: ignore[misc]
        )
        if found is not None:
            return found
        if not seq:
            return None


def _page(
    connection: sqlite3.Connection, seq: int, before: Witness | None
) -> tuple[int | None, int, Witness | None]:
    """(what is wrong, the last one looked at or 0 at the end, witness after it)"""
    page = list(SQL.witnessed_after(connection, seq=seq, most=PAGE))
    for row in page:
        if row["us"] is None or ledger.flaw(connection, "clock", str(row["seq"])):
            return row["seq"], 0, None
        if before is None:
            entry = ledger.entry_of(connection, "clock", str(row["seq"]))
            assert entry is not None
            last = SQL.last_call_before(connection, leaf_index=entry.leaf_index)
            before = begin(_reading(row), _latest(last))
        else:
            before = follow(before, _reading(row))
        if before != _witness(row):
            return row["seq"], 0, None
    return None, page[-1]["seq"] if page else 0, before


def _reading(row: Any) -> Reading:
    return Reading(instant(row["at"]), Uptime(row["boot_id"], row["uptime_us"] * MICROSECOND))


def _witness(row: Any) -> Witness:
    return Witness(EPOCH + row["us"] * MICROSECOND, row["behind_us"] * MICROSECOND, _reading(row))


def _latest(row: Any) -> datetime | None:
    """The latest time that the calls up to this one have shown."""
    return instant(row["decided_at"]) + row["behind_us"] * MICROSECOND if row else None
