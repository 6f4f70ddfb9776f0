"""One receiver, for as long as the process runs: what is new is made, what waits is sent, what came is kept.

1. Sending is no part of making: a receiver that is away delays nothing but his own.
2. Several are under way at once, of each subject one; while nothing arrives it is one at a time, and slowly.
3. What came of several sendings is written together. Who is killed in between sends those once more, with
   the same id and the same bytes.
4. Whatever fails here is told and tried again: it ends neither this nor the process.
"""

from __future__ import annotations

import asyncio
import contextlib
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import structlog

from dialpact.application.context import Context
from dialpact.application.webhooks.making import Maker
from dialpact.application.webhooks.posting import Poster
from dialpact.compliance.config import Config
from dialpact.compliance.errors import ConfigError, DialpactError
from dialpact.compliance.profile import Policy
from dialpact.compliance.webhooks.delivery import (
    KEPT,
    KEPT_TOLD,
    MOST_WAITING,
    SICK,
    HookState,
    Mark,
    Sending,
)
from dialpact.compliance.webhooks.order import ready
from dialpact.compliance.webhooks.retry import Heard, again_at

log = structlog.get_logger()
EXPIRED = timedelta(hours=1)  # what is old is taken out so often


@dataclass(frozen=True, kw_only=True)
class Timings:
    """In seconds. ``tick``: between two looks when there is nothing to do; ``gather``: what comes in within
    that is written together; ``end``: for what is under way, when the process ends.
    """

    tick: float = 1.0
    gather: float = 0.05
    answer: float = 15.0
    end: float = 5.0
    most_under_way: int = 16
    most_waiting: int = MOST_WAITING


@dataclass(frozen=True)
class _Came:
    """What came of a sending, and when. ``heard`` is None where it could not be signed."""

    sending: Sending
    heard: Heard | None
    at: datetime


class Receiver:
    def __init__(
        self,
        context: Context,
        config: Config,
        name: str,
        policy: Callable[[], Policy],
        timings: Timings,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._context, self._node, self._name = context, config.node.name, name
        self._timings, self._chance, self._folder = timings, chance, Path(config.origin).parent
        self._maker = Maker(context, name, config.webhooks[name], policy, timings.most_waiting)
        self._poster = Poster(config, name, context.clock, timings.answer)
        self._under_way: dict[int, asyncio.Task[_Came]] = {}
        self._expired: datetime | None = None
        self._said = ""  # what was last told of a turn that failed, so that it is told once
        self._unsigned = ""  # why nothing can be signed, likewise
        self._failing = False  # that nothing arrives, likewise

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; then what is under way is given its time."""
        try:
            while not stop.is_set():
                if not await self._guarded():
                    await _stopped(stop, self._timings.tick)
        finally:
            await self._end()

    async def _guarded(self) -> bool:
        try:
            more = await self.turn()
        except Exception as error:
            if (said := f"{type(error).__name__}: {error}") != self._said:
                own = None if isinstance(error, DialpactError | OSError) else error  # a fault of ours
                log.error("webhook-turn-failed", webhook=self._name, error=said, exc_info=own)
                self._said = said
            return False
        self._said = ""
        return more

    async def turn(self) -> bool:
        """Makes what is new, sends what may be sent, keeps what came. False: there is nothing more to do now.

        DialpactError, OSError: nothing was lost.
        """
        store, now = self._context.store.webhooks, self._context.now()
        found = {one.name: one for one in await store.states()}
        state = found.get(self._name) or (await store.begin([self._name], now))[0]
        if self._expired is None or abs(now - self._expired) >= EXPIRED:
            await self._can_sign()  # whoever has to mend it sees it before there is anything to send
            await store.expire(self._name, now - KEPT, now - KEPT_TOLD)
            self._expired = now
        if state.disabled_at is not None:
            await self._keep()
            return False
        made: DialpactError | None = None
        more = False
        try:
            more = await self._maker.make(state)
        except DialpactError as error:  # what waits is sent all the same
            made = error
        sent = await self._send(state, now)
        if made is not None:
            raise made
        return more or sent

    async def _send(self, state: HookState, now: datetime) -> bool:
        sick = state.failures >= SICK
        most = 1 if sick else self._timings.most_under_way
        paused = state.paused_until is not None and state.paused_until > now
        if len(self._under_way) < most and not paused:
            await self._begin(now, most - len(self._under_way))
        came = await self._keep(self._timings.tick)
        return came and not sick

    async def _begin(self, now: datetime, most: int) -> None:
        store = self._context.store.webhooks
        waiting = await store.waiting(self._name)
        chosen = ready(waiting, now, self._under_way.keys(), most)
        if chosen and await self._can_sign():
            for one in await store.sending(chosen):
                self._under_way[one.seq] = asyncio.create_task(self._post(one))

    async def _post(self, one: Sending) -> _Came:
        try:
            heard: Heard | None = await self._poster.post(one.id, one.body)
        except ConfigError:
            heard = None
        except Exception as error:  # a fault of ours is no reason to leave it under way for ever
            log.error("webhook-post-failed", webhook=self._name, error=str(error), exc_info=error)
            heard = Heard("refused", type(error).__name__)
        return _Came(one, heard, self._context.now())

    async def _can_sign(self) -> bool:
        try:
            await self._poster.check()
        except ConfigError as error:
            if str(error) != self._unsigned:
                self._unsigned = str(error)
                log.error("webhook-unsigned", webhook=self._name, error=str(error))
                store, now = self._context.store.webhooks, self._context.now()
                # Whoever is shown this need not know where it lies.
                await store.unsent(self._name, str(error).replace(f"{self._folder}/", ""), now)
            return False
        self._unsigned = ""
        return True

    async def _keep(self, seconds: float = 0) -> bool:
        """What has come within that time is written. Whether anything was."""
        if not self._under_way:
            return False
        tasks = [*self._under_way.values()]
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
        await asyncio.wait(tasks, timeout=self._timings.gather)
        came = [task.result() for task in tasks if task.done()]
        if not came:
            return False
        await self._write(came)
        for one in came:
            del self._under_way[one.sending.seq]
        return True

    async def _write(self, came: list[_Came]) -> None:
        """StoreError: they stay under way, and are written at the next turn."""
        store, now = self._context.store.webhooks, self._context.now()
        marks, pause = [], timedelta()
        for one in came:
            if one.heard is None:
                continue
            if one.heard.word == "gone":
                await store.gone(self._name, one.heard.why, now, node=self._node)
                log.error("webhook-gone", webhook=self._name, why=one.heard.why)
                continue
            pause = max(pause, one.heard.pause)
            marks.append(self._mark(one.sending, one.heard, one.at))
        if marks:
            until = now + pause if pause else None
            await store.mark(self._name, marks, now, pause=until, node=self._node)
        self._log(marks)

    def _log(self, marks: Sequence[Mark]) -> None:
        """A line when it begins to fail, and when that ends; a line for each that is given up."""
        for mark in marks:
            failed = mark.state != "delivered"
            if failed != self._failing:
                word = "webhook-failing" if failed else "webhook-well"
                log.warning(word, webhook=self._name, why=mark.why)
                self._failing = failed
            if mark.state == "dead":
                log.error("webhook-dead", webhook=self._name, why=mark.why)

    def _mark(self, one: Sending, heard: Heard, at: datetime) -> Mark:
        if heard.word == "delivered":
            return Mark(one.seq, "delivered", at)
        next_at = again_at(one.attempts + 1, at, self._chance())
        away = heard.word == "away"
        return Mark(one.seq, "waiting" if next_at else "dead", at, heard.why, away, next_at)

    async def _end(self) -> None:
        if not self._under_way:
            return
        tasks = [*self._under_way.values()]
        await asyncio.wait(tasks, timeout=self._timings.end)
        try:
            await self._keep()
        except DialpactError as error:
            log.error("webhook-turn-failed", webhook=self._name, error=str(error))
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def _stopped(stop: asyncio.Event, seconds: float) -> None:
    with contextlib.suppress(TimeoutError):
        await asyncio.wait_for(stop.wait(), seconds)
