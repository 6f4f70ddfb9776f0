"""Opt-outs on their way to the disk, whoever heard them: the gate (a key's dialplan, the opt-out line) or the
listener (a key's event).

1. ``done`` is said only after the commit: it counts from the next attempt on.
2. What the store can not take now is ``failed``, but kept, and stored when the store is back: nothing is
   lost while the process lives. It counts from then on.
3. In a call everything is the stored decision's word. What two have heard, or one has said twice, is one
   opt-out: the store tells.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from datetime import datetime

import structlog

from dialpact.compliance.clock import Clock
from dialpact.compliance.errors import StoreError
from dialpact.compliance.model import OptOut, OptOutWay, Scope
from dialpact.compliance.numbers import masked
from dialpact.store.ports import Store

MAX_KEPT = 10_000  # in memory, while the store is away
RETRY_SECONDS = 1.0

log = structlog.get_logger()


class Taken:
    """One opt-out on its way to the disk."""

    def __init__(self, how: OptOutWay, subject: str, scope: Scope, channel: str, at: datetime) -> None:
        self.how, self.subject, self.scope, self.channel, self.at = how, subject, scope, channel, at
        self.stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.late = False

    @property
    def shown(self) -> dict[str, str]:
        """For the log: whoever reads it can find the call, but no number."""
        subject = {"number": masked(self.subject)} if self.how == "line" else {"decision": self.subject}
        return {"how": self.how, "channel": self.channel, "at": self.at.isoformat(), **subject}


class OptOutQueue:
    """Stores opt-outs, one transaction each. ``run`` must be running for any to be stored."""

    def __init__(self, store: Store, node: str, clock: Clock, max_kept: int = MAX_KEPT) -> None:
        self._store, self._node, self._clock, self._max_kept = store, node, clock, max_kept
        self._queue: deque[Taken] = deque()
        self._work = asyncio.Event()

    def __len__(self) -> int:
        return len(self._queue)

    async def take(
        self,
        how: OptOutWay,
        subject: str,
        scope: Scope,
        channel: str,
        deadline: float,
        at: datetime | None = None,
    ) -> bool:
        """True when it is on disk by ``deadline`` (event loop time). What is not is kept, and logged.

        ``subject``: the decision's id; of the line the number (E.164). ``channel``: of whoever opts out.
        """
        taken = Taken(how, subject, scope, channel, at or self._clock.now())
        if len(self._queue) >= self._max_kept:
            log.error("opt-out dropped unstored", **self._queue.popleft().shown)
        self._queue.append(taken)
        self._work.set()
        try:
            async with asyncio.timeout_at(deadline):
                return await asyncio.shield(taken.stored)
        except TimeoutError:
            if taken.stored.done():
                return taken.stored.result()
            self._keep(taken, "the store did not answer in time")
            return False

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(RETRY_SECONDS if self._queue else None):
                    await self._work.wait()
            self._work.clear()
            await self._round()

    async def close(self) -> None:
        """Stores what is still kept, as far as the store lets us."""
        await self._round()
        for taken in self._queue:
            log.error("opt-out was never stored", **taken.shown)

    async def _round(self) -> None:
        """In order, until the store fails. One that is at fault itself blocks no other."""
        for taken in list(self._queue):
            try:
                found = await self._store_one(taken)
            except StoreError as error:
                self._keep(taken, str(error))
                return
            except Exception as error:
                if not taken.late:
                    log.error("opt-out failed", exc_info=error, **taken.shown)
                self._keep(taken, "internal error")
                continue
            with contextlib.suppress(ValueError):  # dropped meanwhile: it is stored all the same
                self._queue.remove(taken)
            self._tell(taken, found)

    async def _store_one(self, taken: Taken) -> OptOut | None:
        where = {"node": self._node, "channel": taken.channel}
        if taken.how == "line":
            return await self._store.opt_outs.from_line(taken.subject, at=taken.at, **where)
        return await self._store.opt_outs.from_call(
            taken.subject, how=taken.how, scope=taken.scope, at=taken.at, **where
        )

    def _tell(self, taken: Taken, found: OptOut | None) -> None:
        if not taken.stored.done():
            taken.stored.set_result(found is not None)
        if found is None:
            log.error("opt-out of no call of this node", **taken.shown)
            return
        log.info(
            "opt-out" if found.at == taken.at else "opt-out heard already",
            **taken.shown,
            scope=found.scope,
            value=found.value,
            by=masked(found.by) if found.by == found.number else found.by,
            callee=masked(found.number),
            recording=found.recording,
            late=taken.late,
        )

    def _keep(self, taken: Taken, why: str) -> None:
        """Says so once; the answer is ``failed``, whatever comes later."""
        if not taken.stored.done():
            taken.stored.set_result(False)
        if not taken.late:
            taken.late = True
            log.error("opt-out kept until the store is back", why=why, **taken.shown)
