"""Stores in a gate's hands that are slow, fail or are counted: the port's, each before a real one."""

from __future__ import annotations

import asyncio
import math
import sqlite3
import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple, TypeVar

from dialpact.compliance.clock import Clock
from dialpact.compliance.errors import StoreError
from dialpact.compliance.model import Decision, OptOut
from dialpact.store import ports
from dialpact.store.ports.decisions import Decided, Judging, Undelivered, WaitingAttempt
from dialpact.store.sqlite import Store

T = TypeVar("T")
DISK_FULL = StoreError("disk full")


class Batch(NamedTuple):
    """What one transaction was asked to decide."""

    waiting: int
    overdue: int
    judge: Judging


class Decisions:
    """``failures`` are raised instead, one a call, as long as there are any; so are those of the marks.

    ``in_time``: the real store's last look at the clock comes ahead of the deadline, on a busy machine, too.
    """

    def __init__(self, real: ports.Decisions, in_time: bool) -> None:
        self._real, self._in_time = real, in_time
        self.batches: list[Batch] = []
        self.failures: Iterator[Exception] = iter(())
        self.asked = asyncio.Event()
        self.go = asyncio.Event()
        """Cleared: whoever asks waits, ahead of the real store and of the failures."""
        self.go.set()
        self.tried: list[Sequence[Undelivered]] = []
        self.marked: list[Sequence[Undelivered]] = []
        self.mark_failures: Iterator[Exception] = iter(())

    async def decide(
        self, batch: Sequence[WaitingAttempt], judge: Judging, clock: Clock, overdue: Sequence[Decision] = ()
    ) -> Sequence[Decided]:
        self.batches.append(Batch(len(batch), len(overdue), judge))
        self.asked.set()
        await self.go.wait()
        for failure in self.failures:
            raise failure
        if self._in_time:
            batch = [one._replace(deadline=math.inf) for one in batch]
        return await self._real.decide(batch, judge, clock, overdue)

    async def undelivered(self, marks: Sequence[Undelivered]) -> None:
        self.tried.append(marks)
        for failure in self.mark_failures:
            raise failure
        await self._real.undelivered(marks)
        self.marked.append(marks)


class OptOuts:
    """Of those in a call ``failures`` are raised instead, and ``late_failures`` when they are on disk."""

    def __init__(self, real: ports.OptOuts) -> None:
        self._real = real
        self.failures: Iterator[Exception] = iter(())
        self.late_failures: Iterator[Exception] = iter(())
        self.from_line = real.from_line

    async def from_call(self, decision: str, **said: Any) -> OptOut | None:
        for failure in self.failures:
            raise failure
        found = await self._real.from_call(decision, **said)
        for failure in self.late_failures:
            raise failure
        return found


class Watched:
    """The port of a real store, with the decisions and the opt-outs above."""

    def __init__(self, real: ports.Store, *, in_time: bool = False) -> None:
        self._real = real
        self.decisions = Decisions(real.decisions, in_time)
        self.opt_outs = OptOuts(real.opt_outs)

    def __getattr__(self, noun: str) -> Any:
        return getattr(self._real, noun)


class Held(Store):
    """A real one whose transactions wait on its thread, ahead of the commit, from the first until released.

    ``failures``: how many fail when they are released, and leave nothing behind.
    """

    failures = 0

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.reached, self._go = threading.Event(), threading.Event()

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        def held(connection: sqlite3.Connection) -> T:
            done = work(connection)
            self.reached.set()
            assert self._go.wait(5)
            if self.failures:
                self.failures -= 1
                raise DISK_FULL
            return done

        return await super().transact(held)

    def release(self) -> None:
        self._go.set()


class Flushed(Store):
    """A real one whose transactions are committed, and wait for the disk until ``go``."""

    def __init__(self, *given: Any, **named: Any) -> None:
        super().__init__(*given, **named)
        self.committed, self.go = asyncio.Event(), asyncio.Event()

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        done = await super().transact(work)
        self.committed.set()
        await self.go.wait()
        return done


class Unsure(Store):
    """A real one. Its commit happens, and it says that it failed, once."""

    failing = True

    @property
    def decisions(self) -> Any:
        return self

    async def decide(
        self, batch: Sequence[WaitingAttempt], judge: Judging, clock: Clock, overdue: Sequence[Decision] = ()
    ) -> Sequence[Decided]:
        done = await Store.decisions.__get__(self).decide(batch, judge, clock, overdue)
        if self.failing:
            self.failing = False
            raise StoreError("ended")
        return done

    async def undelivered(self, marks: Sequence[Undelivered]) -> None:
        await Store.decisions.__get__(self).undelivered(marks)
