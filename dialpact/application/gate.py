"""The gate: attempts in, recorded decisions out, each before its deadline.

1. Whoever waits shares the next transaction; while it runs, the next batch gathers. No timer, no delay.
2. A decision is answered only after its transaction is on disk.
3. Past the deadline nothing is allowed any more, whatever comes. An attempt that no batch has taken yet gets
   its block from here; of one that is being decided the store makes the one row, under the id that is told
   here, and an ALLOW whose commit came too late is marked as undelivered.
4. What can not be stored is logged at once and kept (``application.decide``).
5. An attempt whose judging fails is blocked, and costs none of its batch anything.
6. Whoever is gone before his answer has none to use: his ALLOW is marked as undelivered as well.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque

import structlog

from dialpact.application.decide import GATE_LIMITS, Deciding, GateLimits
from dialpact.compliance.clock import Clock
from dialpact.compliance.errors import StoreError
from dialpact.compliance.judge import Judge, new_id
from dialpact.compliance.meters import METERS
from dialpact.compliance.model import CallAttempt, Decision
from dialpact.compliance.numbers import masked
from dialpact.compliance.reasons import Reason
from dialpact.store.ports import Store
from dialpact.store.ports.decisions import WaitingAttempt

log = structlog.get_logger()


class _Queued:
    """An attempt and whoever waits for its answer."""

    def __init__(self, attempt: CallAttempt, judge: Judge, deadline: float, id: str) -> None:
        self.waiting = WaitingAttempt(id or new_id(), attempt, deadline)
        self.judge = judge
        self.answer: asyncio.Future[Decision] = asyncio.get_running_loop().create_future()
        self.taken = False  # by a batch: its row is being made
        self.late: Decision | None = None  # the block that was told meanwhile


class Gate:
    """Decides. ``run`` must be running for :meth:`decide` to be answered by anything but the deadline."""

    def __init__(self, store: Store, judge: Judge, clock: Clock, limits: GateLimits = GATE_LIMITS) -> None:
        self.judge = judge
        """The rules in force. A reload replaces it; a call that has begun keeps the one it began with."""
        self.store = store
        """Where it decides: whoever asks by a deadline looks there, too, behind nobody else's work."""
        self._clock = clock
        self._limits = limits
        self._deciding = Deciding(store, clock, limits.max_batch, limits.max_overdue)
        self._queue: deque[_Queued] = deque()
        self._taken: dict[str, _Queued] = {}  # by the id of the decision that is being made
        self._work = asyncio.Event()

    async def decide(
        self, attempt: CallAttempt, deadline: float, judge: Judge | None = None, id: str = ""
    ) -> Decision:
        """Never raises for a failure of ours, never later than ``deadline`` (event loop time, seconds).

        ``judge`` is the one that read the attempt, so that a reload meanwhile mixes no two policies. ``id``:
        of the decision, where the asker has one for what he asks; of one that is in the store already he must
        not ask again.
        """
        if id and (told := self._told(id)) is not None:
            return told
        if len(self._queue) >= self._limits.max_waiting:
            return self.block(attempt, Reason.GATE_ERROR, "too many attempts are waiting", judge, id)
        queued = _Queued(attempt, judge or self.judge, deadline, id)
        self._queue.append(queued)
        self._work.set()
        # One handle: a timeout and a shield around each wait cost several times as much.
        timer = asyncio.get_running_loop().call_at(deadline, self._too_late, queued)
        try:
            return await queued.answer
        finally:
            timer.cancel()

    def _too_late(self, queued: _Queued) -> None:
        """Tells the block, unless the decision is there: it is on disk, or kept, and final."""
        if queued.answer.done():
            return
        try:
            block = queued.judge.too_late(queued.waiting.attempt, self._clock.now(), id=queued.waiting.id)
            _log(block)
        except Exception as error:  # nobody may wait for ever
            queued.answer.set_exception(error)
            return
        queued.answer.set_result(block)  # of one that waits: it takes no place in a batch any more
        if queued.taken:
            queued.late = block
        else:
            self._keep(block)

    def block(
        self, attempt: CallAttempt, code: Reason, why: str, judge: Judge | None = None, id: str = ""
    ) -> Decision:
        """The gate's no without judging. The next transaction stores it, or marks what ``id`` is there."""
        block = (judge or self.judge).block(attempt, self._clock.now(), code, why, id=id)
        _log(block)
        self._keep(block)
        return block

    async def withdraw(self, decision: Decision, reason: Reason) -> None:
        """An ALLOW that was not told to the PBX, or whose telling is uncertain: it must not be used."""
        self.disown(decision, reason)
        await self._deciding.mark()

    def disown(self, decision: Decision, reason: Reason) -> None:
        """The same, for who can not wait until it is on disk."""
        METERS.undelivered += 1
        log.warning("decision not delivered", decision=decision.id, reason=reason)
        self._deciding.withdraw(decision.id, reason)
        self._work.set()

    async def run(self) -> None:
        """Until cancelled."""
        retry_seconds = self._limits.retry_seconds
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(retry_seconds if self._deciding.owes else None):
                    await self._work.wait()
            self._work.clear()
            stored = True
            while self._queue or (self._deciding.has_overdue and stored):
                stored = await self._batch(self._next())
                await self._deciding.mark()
            await self._deciding.mark()

    async def close(self) -> None:
        """Stores what is still unsaved, as far as the store lets us."""
        while self._deciding.has_overdue and await self._batch([]):
            pass
        await self._deciding.mark()
        self._deciding.close()

    def _next(self) -> list[_Queued]:
        """Those that wait longest, all with one judge: its facts are read for the whole batch.

        Whoever was told that it is too late takes no place: in a flood nobody's turn would come in time.
        """
        batch: list[_Queued] = []
        most = self._limits.max_batch
        while self._queue and len(batch) < most:
            if batch and self._queue[0].judge is not batch[0].judge:
                break
            queued = self._queue.popleft()
            if not queued.answer.done():
                queued.taken = True
                batch.append(queued)
        return batch

    async def _batch(self, batch: list[_Queued]) -> bool:
        """False when the store failed."""
        self._taken = {queued.waiting.id: queued for queued in batch}
        try:
            return await self._decided(batch)
        finally:
            self._taken = {}

    async def _decided(self, batch: list[_Queued]) -> bool:
        judge = batch[0].judge if batch else self.judge
        try:
            decided = await self._deciding.decide([queued.waiting for queued in batch], judge)
        except Exception as error:
            known = isinstance(error, StoreError)
            log.error("store failed", error=str(error), exc_info=None if known else error)
            self._fail(batch, str(error) if known else "internal error")
            return False
        except asyncio.CancelledError:  # nobody tells what became of it, and what was told has to hold
            for late in [queued.late for queued in batch if queued.late is not None]:
                self._keep(late)
            raise
        for queued, (decision, failure) in zip(batch, decided, strict=True):
            if failure is not None:
                log.error("attempt not judged", uniqueid=queued.waiting.attempt.uniqueid, exc_info=failure)
            if queued.late is None and not queued.answer.done():
                if Reason.DEADLINE in decision.reasons or failure is not None:
                    _log(decision)
                queued.answer.set_result(decision)
            elif decision.put_through and queued.late is not None and not queued.late.put_through:
                self._deciding.withdraw(decision.id, Reason.DEADLINE)
            elif decision.put_through and queued.answer.cancelled():
                self.disown(decision, Reason.GATE_ERROR)
        return True

    def _fail(self, batch: list[_Queued], why: str) -> None:
        """Nothing of the batch is on disk, as far as anybody knows: a commit may have happened."""
        for queued in batch:
            if queued.late is not None:
                self._keep(queued.late)
            elif not queued.answer.done():
                attempt, judge = queued.waiting.attempt, queued.judge
                queued.answer.set_result(
                    self.block(attempt, Reason.GATE_ERROR, why, judge, queued.waiting.id)
                )

    def taken_back(self, id: str) -> Reason | None:
        """Why the decision ``id`` must not be used, where the store may not say so yet: another was told, or
        nobody was. To be asked before the store is: what is known here goes there meanwhile.
        """
        if (told := self._told(id)) is not None:
            return None if told.put_through else told.reasons[0]
        taken = self._taken.get(id)
        if taken is not None and taken.answer.cancelled():
            return Reason.GATE_ERROR
        return self._deciding.withdrawn(id)

    def _told(self, id: str) -> Decision | None:
        """The block that was told of a decision which is not in the store yet."""
        taken = self._taken.get(id)
        return taken.late if taken is not None and taken.late is not None else self._deciding.kept(id)

    def _keep(self, block: Decision) -> None:
        self._deciding.keep(block)
        self._work.set()


def logged(decision: Decision) -> None:
    """One that was told."""
    attempt = decision.attempt
    log.info(
        "decided",
        decision=decision.id,
        verdict=decision.verdict,
        mode=decision.mode,
        reasons=[str(reason) for reason in decision.reasons],
        number=masked(attempt.callee.e164),
        campaign=attempt.campaign,
        trunk=attempt.trunk,
        uniqueid=attempt.uniqueid,
    )


def _log(block: Decision) -> None:
    """One for a failure of ours."""
    (finding,) = block.findings
    log.error(
        "blocked by failure",
        decision=block.id,
        reason=str(finding.code),
        why=finding.detail["why"],
        number=masked(block.attempt.callee.e164),
        campaign=block.attempt.campaign,
        uniqueid=block.attempt.uniqueid,
    )
