"""Writes to the store that must not be lost: kept in order and tried until they are on disk, or refused.

A decision needs the same store, so while it is down no new call is let out, and what can wait here is
bounded by the calls that were up.

1. What a busy or missing database fails is tried again, for ever. Nothing passes it: order is kept.
2. What the store refuses (a constraint, a trigger) it will refuse for ever. It is set aside and told, and the
   next one has its turn: one bad row must not cost the recordings of every later call.
3. What fails for a reason that nobody foresaw is tried a few times, and then set aside like a refused one.
4. What waits at the same time is written in one transaction; where that fails, each by itself and in order.
   More may come for a moment, as nobody waits for it: a call's answer alone is three writes, and a decision
   has to wait for each transaction.
5. How long the oldest has waited is for the lease to look at: evidence that is not on disk is none.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections import deque
from collections.abc import Callable
from itertools import islice

import msgspec
import structlog

from ami_listener.timings import USUAL, OutboxTimings
from dialpact.compliance import masking
from dialpact.compliance.errors import StoreError, StoreRefused
from dialpact.compliance.meters import METERS
from dialpact.store.ports.together import Write, together

MOST = 50  # writes in one transaction: a decision waits for its lock meanwhile
log = structlog.get_logger()


class Waiting(msgspec.Struct, frozen=True):
    """``what``: in words of ours, without a number; ``decision``, ``channel``: of the call that it is of."""

    what: str
    write: Write
    decision: str = ""
    channel: str = ""
    dropped: Callable[[], None] | None = None  # to be told when it was set aside
    since: float = 0.0  # monotonic


Refused = Callable[[Waiting, str], None]  # and why


class Outbox:
    """``put`` never waits and never fails; ``run`` does the writing; ``refused`` hears what is set aside."""

    def __init__(self, refused: Refused | None = None, timings: OutboxTimings = USUAL.outbox) -> None:
        self._timings = timings
        self._waiting: deque[Waiting] = deque()
        self._refused = refused
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()
        self._hurry = asyncio.Event()  # somebody waits all the same, or enough have come
        self._complained = False  # the first has failed, and that is told
        self._tries = 0  # of the first, that failed for no known reason
        self._alone = 0  # so many are written one by one

    def __len__(self) -> int:
        return len(self._waiting)

    @property
    def age(self) -> float:
        """Seconds that the oldest has waited; 0 when nothing waits."""
        return time.monotonic() - self._waiting[0].since if self._waiting else 0.0

    def put(
        self,
        what: str,
        write: Write,
        *,
        decision: str = "",
        channel: str = "",
        dropped: Callable[[], None] | None = None,
    ) -> None:
        """See :class:`Waiting`."""
        self._waiting.append(Waiting(what, write, decision, channel, dropped, time.monotonic()))
        self._empty.clear()
        self._filled.set()
        if len(self._waiting) >= MOST:
            self._hurry.set()
        self._count()

    async def run(self) -> None:
        """Until cancelled."""
        while True:
            if not self._waiting:
                self._empty.set()
                self._filled.clear()
                self._hurry.clear()
                await self._filled.wait()
            await self._gather()
            for error in await self._written():
                if error is None:
                    if self._complained:
                        log.info("store available again", waiting=len(self) - 1)
                    self._taken()
                elif isinstance(error, StoreRefused):
                    self._set_aside(self._waiting[0], error)
                    self._taken()
                else:
                    await self._failed(error)

    async def _gather(self) -> None:
        """Until the first has waited for a moment."""
        left = self._timings.gather - self.age
        if left > 0 and not self._alone and not self._hurry.is_set():
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(left):
                    await self._hurry.wait()

    async def _written(self) -> list[Exception | None]:
        """What became of the first that wait; the last of them alone may have failed."""
        if len(self._waiting) > 1 and not self._alone:
            first = list(islice(self._waiting, MOST))
            if outcomes := await together([waiting.write for waiting in first], _surprised):
                return outcomes
            self._alone = len(first)  # one of them is at fault, or all: each shows it by itself
        try:
            await self._waiting[0].write()
        except Exception as error:
            return [error]
        return [None]

    async def _failed(self, error: Exception) -> None:
        """The first that waits, for a time or for good."""
        head, known = self._waiting[0], isinstance(error, StoreError)
        self._tries += not known
        if self._tries >= self._timings.tries:
            self._set_aside(head, error)
            self._taken()
            return
        if not self._complained:
            log.error(
                "store unavailable, retrying",
                what=head.what,
                waiting=len(self),
                error=str(error),
                exc_info=None if known else error,
            )
        self._complained = True
        await asyncio.sleep(self._timings.retry)

    def _taken(self) -> None:
        """The first is written, or set aside."""
        self._waiting.popleft()
        self._complained, self._tries, self._alone = False, 0, max(0, self._alone - 1)
        self._count()

    def _set_aside(self, head: Waiting, error: Exception) -> None:
        why = masking.text(f"{type(error).__name__}: {error}", 200)
        log.error("write refused, set aside", what=head.what, decision=head.decision, why=why)
        if head.dropped is not None:
            head.dropped()
        if self._refused is not None:
            self._refused(head, why)

    def _count(self) -> None:
        METERS.outbox_waiting = len(self._waiting)
        METERS.outbox_since = self._waiting[0].since if self._waiting else 0.0

    async def drained(self) -> None:
        """Waits until nothing is left to be written."""
        if self._waiting:
            self._hurry.set()
        await self._empty.wait()


def _surprised(error: Exception) -> None:
    log.error("written, and then it failed", exc_info=error)
