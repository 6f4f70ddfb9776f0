"""Decisions: facts in, verdict recorded, all in one transaction.

Attempts that wait together share one transaction and its one flush to disk. They are judged one after
the other in it, so a later one sees the rows of an earlier one: nothing can be raced.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import aiosql
import msgspec

from dialpact.compliance import masking
from dialpact.compliance.clock import Clock, instant, stamp
from dialpact.compliance.errors import StoreError
from dialpact.compliance.model import Decision
from dialpact.store.ports.decisions import Decided, Judging, Undelivered, WaitingAttempt
from dialpact.store.sqlite import enforcement, incidents
from dialpact.store.sqlite.connection import Database, is_of_the_row
from dialpact.store.sqlite.facts import facts

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "decisions.sql", "sqlite3")


def record(connection: sqlite3.Connection, decisions: Iterable[Decision], *, late: bool = False) -> None:
    """Appends; ``seq`` continues without a gap because the transaction is immediate.

    A decision whose time lies before the latest known one is marked with the difference. For one that is
    stored ``late`` that is natural; otherwise the clock went back, which is an incident, once for each step.
    """
    last = SQL.last(connection)
    latest = _latest(last) if last else None
    stepped = bool(last and last["behind_us"])
    for seq, decision in enumerate(decisions, last["seq"] + 1 if last else 1):
        attempt = decision.attempt
        behind = max((latest or decision.decided_at) - decision.decided_at, timedelta())
        latest = decision.decided_at + behind
        if behind and not late and not stepped:
            _clock_went_back(connection, decision, behind)
        stepped = bool(behind)
        SQL.insert_decision(
            connection,
            seq=seq,
            id=decision.id,
            node=attempt.node,
            decided_at=stamp(decision.decided_at),
            verdict=decision.verdict,
            reasons=json.dumps(decision.reasons),
            number=attempt.callee.e164,
            given=attempt.callee.given,
            dial=decision.dial if decision.put_through else "",
            caller_id=attempt.caller_id,
            campaign=attempt.campaign,
            business=decision.facts.campaign.business if decision.facts.campaign else "",
            agent=attempt.agent,
            trunk=attempt.trunk,
            channel=attempt.channel,
            uniqueid=attempt.uniqueid,
            attack=attempt.attack,
            retry_at=stamp(decision.retry_at) if decision.retry_at else None,
            mode=decision.mode,
            behind_us=behind // timedelta(microseconds=1),
            continues=decision.facts.continues,
            record=msgspec.json.encode(decision).decode(),
        )


def _latest(row: sqlite3.Row) -> datetime:
    """The latest time that any decision up to this one has shown."""
    return instant(row["decided_at"]) + timedelta(microseconds=row["behind_us"])


def _clock_went_back(connection: sqlite3.Connection, decision: Decision, behind: timedelta) -> None:
    incidents.write(
        connection,
        at=decision.decided_at,
        node=decision.attempt.node,
        kind="clock-went-back",
        decision=decision.id,
        detail=f"{behind.total_seconds():.6f} s behind the decision before",
    )


class Decisions:
    """:class:`dialpact.store.ports.decisions.Decisions` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def decide(
        self, batch: Sequence[WaitingAttempt], judge: Judging, clock: Clock, overdue: Sequence[Decision] = ()
    ) -> list[Decided]:
        def work(connection: sqlite3.Connection) -> list[Decided]:
            for kept in overdue:
                # A commit that was reported as failed, or for which nobody waited, may have happened.
                stored = SQL.is_recorded(connection, id=kept.id)
                if stored is None:
                    _record_block(connection, kept, clock.now(), late=True)
                elif stored["through"] and not kept.put_through:  # what was told is what holds
                    at, (reason, *_) = stamp(clock.now()), kept.reasons
                    SQL.insert_undelivered(connection, decision=kept.id, at=at, reason=reason)
            return [_decide(connection, waiting, judge, clock.now()) for waiting in batch]

        return await self._database.transact(work)

    async def undelivered(self, marks: Sequence[Undelivered]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            for decision, at, reason in marks:
                SQL.insert_undelivered(connection, decision=decision, at=stamp(at), reason=reason)

        await self._database.transact(work)


def _decide(
    connection: sqlite3.Connection, waiting: WaitingAttempt, judge: Judging, now: datetime
) -> Decided:
    id, attempt, _ = waiting
    if _is_late(waiting):
        return _blocked(connection, judge.too_late(attempt, now, id=id), now)
    try:
        with _whole(connection):
            found = facts(connection, attempt, judge.asked, now, live=True)
            decision = judge.decide(attempt, found, now, id=id)
            if not _is_late(waiting):
                record(connection, [decision])
                enforcement.enforce(connection, decision, judge.asked)
                return Decided(decision)
    except Exception as error:
        if _is_of_the_store(error):
            raise
        return _blocked(connection, judge.broken(attempt, now, id=id), now, error)
    return _blocked(connection, judge.too_late(attempt, now, id=id), now)


def _is_late(waiting: WaitingAttempt) -> bool:
    return time.monotonic() >= waiting.deadline


def _blocked(
    connection: sqlite3.Connection, block: Decision, now: datetime, failure: Exception | None = None
) -> Decided:
    _record_block(connection, block, now)
    return Decided(block, failure)


@contextlib.contextmanager
def _whole(connection: sqlite3.Connection) -> Iterator[None]:
    """What is written inside, or nothing of it; what the transaction has written before stays."""
    connection.execute("SAVEPOINT one")
    try:
        yield
    except BaseException:
        if connection.in_transaction:  # (a full disk takes the whole transaction back by itself)
            connection.execute("ROLLBACK TO one")
            connection.execute("RELEASE one")
        raise
    connection.execute("RELEASE one")


def _is_of_the_store(error: Exception) -> bool:
    """Whether the others of the batch would fail as well."""
    return isinstance(error, StoreError) or (isinstance(error, sqlite3.Error) and not is_of_the_row(error))


def _record_block(
    connection: sqlite3.Connection, block: Decision, now: datetime, *, late: bool = False
) -> None:
    try:
        with _whole(connection):
            record(connection, [block], late=late)
    except Exception as error:
        if _is_of_the_store(error):
            raise
        node, why = block.attempt.node, masking.text(f"{type(error).__name__}: {error}", 200)
        detail = f"block {', '.join(block.reasons)}: {why}"
        incidents.write(connection, at=now, node=node, kind="write-refused", decision=block.id, detail=detail)
