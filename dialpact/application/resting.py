"""Long work that lets go of the processor at short intervals, so that whoever waits for it is let in.

To be idle (SCHED_IDLE) is not enough: it counts within a group of processes alone, and a service manager, a
session at a terminal, each make a group. Between groups one that has begun keeps its processor for some
milliseconds, of which a call has no more than that.
"""

from __future__ import annotations

import time
from collections.abc import Callable

WORK_SECONDS = 0.0003
REST_SECONDS = 0.0019  # with what a timer takes, seven eighths of the time


class Resting:
    """To be called often, by the thread that works."""

    def __init__(
        self,
        work: float = WORK_SECONDS,
        rest: float = REST_SECONDS,
        clock: Callable[[], float] = time.perf_counter,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._work, self._rest, self._clock, self._sleep = work, rest, clock, sleep
        self._since = clock()

    def __call__(self) -> None:
        """Rests when it is time for that."""
        if self._clock() - self._since >= self._work:
            self._sleep(self._rest)
            self._since = self._clock()


def restless() -> None:
    """For work that somebody waits for."""
