"""Refusals taken in the call or on the opt-out line: asked by the dialplan, told when they are on disk.

1. ``done`` is said only after the commit: it counts from the next attempt on.
2. What the store can not take now is ``failed``, but kept, and stored when the store is back: nothing is
   lost while the process lives. It counts from then on.
3. In a call everything is the stored decision's word: the session brings its id, 128 bits that nobody outside
   the PBX knows, and how the refusal was given. On the line the session brings the caller's number.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections import deque
from datetime import datetime
from typing import cast

import structlog

from agi import variables
from agi.call import CONFIRM_SECONDS, Line, ProtocolBroken
from agi.protocol import Request
from compliance.clock import Clock
from compliance.errors import StoreError
from compliance.judge import Judge, bounded
from compliance.model import SCOPES, OptOut, OptOutWay, Scope
from compliance.numbers import masked
from compliance.store.sqlite import Store, optout

MAX_KEPT = 10_000  # in memory, while the store is away
RETRY_SECONDS = 1.0

log = structlog.get_logger()


class Taken:
    """One refusal on its way to the disk."""

    def __init__(self, how: OptOutWay, subject: str, scope: Scope, channel: str, at: datetime) -> None:
        self.how, self.subject, self.scope, self.channel, self.at = how, subject, scope, channel, at
        self.stored: asyncio.Future[bool] = asyncio.get_running_loop().create_future()
        self.late = False

    @property
    def shown(self) -> dict[str, str]:
        """For the log: whoever reads it can find the call, but no number."""
        subject = {"number": masked(self.subject)} if self.how == "line" else {"decision": self.subject}
        return {"how": self.how, "channel": self.channel, "at": self.at.isoformat(), **subject}


class Desk:
    """Stores refusals, one transaction each. ``run`` must be running for any to be stored."""

    def __init__(self, store: Store, judge: Judge, clock: Clock) -> None:
        self.judge = judge
        self._store = store
        self._clock = clock
        self._queue: deque[Taken] = deque()
        self._work = asyncio.Event()

    async def take(self, how: OptOutWay, subject: str, scope: Scope, channel: str, deadline: float) -> bool:
        """True when it is on disk by ``deadline`` (event loop time). What is not is kept, and logged."""
        taken = Taken(how, subject, scope, channel, self._clock.now())
        if len(self._queue) >= MAX_KEPT:
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
        where = {"node": self.judge.node, "channel": taken.channel}
        if taken.how == "line":
            return await optout.from_line(self._store, taken.subject, at=taken.at, **where)
        return await optout.from_call(
            self._store, taken.subject, how=taken.how, scope=taken.scope, at=taken.at, **where
        )

    def _tell(self, taken: Taken, found: OptOut | None) -> None:
        if not taken.stored.done():
            taken.stored.set_result(found is not None)
        if found is None:
            log.error("opt-out of no call of this node", **taken.shown)
            return
        log.info(
            "opt-out",
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


class OptOutCall:
    """Answers one header of the route ``optout``. ``deadline``: seconds for the whole of it."""

    def __init__(self, line: Line, desk: Desk, deadline: float) -> None:
        self._line = line
        self._desk = desk
        self._until = asyncio.get_running_loop().time() + deadline
        self._unanswered = False  # our question still waits for its reply: nothing more can be asked

    async def answer(self, request: Request) -> None:
        """Takes it and tells. Whatever happens, the connection is closed at the end."""
        try:
            done = await self._taken(request)
            if self._unanswered:
                await self._line.last_words([variables.taken(done)], CONFIRM_SECONDS)
                return
            async with asyncio.timeout(CONFIRM_SECONDS):
                await self._line.ask(variables.taken(done))
        except ProtocolBroken as error:
            log.warning("attack", why=error.event.why, route=variables.OPTOUT)
            await self._line.last_words([variables.taken(False)], CONFIRM_SECONDS)
        except (ConnectionError, TimeoutError) as error:
            log.info("opt-out session ended early", why=str(error))
        finally:
            self._line.close()

    async def _taken(self, request: Request) -> bool:
        how, subject, scope, channel = (*request.arguments, "", "", "", "")[:4]
        channel = bounded(channel, 128)  # not the session's own: that is a channel only for asking
        if not await self._confirmed(how, subject):
            log.warning("attack", why="the channel names another subject", route=variables.OPTOUT)
            return False
        # A slip in the dialplan must not cost anybody his refusal.
        refused: Scope = next((known for known in SCOPES if known == scope), "all")
        if how in variables.BY_KEY and subject:
            way = cast(OptOutWay, how)
            return await self._desk.take(way, subject[:64], refused, channel, self._until)
        callee = self._desk.judge.attempt(subject, "", "").callee
        if how == variables.BY_LINE and callee.e164:
            return await self._desk.take("line", callee.e164, "all", channel, self._until)
        why = callee.detail if how == variables.BY_LINE else "no such way"
        log.error("opt-out can not be taken", how=bounded(how, 16), why=why, channel=channel)
        return False

    async def _confirmed(self, how: str, subject: str) -> bool:
        """Whether the channel itself names the same subject: text of a forged header can not.

        One who refuses and hangs up at once may be gone before he is asked: a right id is enough then.
        """
        try:
            async with asyncio.timeout_at(self._until):
                reply = await self._line.ask(variables.SUBJECT)
        except ProtocolBroken:
            raise
        except (ConnectionError, TimeoutError) as error:
            self._unanswered = isinstance(error, TimeoutError)
            return how in variables.BY_KEY
        return reply.ok and reply.data == subject
