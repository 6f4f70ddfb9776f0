"""Decides attempts in batches, and keeps what the store could not take.

1. One batch is one transaction: a decision is given back when it is on disk.
2. A block that can not be stored is kept and stored with the next batch, and so is the mark of an ALLOW
   that must not be used: nothing is lost while the process lives.
"""

from __future__ import annotations

import contextlib
import itertools
from collections import deque
from collections.abc import Sequence

import structlog

from dialpact.compliance.clock import Clock
from dialpact.compliance.meters import METERS
from dialpact.compliance.model import Decision, Value
from dialpact.compliance.reasons import Reason
from dialpact.store.ports import Store
from dialpact.store.ports.decisions import Decided, Judging, Undelivered, WaitingAttempt

MAX_BATCH = 100  # attempts in a transaction, and as many blocks that are overdue
MAX_OVERDUE = 10_000  # blocks kept in memory while the store is away

log = structlog.get_logger()


class GateLimits(Value, frozen=True, kw_only=True):
    """What binds one gate, whoever asks it. Production takes them as they are; a test gives its own."""

    retry_seconds: float = 1.0
    """Until the store is asked again to take what is owed to it."""
    max_waiting: int = 5_000
    """Attempts that wait for the store. Whoever comes then is blocked at once."""
    max_batch: int = MAX_BATCH
    """Attempts in one transaction, and as many overdue blocks."""
    max_overdue: int = MAX_OVERDUE
    """Blocks kept in memory while the store is away, and as many marks of undelivered ALLOWs."""


GATE_LIMITS = GateLimits()


class Deciding:
    """The decisions of one process: what is decided, what is still owed to the store."""

    def __init__(
        self, store: Store, clock: Clock, max_batch: int = MAX_BATCH, max_overdue: int = MAX_OVERDUE
    ) -> None:
        self._store, self._clock = store, clock
        self._max_batch = max_batch
        self._overdue: deque[Decision] = deque(maxlen=max_overdue)
        self._unmarked: deque[Undelivered] = deque(maxlen=max_overdue)

    @property
    def has_overdue(self) -> bool:
        """Whether a block waits for the next batch."""
        return bool(self._overdue)

    @property
    def owes(self) -> bool:
        """Whether anything has still to be stored."""
        return bool(self._overdue or self._unmarked)

    def kept(self, id: str) -> Decision | None:
        """A block that waits for the next batch."""
        return next((block for block in self._overdue if block.id == id), None)

    def withdrawn(self, id: str) -> Reason | None:
        """Why, of an ALLOW that the store does not call undelivered yet."""
        return next((mark.reason for mark in self._unmarked if mark.decision == id), None)

    def keep(self, block: Decision) -> None:
        """The next batch stores it."""
        if len(self._overdue) == self._overdue.maxlen:
            log.error("block dropped unstored", decision=self._overdue[0].id)
        self._overdue.append(block)

    def withdraw(self, decision: str, reason: Reason) -> None:
        """An ALLOW that must not be used; :meth:`mark` says so in the store."""
        self._unmarked.append(Undelivered(decision, self._clock.now(), reason))

    async def decide(self, batch: Sequence[WaitingAttempt], judge: Judging) -> Sequence[Decided]:
        """On disk when it returns, as the ``batch`` is ordered. Blocks that are overdue go first, a bounded
        number of them. Whatever it raises, nothing was recorded.
        """
        overdue = tuple(itertools.islice(self._overdue, self._max_batch))
        decided = await self._store.decisions.decide(batch, judge, self._clock, overdue)
        METERS.batch.observe(len(batch) + len(overdue))
        saved = {decision.id for decision in overdue}
        while self._overdue and self._overdue[0].id in saved:  # a full queue may have dropped some meanwhile
            self._overdue.popleft()
        return decided

    async def mark(self) -> None:
        """ALLOWs that must not be used, all that wait in one transaction. What fails is tried again."""
        marks = tuple(self._unmarked)
        if not marks:
            return
        try:
            await self._store.decisions.undelivered(marks)
        except Exception as error:
            log.error("could not mark as undelivered", decisions=len(marks), error=str(error))
            return
        for mark in marks:
            with contextlib.suppress(ValueError):  # by another, or dropped from a full memory meanwhile
                self._unmarked.remove(mark)

    def close(self) -> None:
        """Names what was never stored."""
        for decision in self._overdue:
            log.error("block was never stored", decision=decision.id, reasons=decision.reasons)
