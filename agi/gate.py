"""The gate: attempts in, recorded decisions out, each before its deadline.

1. Whoever waits shares the next transaction; while it runs, the next batch gathers. No timer, no delay.
2. A decision is answered only after its transaction is on disk.
3. Past the deadline nothing is allowed any more, whatever comes. Whoever claims an attempt first, the judge
   on the store's thread or the deadline on the event loop, makes its row; an ALLOW whose commit came too
   late is marked as undelivered.
4. A block that can not be stored is logged at once and stored when the store is back: nothing is lost
   while the process lives.
5. An attempt whose judging fails is blocked, and costs none of its batch anything.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import threading
from collections import deque
from datetime import datetime
from functools import partial

import structlog
from msgspec import structs

from dialpact.compliance.clock import Clock
from dialpact.compliance.errors import StoreError
from dialpact.compliance.judge import Judge
from dialpact.compliance.meters import METERS
from dialpact.compliance.model import CallAttempt, Decision, Facts
from dialpact.compliance.numbers import masked
from dialpact.compliance.reasons import Reason
from dialpact.store.sqlite import Store, decisions

MAX_BATCH = 100
MAX_OVERDUE = 10_000  # blocks kept in memory while the store is away
MAX_WAITING = 5_000
RETRY_SECONDS = 1.0

log = structlog.get_logger()


class _Waiting:
    """An attempt in the queue."""

    def __init__(self, attempt: CallAttempt, judge: Judge) -> None:
        self.attempt, self.judge = attempt, judge
        self.answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self.winner: Decision | None = None
        self.judged: Decision | None = None  # the winner, if it was the judge's
        self.late: Decision | None = None  # the block that was told while the transaction was under way
        self._lock = threading.Lock()

    def claim(self, decision: Decision) -> Decision:
        """The first decision stays; it is returned to whoever comes later."""
        with self._lock:
            self.winner = self.winner or decision
            return self.winner

    def spoil(self, block: Decision) -> Decision | None:
        """``block`` in place of the judge's claim; None when the deadline was first."""
        with self._lock:
            if self.winner is not self.judged:
                return None
            if self.winner is not None:  # whoever was late may have been told this id
                block = structs.replace(block, id=self.winner.id)
            self.winner = self.judged = block
            return block


class Gate:
    """Decides. ``run`` must be running for :meth:`decide` to be answered by anything but the deadline."""

    def __init__(self, store: Store, judge: Judge, clock: Clock) -> None:
        self._store = store
        self.judge = judge
        """The rules in force. A reload replaces it; a call that has begun keeps the one it began with."""
        self._clock = clock
        self._queue: deque[_Waiting] = deque()
        self._work = asyncio.Event()
        self._overdue: deque[Decision] = deque(maxlen=MAX_OVERDUE)
        self._unmarked: deque[tuple[str, datetime, Reason]] = deque(maxlen=MAX_OVERDUE)

    async def decide(self, attempt: CallAttempt, deadline: float, judge: Judge | None = None) -> Decision:
        """Never raises for a failure of ours, never later than ``deadline`` (event loop time, seconds).

        ``judge`` is the one that read the attempt, so that a reload meanwhile mixes no two policies.
        """
        if len(self._queue) >= MAX_WAITING:
            return self.block(attempt, Reason.GATE_ERROR, "too many attempts are waiting", judge)
        waiting = _Waiting(attempt, judge or self.judge)
        self._queue.append(waiting)
        self._work.set()
        try:
            async with asyncio.timeout_at(deadline):
                return await asyncio.shield(waiting.answer)
        except TimeoutError:
            if waiting.answer.done():  # in the same turn of the loop: it is on disk, or kept, and final
                return waiting.answer.result()
            why = "the store did not answer in time"
            block = self._blocked(attempt, Reason.DEADLINE, why, waiting.judge)
            winner = waiting.claim(block)
            if winner is block:
                waiting.answer.cancel()  # nobody waits for it: no second block if the store fails
                self._keep(block)
                return block
            waiting.late = structs.replace(block, id=winner.id)
            return waiting.late

    def block(self, attempt: CallAttempt, code: Reason, why: str, judge: Judge | None = None) -> Decision:
        """The gate's no without judging; the next transaction stores it."""
        block = self._blocked(attempt, code, why, judge or self.judge)
        self._keep(block)
        return block

    async def withdraw(self, decision: Decision, reason: Reason) -> None:
        """An ALLOW that was not told to the PBX, or whose telling is uncertain: it must not be used."""
        METERS.undelivered += 1
        log.warning("decision not delivered", decision=decision.id, reason=reason)
        self._unmarked.append((decision.id, self._clock.now(), reason))
        await self._mark()
        self._work.set()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_SECONDS if self._overdue or self._unmarked else None):
                    await self._work.wait()
            self._work.clear()
            stored = True
            while self._queue or (self._overdue and stored):
                stored = await self._batch(self._next())
                await self._mark()
            await self._mark()

    async def close(self) -> None:
        """Stores what is still unsaved, as far as the store lets us."""
        while self._overdue and await self._batch([]):
            pass
        await self._mark()
        for decision in self._overdue:
            log.error("refusal was never stored", decision=decision.id, reasons=decision.reasons)

    def _next(self) -> list[_Waiting]:
        """Those that wait longest, all with one judge: its facts are read for the whole batch.

        Whoever was told that it is too late takes no place: in a flood nobody's turn would come in time.
        """
        batch: list[_Waiting] = []
        while self._queue and len(batch) < MAX_BATCH:
            if batch and self._queue[0].judge is not batch[0].judge:
                break
            waiting = self._queue.popleft()
            if not waiting.answer.cancelled():
                batch.append(waiting)
        return batch

    async def _batch(self, batch: list[_Waiting]) -> bool:
        """False when the store failed. Blocks that are overdue go first, a bounded number of them."""
        overdue = tuple(itertools.islice(self._overdue, MAX_BATCH))
        try:
            await decisions.decide(
                self._store,
                [(waiting.attempt, partial(self._judged, waiting)) for waiting in batch],
                (batch[0].judge if batch else self.judge).asked,
                self._clock,
                overdue,
                partial(self._spoilt, batch),
            )
        except Exception as error:
            known = isinstance(error, StoreError)
            log.error("store failed", error=str(error), exc_info=None if known else error)
            self._fail(batch, str(error) if known else "internal error")
            return False
        METERS.batch.observe(len(batch) + len(overdue))
        saved = {decision.id for decision in overdue}
        while self._overdue and self._overdue[0].id in saved:  # a full queue may have dropped some meanwhile
            self._overdue.popleft()
        for waiting in batch:
            decision = waiting.winner
            assert decision is not None  # every judge ran
            if waiting.late is None and not waiting.answer.done():
                waiting.answer.set_result(decision)
            elif decision.put_through and waiting.late is not None and not waiting.late.put_through:
                self._unmarked.append((decision.id, self._clock.now(), Reason.DEADLINE))
        return True

    def _judged(self, waiting: _Waiting, facts: Facts, now: datetime) -> Decision | None:
        """On the store's thread, inside the transaction."""
        if waiting.winner is not None:
            return None
        decision = waiting.judge.decide(waiting.attempt, facts, now)
        if waiting.claim(decision) is not decision:
            return None
        waiting.judged = decision
        return decision

    def _spoilt(self, batch: list[_Waiting], place: int, error: Exception, now: datetime) -> Decision | None:
        """On the store's thread: of this one attempt nothing is written."""
        waiting = batch[place]
        log.error("attempt not judged", uniqueid=waiting.attempt.uniqueid, exc_info=error)
        block = self._blocked(waiting.attempt, Reason.GATE_ERROR, "internal error", waiting.judge)
        return waiting.spoil(block)

    def _fail(self, batch: list[_Waiting], why: str) -> None:
        """Nothing of the batch is on disk."""
        for waiting in batch:
            if waiting.late is not None:
                self._keep(waiting.late)
            elif not waiting.answer.done():
                block = self._blocked(waiting.attempt, Reason.GATE_ERROR, why, waiting.judge)
                self._keep(block)
                waiting.answer.set_result(block)

    def _blocked(self, attempt: CallAttempt, code: Reason, why: str, judge: Judge) -> Decision:
        decision = judge.refuse(attempt, self._clock.now(), code, why)
        log.error(
            "refused by failure",
            decision=decision.id,
            reason=str(code),
            why=why,
            number=masked(attempt.callee.e164),
            campaign=attempt.campaign,
            uniqueid=attempt.uniqueid,
        )
        return decision

    def _keep(self, block: Decision) -> None:
        if len(self._overdue) == MAX_OVERDUE:
            log.error("refusal dropped unstored", decision=self._overdue[0].id)
        self._overdue.append(block)
        self._work.set()

    async def _mark(self) -> None:
        """ALLOWs that must not be used, all that wait in one transaction. What fails is tried again."""
        marks = tuple(self._unmarked)
        if not marks:
            return
        try:
            await decisions.all_undelivered(self._store, marks)
        except Exception as error:
            log.error("could not mark as undelivered", decisions=len(marks), error=str(error))
            return
        for mark in marks:
            with contextlib.suppress(ValueError):  # by another, or dropped from a full memory meanwhile
                self._unmarked.remove(mark)
