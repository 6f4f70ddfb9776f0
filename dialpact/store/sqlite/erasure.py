"""Erasing what the log says of calls whose time is over. The leaves stay, so the tree still verifies.

1. The erasure is logged first, with the leaves it is going to take; the store refuses any other (triggers in
   ``0006_erasure.sql``, which also take a row's content together with its leaf's salt).
2. Whatever says that a call's record is still needed, keeps it: :func:`may_erase` is the one place.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

from dialpact.compliance.clock import instant
from dialpact.compliance.ledger.erasure import Over, Piece, runs
from dialpact.compliance.retention import KeepUntil
from dialpact.store.sqlite import ledger
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers import change
from dialpact.store.sqlite.statements import statements

SQL = statements("erasure")
REGISTER, ACTION = "ledger", "erase"  # as the triggers and the audit know it
BATCH = 100  # decisions in one transaction and one line of the log: 50 ms in which the gate waits
WINDOW = 5000  # decisions that one transaction passes over: the gate must not wait for the lock
TRIES, PAUSE_SECONDS = 100, 0.05  # to empty the write-ahead log


class Erasure:
    """:class:`dialpact.store.ports.erasure.Erasure` on SQLite."""

    def __init__(self, database: Database, batch: int = BATCH, window: int = WINDOW) -> None:
        self._database = database
        self._batch, self._window = batch, window

    async def due(self, keep_until: KeepUntil, today: date, after: int) -> Piece:
        return await self._database.read(
            lambda connection: _piece(self._over(connection, keep_until, today, after))
        )

    async def erase(
        self, keep_until: KeepUntil, today: date, after: int, *, by: str, reason: str, at: datetime
    ) -> Piece:
        def work(connection: sqlite3.Connection) -> Piece:
            found = self._over(connection, keep_until, today, after)
            leaves = sorted(leaf for call in found.calls if not call.over.needed for leaf in call.leaves)
            if leaves:
                SQL.shred(connection)  # what is freed is overwritten
                said = ledger.ErasureRecord(
                    leaves=tuple(runs(leaves)), count=len(leaves), today=today.isoformat(), reason=reason
                )
                change.log(connection, REGISTER, ACTION, today.isoformat(), said, by=by, at=at)
                for leaf in leaves:
                    SQL.take_salt(connection, leaf_index=leaf)
            return _piece(found)

        return await self._database.transact(work)

    async def overwrite(self) -> None:
        """Others that read just now delay it; nobody who writes waits for them with it."""
        for _ in range(TRIES):
            if await asyncio.to_thread(_empty_journal, self._database.path):
                return
            await asyncio.sleep(PAUSE_SECONDS)

    def _over(self, connection: sqlite3.Connection, keep_until: KeepUntil, today: date, after: int) -> _Found:
        """The next calls that were not erased yet and whose last day has passed."""
        (last,) = SQL.last_seq(connection)
        rows = list(SQL.not_erased(connection, after=after, until=after + self._window, most=self._batch))
        reached = rows[-1]["seq"] if len(rows) == self._batch else after + self._window
        found: list[_Call] = []
        for row in rows:
            decided = instant(row["decided_at"]) + timedelta(microseconds=row["behind_us"])
            if keep_until(decided) >= today:
                return _Found(found, reached, end=True)  # and so are all after it
            recordings = [each["leaf_index"] for each in SQL.recordings_of(connection, decision=row["id"])]
            recorded = [leaf for leaf in recordings if leaf is not None]
            legs = [each["leaf_index"] for each in SQL.legs_of(connection, decision=row["id"])]
            needed = not may_erase(connection, row["id"], today)
            over = Over(instant(row["decided_at"]), len(recorded), needed)
            found.append(_Call(over, [row["leaf_index"], *recorded, *legs]))
        return _Found(found, reached, end=reached >= last)


class _Call(NamedTuple):
    over: Over
    leaves: Sequence[int]


class _Found(NamedTuple):
    calls: list[_Call]
    after: int  # the last sequence number that was passed over
    end: bool


def may_erase(connection: sqlite3.Connection, decision: str, today: date) -> bool:
    """Whether nothing needs the record of this call any more, its age apart.

    No recording of it that is kept, or must be until a day that has not passed; no legal hold; no open
    complaint about it.
    """
    for recording in SQL.recordings_of(connection, decision=decision):
        if recording["is_there"] or (recording["keep_until"] or "") >= today.isoformat():
            return False
    if SQL.under_hold(connection, decision=decision) is not None:
        return False
    (complaints,) = SQL.open_complaints(connection, decision=decision)
    return not complaints


def _piece(found: _Found) -> Piece:
    return Piece([call.over for call in found.calls], found.after, found.end)


def _empty_journal(path: Path) -> bool:
    """What was erased must not be found in the write-ahead log either. False as long as others read of it.

    Without a timeout: SQLite would hold the lock of all writers while it waits for readers. What there is to
    copy is copied before, beside them.
    """
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
