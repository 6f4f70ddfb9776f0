"""Erasing what the log says of calls whose time is over. The leaves stay, so the tree still verifies.

1. The erasure is logged first, with the leaves it is going to take and a digest of what stays of each row;
   the store refuses any other (triggers in ``0006_erasure.sql``, which also take a row's content together
   with its leaf's salt).
2. Whatever says that a call's record is still needed, keeps it: :func:`may_erase` is the one place. So does
   what was promised when the call was decided (``terms``).
3. A row that is not what its leaf was made of is not erased: what it says of its age may be anything.
4. That the freed places are to be overwritten is in the table ``overwriting``, in the erasure's transaction,
   until it is done: others that read just now may delay it beyond this process.
"""

from __future__ import annotations

import asyncio
import base64
import sqlite3
from collections.abc import Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any, NamedTuple

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ledger.erasure import Over, Piece, RowFlaw, runs
from dialpact.compliance.retention import KeepUntil
from dialpact.store.sqlite.connection import Database
from dialpact.store.units import ledger
from dialpact.store.units.registers import change
from dialpact.store.units.statements import statements
from dialpact.store.units.terms import Terms

SQL = statements("erasure")
REGISTER, ACTION = "ledger", "erase"  # as the triggers and the audit know it
BATCH = 60  # decisions in one transaction and one line of the log: 50 ms in which the gate waits
WINDOW = 5000  # decisions that one transaction passes over: the gate must not wait for the lock
TRIES, PAUSE_SECONDS = 100, 0.05  # to empty the write-ahead log


class Erasure:
    """:class:`dialpact.store.ports.erasure.Erasure` on SQLite."""

    def __init__(
        self, database: Database, batch: int = BATCH, window: int = WINDOW, tries: int = TRIES
    ) -> None:
        self._database = database
        self._batch, self._window, self._tries = batch, window, tries

    async def due(self, keep_until: KeepUntil, today: date, after: int) -> Piece:
        return await self._database.read(
            lambda connection: _piece(self._over(connection, keep_until, today, after))
        )

    async def erase(
        self, keep_until: KeepUntil, today: date, after: int, *, by: str, reason: str, at: datetime
    ) -> Piece:
        def work(connection: sqlite3.Connection) -> Piece:
            found = self._over(connection, keep_until, today, after)
            if any(call.flaws for call in found.calls):
                return _piece(found)
            taken = sorted(leaf for call in found.calls if not call.over.needed for leaf in call.leaves)
            if taken:
                SQL.shred(connection)  # what is freed is overwritten
                leaves = [leaf.place for leaf in taken]
                said = ledger.ErasureRecord(
                    leaves=tuple(runs(leaves)),
                    count=len(leaves),
                    today=today.isoformat(),
                    reason=reason,
                    remains=tuple(_remains(connection, leaf) for leaf in taken),
                )
                change.log(connection, REGISTER, ACTION, today.isoformat(), said, by=by, at=at)
                SQL.begin_overwriting(connection, at=stamp(at))
                for leaf in leaves:
                    SQL.take_salt(connection, leaf_index=leaf)
                last = max(call.over.decided_at for call in found.calls if not call.over.needed)
                SQL.forget_deliveries(connection, until=stamp(last))
            return _piece(found)

        return await self._database.transact(work)

    async def overwrite(self) -> bool:
        """Others that read just now delay it; nobody who writes waits for them with it."""
        began = await self._database.read(
            lambda connection: [dict(row) for row in SQL.overwriting(connection)]
        )
        for attempt in range(self._tries):
            if attempt:
                await asyncio.sleep(PAUSE_SECONDS)
            if await asyncio.to_thread(_empty_journal, self._database.path):
                await self._database.transact(lambda connection: _end(connection, began))
                return True
        return False

    async def overwriting_since(self) -> datetime | None:
        row = await self._database.read(SQL.overwriting_since)
        return instant(row["at"]) if row else None

    def _over(self, connection: sqlite3.Connection, keep_until: KeepUntil, today: date, after: int) -> _Found:
        """The next calls that were not erased yet and whose last day has passed."""
        (last,) = SQL.last_seq(connection)
        rows = list(SQL.not_erased(connection, after=after, until=after + self._window, most=self._batch))
        reached = rows[-1]["seq"] if len(rows) == self._batch else after + self._window
        found: list[_Call] = []
        terms = Terms(connection)
        for row in rows:
            decided = instant(row["decided_at"]) + timedelta(microseconds=row["behind_us"])
            if keep_until(decided) >= today:
                return _Found(found, reached, end=True)  # and so are all after it
            promised = terms.last_day(row["record"], decided)
            if promised is not None and promised >= today:
                found.append(_Call(Over(instant(row["decided_at"]), 0, needed=True), [], []))
            else:
                found.append(_call(connection, row, today))
        return _Found(found, reached, end=reached >= last)


def _end(connection: sqlite3.Connection, began: Sequence[dict[str, Any]]) -> None:
    """What another process has erased since that look is not meant."""
    for one in began:
        SQL.end_overwriting(connection, **one)


class _Leaf(NamedTuple):
    place: int
    kind: str
    key: str


class _Call(NamedTuple):
    """``flaws``: of one that is to be erased."""

    over: Over
    leaves: Sequence[_Leaf]
    flaws: Sequence[RowFlaw]


class _Found(NamedTuple):
    calls: list[_Call]
    after: int  # the last sequence number that was passed over
    end: bool


def _call(connection: sqlite3.Connection, row: sqlite3.Row, today: date) -> _Call:
    """A decision whose last day has passed, with all that is known of its call."""
    id, decided_at = row["id"], instant(row["decided_at"])
    needed = not may_erase(connection, id, today)
    recordings = [
        _Leaf(each["leaf_index"], "recording", each["id"])
        for each in SQL.recordings_of(connection, decision=id)
        if each["leaf_index"] is not None
    ]
    legs = [
        _Leaf(each["leaf_index"], "carrier-leg", each["id"]) for each in SQL.legs_of(connection, decision=id)
    ]
    leaves = [_Leaf(row["leaf_index"], "decision", id), *recordings, *legs]
    flaws = (
        []
        if needed
        else [
            RowFlaw(leaf.place, leaf.kind, leaf.key, flaw)
            for leaf in leaves
            if (flaw := ledger.flaw(connection, leaf.kind, leaf.key))
        ]
    )
    return _Call(Over(decided_at, len(recordings), needed), leaves, flaws)


def _remains(connection: sqlite3.Connection, leaf: _Leaf) -> str:
    digest = ledger.remains_of(connection, leaf.place, leaf.kind, leaf.key)
    assert digest is not None  # its record fits its leaf
    return base64.b64encode(digest).decode()


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
    flaws = [flaw for call in found.calls for flaw in call.flaws]
    return Piece([call.over for call in found.calls], found.after, found.end, flaws)


def _empty_journal(path: Path) -> bool:
    """What was erased must not be found in the write-ahead log either. False as long as others read of it.

    Without a timeout: SQLite would hold the lock of all writers while it waits for readers. What there is to
    copy is copied before, beside them.
    """
    with closing(sqlite3.connect(path, timeout=0)) as connection:
        connection.execute("PRAGMA wal_checkpoint(PASSIVE)")
        (busy, *_) = connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()
        return not busy
