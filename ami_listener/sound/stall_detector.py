"""Does the recording of a call still grow? It is stalled when it does not, though packets come.

Nobody sends: a fact, and no file grows. Packets come for longer than a step of the disk, and still nothing
grows: it is stalled. A channel whose packets nobody counts is stalled after the same time without growth.
"""

from __future__ import annotations

import time

from ami_listener.recording.heard import SIDES, Heard
from ami_listener.sound.question import Question
from ami_listener.timings import SoundTimings


class StallDetector:
    """Of one call. A stall is told once: a new file does not help."""

    def __init__(self, timings: SoundTimings) -> None:
        self._timings = timings
        self._told = False

    def look(self, heard: Heard, question: Question, idle: float) -> bool:
        """True when it is found to be stalled. ``idle``: seconds without growth, 0 while that is usual.

        Writes into ``heard`` since when nobody sends.
        """
        now = heard.second(heard.watch.looked_at)
        if not idle:
            if heard.quiet_since is not None:
                # The newest step holds what was sent since, and what was left of the time before.
                heard.sent_again(
                    max(heard.quiet_since, heard.second(heard.watch.main.grown_at) - heard.watch.step)
                )
            return False
        comes = [question.arrives(side) for side in SIDES]
        if comes == [False, False]:
            begin = now - idle
            heard.quiet_since = begin if heard.quiet_since is None else heard.quiet_since
            return False
        if True in comes and heard.quiet_since is not None:
            heard.sent_again(now)
        since = [at for at in question.since.values() if at is not None]
        long = bool(since) and time.monotonic() - min(since) >= heard.watch.step + 1.5
        if (long or not question.countable) and idle >= self._timings.stalled and not self._told:
            self._told = True
            return True
        return False
