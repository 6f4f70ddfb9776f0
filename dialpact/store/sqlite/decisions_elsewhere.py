"""Decisions in a process of their own, and the store of a gate that has them made there.

1. The process is started with the gate, and again when it has ended: meanwhile nothing is allowed.
2. What it was asked and has not answered when it ends is not known to be recorded: StoreError, and the gate's
   own block under the same id marks what was.
3. It ends with the gate, however that ends: its socket closes.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import os
import pickle
import socket
import sys
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path

from dialpact.compliance.clock import Clock
from dialpact.compliance.errors import StoreError
from dialpact.compliance.model import Decision
from dialpact.store.ports.decisions import Decided, Judging, Undelivered, WaitingAttempt
from dialpact.store.sqlite import frames
from dialpact.store.sqlite.engine import Store
from dialpact.store.sqlite.frames import Answer, Decide, Done, Mark, Question, Rules, frame

PROGRAM = "dialpact.store.sqlite.decider"
START_SECONDS = 30.0  # a whole machine may be starting
PAUSE_SECONDS = 1.0  # between two starts
END_SECONDS = 5.0


class GateStore(Store):
    """A store whose decisions are made in another process."""

    @cached_property
    def decisions(self) -> DecisionsElsewhere:  # type: ignore[override]
        return DecisionsElsewhere(self.path, self.busy_ms)

    async def start(self) -> None:
        """The process that decides. StoreError when it does not start."""
        await self.decisions.start()

    async def close(self) -> None:
        await self.decisions.close()
        await super().close()


class JudgingFailed(Exception):
    """What the rules raised on an attempt, there."""


class DecisionsElsewhere:
    """:class:`dialpact.store.ports.decisions.Decisions` by a process beside this one."""

    def __init__(self, path: Path, busy_ms: int) -> None:
        self._path, self._busy_ms = path, busy_ms
        self._process: _Process | None = None
        self._starting = asyncio.Lock()
        self._not_before = 0.0  # of the event loop's clock

    async def start(self) -> None:
        await self._running()

    @property
    def pid(self) -> int | None:
        """Of the process, while there is one."""
        return self._process.pid if self._process is not None and not self._process.over else None

    async def decide(
        self, batch: Sequence[WaitingAttempt], judge: Judging, clock: Clock, overdue: Sequence[Decision] = ()
    ) -> list[Decided]:
        process = await self._running()
        rules = process.rules(judge, clock)
        done = await process.ask(Decide(process.serial(), rules, list(batch), list(overdue)))
        return [Decided(decision, JudgingFailed(why) if why else None) for decision, why in done.decided]

    async def undelivered(self, marks: Sequence[Undelivered]) -> None:
        process = await self._running()
        await process.ask(Mark(process.serial(), list(marks)))

    async def close(self) -> None:
        """After what it was asked."""
        async with self._starting:
            process, self._process = self._process, None
            if process is not None:
                await process.close()

    async def _running(self) -> _Process:
        if self._process is not None and not self._process.over:
            return self._process
        async with self._starting:  # else two that find it ended start two
            if self._process is None or self._process.over:
                if self._process is not None:
                    await self._process.close()
                now = asyncio.get_running_loop().time()
                if now < self._not_before:
                    raise StoreError("the process that decides has ended")
                self._not_before = now + PAUSE_SECONDS
                self._process = await _Process.start(self._path, self._busy_ms)
            return self._process


class _Process(asyncio.Protocol):
    """The process, and the line to it."""

    _transport: asyncio.Transport
    _process: asyncio.subprocess.Process

    def __init__(self) -> None:
        self.over = False
        self._waiting: dict[int, asyncio.Future[Done]] = {}
        self._serials = itertools.count(frames.OPENED + 1)
        self._numbers = itertools.count()
        self._rules: list[tuple[int, Judging, Clock]] = []
        self._coming = frames.Frames()

    @classmethod
    async def start(cls, path: Path, busy_ms: int) -> _Process:
        """Its database is open when this returns. StoreGone or StoreError when that fails."""
        process = cls()
        opened = process._wait_for(frames.OPENED)
        await process._begin(path, busy_ms)
        try:
            async with asyncio.timeout(START_SECONDS):
                await opened
        except BaseException as error:
            process._process.kill()
            await process.close()
            if isinstance(error, TimeoutError):
                raise StoreError("the process that decides does not start") from error
            raise
        return process

    async def _begin(self, path: Path, busy_ms: int) -> None:
        mine, its = socket.socketpair()
        with its:
            try:
                mine.setblocking(False)
                socket_, database = str(its.fileno()), os.path.abspath(path)  # noqa: ASYNC240, PTH100
                self._process = await asyncio.create_subprocess_exec(
                    sys.executable,
                    *("-P", "-m", PROGRAM, socket_, database, str(busy_ms)),
                    pass_fds=(its.fileno(),),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=asyncio.subprocess.DEVNULL,  # whoever reads the gate's sees its end
                    env={**os.environ, "PYTHONPATH": os.pathsep.join(filter(None, sys.path))},
                )
                await asyncio.get_running_loop().create_unix_connection(lambda: self, sock=mine)
            except OSError as error:
                mine.close()
                raise StoreError(f"the process that decides does not start: {error}") from error

    @property
    def pid(self) -> int:
        return self._process.pid

    def rules(self, judge: Judging, clock: Clock) -> int:
        """The number by which it knows them."""
        for number, known, of_it in self._rules:
            if known is judge and of_it is clock:
                return number
        number = next(self._numbers)
        self._say(Rules(number, pickle.dumps((judge, clock))))
        self._rules = [*self._rules, (number, judge, clock)][-frames.MOST_RULES :]
        return number

    def serial(self) -> int:
        return next(self._serials)

    async def ask(self, question: Decide | Mark) -> Done:
        answer = self._wait_for(question.serial)
        self._say(question)
        return await answer

    def _wait_for(self, serial: int) -> asyncio.Future[Done]:
        answer: asyncio.Future[Done] = asyncio.get_running_loop().create_future()
        self._waiting[serial] = answer
        return answer

    def _say(self, question: Question) -> None:
        if self.over:
            raise StoreError("the process that decides has ended")
        self._transport.write(frame(question))

    async def close(self) -> None:
        if not self.over:
            self._transport.close()
        try:
            async with asyncio.timeout(END_SECONDS):
                await self._process.wait()
        except TimeoutError:
            with contextlib.suppress(ProcessLookupError):
                self._process.kill()
            await self._process.wait()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport  # type: ignore[assignment]

    def data_received(self, data: bytes) -> None:
        for message in self._coming.feed(data):
            self._hear(frames.ANSWERS.decode(message))

    def _hear(self, answer: Answer) -> None:
        waiting = self._waiting.pop(answer.serial, None)
        if waiting is None or waiting.done():
            return  # who asked has gone
        if isinstance(answer, Done):
            waiting.set_result(answer)
        elif answer.kind:
            waiting.set_exception(frames.ERRORS[answer.kind](answer.why))
        else:
            waiting.set_exception(JudgingFailed(answer.why))

    def connection_lost(self, error: Exception | None) -> None:
        self.over = True
        waiting, self._waiting = self._waiting, {}
        for answer in waiting.values():
            if not answer.done():
                answer.set_exception(StoreError("the process that decides has ended"))
