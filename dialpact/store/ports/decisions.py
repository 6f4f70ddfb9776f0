"""Decisions, as the gate has them made."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.clock import Clock
from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.model import CallAttempt, Decision, Facts
from dialpact.compliance.reasons import Reason


class WaitingAttempt(NamedTuple):
    """An attempt that is to be decided."""

    id: str  # of its decision, whatever it will be
    attempt: CallAttempt
    deadline: float  # of the monotonic clock, in seconds; past it nothing is allowed


class Decided(NamedTuple):
    """What became of it. ``failure``: what was raised, where it was blocked because judging it failed."""

    decision: Decision
    failure: Exception | None = None


class Undelivered(NamedTuple):
    """A decision that was not told to the PBX, or too late: its ALLOW must not be used."""

    decision: str
    at: datetime
    reason: Reason


class Judging(Protocol):
    """The pure judge that a unit of work is given (:class:`dialpact.compliance.judge.Judge`)."""

    @property
    def asked(self) -> FactRequirements:
        """What has to be read for it."""

    @property
    def stops_on_fork(self) -> bool:
        """Whether nothing is allowed while the log may not be signed."""

    def forked(self, attempt: CallAttempt, now: datetime, *, id: str) -> Decision: ...

    def restored(self, attempt: CallAttempt, now: datetime, *, id: str) -> Decision: ...

    def decide(self, attempt: CallAttempt, facts: Facts, now: datetime, *, id: str) -> Decision: ...

    def too_late(self, attempt: CallAttempt, now: datetime, *, id: str) -> Decision: ...

    def broken(self, attempt: CallAttempt, now: datetime, *, id: str) -> Decision: ...

    def unbound(
        self, attempt: CallAttempt, now: datetime, names: Sequence[tuple[str, str]], *, id: str
    ) -> Decision: ...


class Decisions(Protocol):
    async def decide(
        self, batch: Sequence[WaitingAttempt], judge: Judging, clock: Clock, overdue: Sequence[Decision] = ()
    ) -> Sequence[Decided]:
        """Judges and records in one transaction, after the blocks ``overdue`` that could not be stored
        before; one that stands there as an ALLOW all the same is marked as not delivered. One row for each
        attempt, in the order of ``batch``.

        Facts and judgement are of the same instant, the ``clock``'s when the attempt has its turn. One whose
        deadline has passed when it has been judged, or before, is blocked for that alone. Each stands for
        itself: of one whose facts, rules or row fail nothing is left but its block, and the others are
        decided. A block that the store refuses is an incident.
        Raises StoreError; then nothing was recorded.
        """

    async def undelivered(self, marks: Sequence[Undelivered]) -> None:
        """Marks them. One that was never stored needs no mark; of several for one the first one stays. One
        that has a recording gets none: its leg was let out, so the PBX was told.
        """
