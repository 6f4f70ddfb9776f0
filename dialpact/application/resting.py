"""Long work that lets go of the processor at short intervals, so that whoever waits for it is let in.

To be idle (SCHED_IDLE) is not enough: it counts within a group of processes alone, and a service manager, a
session at a terminal, each make a group. Between groups one that has begun keeps its processor for some
milliseconds, of which a call has no more than that.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path

WORK_SECONDS = 0.0003
REST_SECONDS = 0.0026  # with what a timer takes, nine tenths of the time
QUIET_SECONDS = 10.0  # after which nobody is there to be let in


class Written:
    """Whether anybody has written to a database of late, by its journal.

    Each call that the gate decides is written before it is answered: whoever works beside no writer works
    beside no call.
    """

    def __init__(self, database: Path, clock: Callable[[], float] = time.monotonic) -> None:
        self._journal, self._clock = database.with_name(f"{database.name}-wal"), clock
        self._known: tuple[int, int] | None = None
        self._at = clock()

    def __call__(self) -> bool:
        """True at first: that nobody writes has to be seen."""
        try:
            found = self._journal.stat()
            state = (found.st_mtime_ns, found.st_size)
        except FileNotFoundError:
            state = (0, 0)
        now = self._clock()
        if state != self._known:
            self._known, self._at = state, now
        return now - self._at < QUIET_SECONDS


def always() -> bool:
    return True


class Resting:
    """To be called often, by the thread that works. ``needed``: whether anybody is there who waits."""

    def __init__(
        self,
        work: float = WORK_SECONDS,
        rest: float = REST_SECONDS,
        needed: Callable[[], bool] = always,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._work, self._rest, self._clock, self._sleep = work, rest, clock, sleep
        self._needed, self._since = needed, clock()

    def __call__(self) -> None:
        """Rests when it is time for that."""
        if self._clock() - self._since >= self._work:
            if self._needed():
                self._sleep(self._rest)
            self._since = self._clock()


def restless() -> None:
    """For work that somebody waits for."""
