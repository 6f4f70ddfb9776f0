"""Decisions: facts in, verdict recorded, all in one transaction.

Attempts that wait together share one transaction and its one flush to disk. They are judged one after
the other in it, so a later one sees the rows of an earlier one: nothing can be raced.
"""

from __future__ import annotations

import contextlib
import json
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta

import msgspec

from dialpact.compliance import masking
from dialpact.compliance.clock import Clock, instant, stamp
from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.ledger.bound.difference import concerned
from dialpact.compliance.model import Decision
from dialpact.compliance.trial import is_trial
from dialpact.store.ports.decisions import Decided, Judging, Undelivered, WaitingAttempt
from dialpact.store.units import enforcement, incidents, restored
from dialpact.store.units.database import Connection, Database, Key, Row
from dialpact.store.units.facts import Registered, facts
from dialpact.store.units.ledger import Columns
from dialpact.store.units.statements import statements

SQL = statements("decisions")
NO_TIME, MICROSECOND = timedelta(), timedelta(microseconds=1)


def record(connection: Connection, decisions: Iterable[Decision], *, late: bool = False) -> None:
    """Appends. ``late``: they could not be stored when they were made."""
    sequence = _Sequence(connection)
    for decision in decisions:
        sequence.append(decision, late=late)


class _Sequence:
    """Where the next decision goes; ``seq`` continues without a gap because the transaction is immediate.

    Good as long as the transaction goes on and nothing of it is taken back.
    """

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._written: dict[Key, Columns] | None = getattr(connection, "written", None)
        last = SQL.last(connection)
        self._seq: int = last["seq"] if last else 0
        self._latest = _latest(last) if last else None
        self._stepped = bool(last and last["behind_us"])

    def append(self, decision: Decision, *, late: bool = False) -> None:
        """A decision whose time lies before the latest known one is marked with the difference. For one that
        is stored ``late`` that is natural; otherwise the clock went back, which is an incident, once a step.
        """
        attempt, latest = decision.attempt, self._latest or decision.decided_at
        behind = latest - decision.decided_at if decision.decided_at < latest else NO_TIME
        if behind and not late and not self._stepped:
            _clock_went_back(self._connection, decision, behind)
        row = {
            "seq": self._seq + 1,
            "id": decision.id,
            "node": attempt.node,
            "decided_at": stamp(decision.decided_at),
            "verdict": decision.verdict,
            "reasons": json.dumps(decision.reasons) if decision.reasons else "[]",
            "number": attempt.callee.e164,
            "given": attempt.callee.given,
            "dial": decision.dial if decision.put_through else "",
            "caller_id": attempt.caller_id,
            "campaign": attempt.campaign,
            "business": decision.facts.campaign.business if decision.facts.campaign else "",
            "agent": attempt.agent,
            "trunk": attempt.trunk,
            "channel": attempt.channel,
            "uniqueid": attempt.uniqueid,
            "attack": attempt.attack,
            "retry_at": stamp(decision.retry_at) if decision.retry_at else None,
            "mode": decision.mode,
            "behind_us": behind // MICROSECOND,
            "continues": decision.facts.continues,
            "record": msgspec.json.encode(decision).decode(),
        }
        SQL.insert_decision(self._connection, **row)
        if self._written is not None:
            self._written["decision", decision.id] = row
        self._seq += 1
        self._latest = decision.decided_at + behind
        self._stepped = bool(behind)


def _latest(row: Row) -> datetime:
    """The latest time that any decision up to this one has shown."""
    return instant(row["decided_at"]) + timedelta(microseconds=row["behind_us"])


def _clock_went_back(connection: Connection, decision: Decision, behind: timedelta) -> None:
    incidents.write(
        connection,
        at=decision.decided_at,
        node=decision.attempt.node,
        kind="clock-went-back",
        decision=decision.id,
        detail=f"{behind.total_seconds():.6f} s behind the decision before",
    )


class Decisions:
    """:class:`dialpact.store.ports.decisions.Decisions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def decide(
        self, batch: Sequence[WaitingAttempt], judge: Judging, clock: Clock, overdue: Sequence[Decision] = ()
    ) -> list[Decided]:
        names = _counted_together(batch, judge.asked)

        def work(connection: Connection) -> list[Decided]:
            self._database.hold(connection, names)
            together = _Batch(self._database, connection, judge, clock)
            try:
                return together.run(batch, overdue)
            except Exception as error:
                if self._database.is_of_the_store(error):
                    raise
            # One of them can not be decided. Nothing has happened; now each has a savepoint of its own, which
            # costs more than all that is read for it, and the others are decided.
            self._database.begin_anew(connection)
            self._database.hold(connection, names)
            apart = _Batch(self._database, connection, judge, clock, alone=True, failed=together.failed)
            return apart.run(batch, overdue)

        return await self._database.transact(work)

    async def undelivered(self, marks: Sequence[Undelivered]) -> None:
        def work(connection: Connection) -> None:
            for decision, at, reason in marks:
                SQL.insert_undelivered(connection, decision=decision, at=stamp(at), reason=reason)

        await self._database.transact(work)


def _counted_together(batch: Sequence[WaitingAttempt], asked: FactRequirements) -> set[str]:
    """What attempts on other nodes count as well: who is called, who calls, who sweeps a range, where a rule
    asks. What a person has refused is not counted, and is seen by whoever looks after it.
    """
    counted = {per for per, _ in asked.caps} | {cap.per for cap in asked.alarms}
    names = set()
    for _, attempt, _ in batch:
        if "callee" in counted:
            names.add(f"callee {attempt.callee.e164}")
        if "caller-id" in counted:
            names.add(f"caller-id {attempt.caller_id}")
        if asked.reach or is_trial(attempt.campaign):
            names.add(f"campaign {attempt.campaign}")
    return names


def _is_forked(connection: Connection) -> bool:
    """Also where the log's own row is gone: nobody knows then."""
    row = SQL.forked(connection)
    return row is None or bool(row[0])


class _Batch:
    """Attempts that are decided in the transaction under way. ``alone``: what one raises is its own, and the
    others go on; else it is everybody's. ``failed``: what they raised, by their id: they get no second try.
    """

    def __init__(
        self,
        database: Database,
        connection: Connection,
        judge: Judging,
        clock: Clock,
        *,
        alone: bool = False,
        failed: Mapping[str, Exception] | None = None,
    ) -> None:
        self._database, self._connection = database, connection
        self._judge, self._clock, self._alone = judge, clock, alone
        self.failed = dict(failed or {})
        self._registered = Registered(connection)
        self._stopped = self._why_stopped()
        self._sequence = _Sequence(connection)

    def _why_stopped(self) -> Callable[..., Decision] | None:
        """What blocks every attempt now, whatever it is."""
        if self._judge.stops_on_fork and _is_forked(self._connection):
            return self._judge.forked
        return self._judge.restored if restored.is_unacknowledged(self._connection) else None

    def run(self, batch: Sequence[WaitingAttempt], overdue: Sequence[Decision]) -> list[Decided]:
        for kept in overdue:
            # A commit that was reported as failed, or for which nobody waited, may have happened.
            stored = SQL.is_recorded(self._connection, id=kept.id)
            if stored is None:
                self._block(kept, late=True)
            elif stored["through"] and not kept.put_through:  # what was told is what holds
                at, (reason, *_) = stamp(self._clock.now()), kept.reasons
                SQL.insert_undelivered(self._connection, decision=kept.id, at=at, reason=reason)
        return [self._decide(waiting) for waiting in batch]

    def _decide(self, waiting: WaitingAttempt) -> Decided:
        id, attempt, _ = waiting
        judge, now = self._judge, self._clock.now()
        if (raised := self.failed.get(id)) is not None:
            block = judge.broken(attempt, now, id=id)
            self._block(block)
            return Decided(block, raised)
        if self._stopped and not _is_late(waiting):
            block = self._stopped(attempt, now, id=id)
            self._block(block)
            return Decided(block)
        if not _is_late(waiting):
            try:
                with self._whole():
                    found = facts(
                        self._connection, attempt, judge.asked, now, live=True, registered=self._registered
                    )
                    differing = self._registered.differing
                    if differing and (names := concerned(differing, attempt, found)):
                        decision = judge.unbound(attempt, now, names, id=id)
                    else:
                        decision = judge.decide(attempt, found, now, id=id)
                    if not _is_late(waiting):
                        self._sequence.append(decision)
                        enforcement.enforce(self._connection, decision, judge.asked)
                        return Decided(decision)
            except Exception as error:
                if self._database.is_of_the_store(error):
                    raise
                self.failed[id] = error
                if not self._alone:
                    raise
                return self._decide(waiting)
        block = judge.too_late(attempt, now, id=id)
        self._block(block)
        return Decided(block)

    def _block(self, block: Decision, *, late: bool = False) -> None:
        try:
            with self._whole():
                self._sequence.append(block, late=late)
        except Exception as error:
            if not self._alone or self._database.is_of_the_store(error):
                raise
            why = masking.text(f"{type(error).__name__}: {error}", 200)
            incidents.write(
                self._connection,
                at=self._clock.now(),
                node=block.attempt.node,
                kind="write-refused",
                decision=block.id,
                detail=f"block {', '.join(block.reasons)}: {why}",
            )

    @contextlib.contextmanager
    def _whole(self) -> Iterator[None]:
        """What is written inside, or nothing of it, where each is ``alone``."""
        if not self._alone:
            yield
            return
        self._connection.execute("SAVEPOINT one")
        try:
            yield
        except BaseException:
            if self._connection.in_transaction:  # (a full disk takes the whole transaction back by itself)
                self._connection.execute("ROLLBACK TO one")
                self._connection.execute("RELEASE one")
                self._sequence = _Sequence(self._connection)
            raise
        self._connection.execute("RELEASE one")


def _is_late(waiting: WaitingAttempt) -> bool:
    return time.monotonic() >= waiting.deadline
