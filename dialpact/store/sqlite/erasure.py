"""Erasing what the log says of calls whose time is over. The leaves stay, so the tree still verifies.

1. The erasure is logged first, with the leaves it is going to take; the store refuses any other (triggers in
   ``0006_erasure.sql``, which also take a row's content together with its leaf's salt).
2. Whatever says that a call's record is still needed, keeps it: :func:`may_erase` is the one place.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable, Sequence
from contextlib import closing
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import NamedTuple

import aiosql
import msgspec

from dialpact.compliance.clock import instant
from dialpact.store.sqlite import ledger
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers import change

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "erasure.sql", "sqlite3")
REGISTER, ACTION = "ledger", "erase"  # as the triggers and the audit know it
BATCH = 100  # decisions in one transaction and one line of the log: 50 ms in which the gate waits
WINDOW = 5000  # decisions that one transaction passes over: the gate must not wait for the lock

KeepUntil = Callable[[datetime], date]


class Due(msgspec.Struct, frozen=True, kw_only=True):
    """``decisions``, ``recordings``: records whose time is over; ``needed``: calls kept all the same."""

    decisions: int
    recordings: int
    needed: int
    oldest: str | None = None
    newest: str | None = None


class _Call(NamedTuple):
    decided_at: str
    leaves: Sequence[int]
    recordings: int
    needed: bool


class _Piece(NamedTuple):
    """``after``: the last sequence number that was passed over."""

    calls: list[_Call]
    after: int
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


async def due(store: Database, keep_until: KeepUntil, today: date) -> Due:
    """What :func:`erase` would take. ``keep_until``: the last day for a call decided at an instant."""
    return await _sweep(store, lambda connection, after: _over(connection, keep_until, today, after))


async def erase(
    store: Database, keep_until: KeepUntil, today: date, *, by: str, reason: str, at: datetime
) -> Due:
    """Erases it for good, each piece in one transaction with its line in the log."""

    def work(connection: sqlite3.Connection, after: int) -> _Piece:
        piece = _over(connection, keep_until, today, after)
        leaves = sorted(leaf for call in piece.calls if not call.needed for leaf in call.leaves)
        if leaves:
            SQL.shred(connection)  # what is freed is overwritten
            said = ledger.Erasure(
                leaves=tuple(runs(leaves)), count=len(leaves), today=today.isoformat(), reason=reason
            )
            change.log(connection, REGISTER, ACTION, today.isoformat(), said, by=by, at=at)
            for leaf in leaves:
                SQL.take_salt(connection, leaf_index=leaf)
        return piece

    erased = await _sweep(store, work)
    _empty_journal(store.path)
    return erased


async def _sweep(store: Database, work: Callable[[sqlite3.Connection, int], _Piece]) -> Due:
    total, after = Due(decisions=0, recordings=0, needed=0), 0
    while True:
        piece = await store.transact(lambda connection, after=after: work(connection, after))  # type: ignore[misc]
        gone = [call for call in piece.calls if not call.needed]
        total = Due(
            decisions=total.decisions + len(gone),
            recordings=total.recordings + sum(call.recordings for call in gone),
            needed=total.needed + len(piece.calls) - len(gone),
            oldest=total.oldest or (gone[0].decided_at if gone else None),
            newest=gone[-1].decided_at if gone else total.newest,
        )
        if piece.end:
            return total
        after = piece.after


def runs(leaves: Sequence[int]) -> list[tuple[int, int]]:
    """Sorted numbers as (first, last) of each run.

    >>> runs([1, 2, 3, 7])
    [(1, 3), (7, 7)]
    """
    found: list[tuple[int, int]] = []
    for leaf in leaves:
        if found and found[-1][1] == leaf - 1:
            found[-1] = (found[-1][0], leaf)
        else:
            found.append((leaf, leaf))
    return found


def _over(connection: sqlite3.Connection, keep_until: KeepUntil, today: date, after: int) -> _Piece:
    """The next calls that were not erased yet and whose last day has passed."""
    (last,) = SQL.last_seq(connection)
    rows = list(SQL.not_erased(connection, after=after, until=after + WINDOW, most=BATCH))
    reached = rows[-1]["seq"] if len(rows) == BATCH else after + WINDOW
    found: list[_Call] = []
    for row in rows:
        decided = instant(row["decided_at"]) + timedelta(microseconds=row["behind_us"])
        if keep_until(decided) >= today:
            return _Piece(found, reached, end=True)  # and so are all after it
        recordings = [each["leaf_index"] for each in SQL.recordings_of(connection, decision=row["id"])]
        recorded = [leaf for leaf in recordings if leaf is not None]
        legs = [each["leaf_index"] for each in SQL.legs_of(connection, decision=row["id"])]
        leaves = [row["leaf_index"], *recorded, *legs]
        needed = not may_erase(connection, row["id"], today)
        found.append(_Call(row["decided_at"], leaves, len(recorded), needed))
    return _Piece(found, reached, end=reached >= last)


def _empty_journal(path: Path) -> None:
    """What was erased must not be found in the write-ahead log either. Others that read just now delay it."""
    with closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
