"""What the daemons count of themselves, for whoever looks from outside. Nothing here waits, knows or stores.

Counted on the event loop and read by another thread: each number changes in one step, and a scrape that falls
between two of them is off by one call, not wrong for ever. No number of a person, no name: reasons and kinds.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence

# Seconds. The usual answer, a busy disk, and the fixed points: the default deadline, the dialplan's patience.
LATENCY = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5)
BATCH = (1, 2, 5, 10, 20, 50, 100)
MOST_LABELS = 200  # of one counter: a kind that comes from outside must not fill the memory
OTHER = ("other",)


class Histogram:
    """``counts[n]``: observations up to ``bounds[n]``, above the bound before; the last one: beyond all."""

    def __init__(self, bounds: Sequence[float]) -> None:
        self.bounds = tuple(bounds)
        self.counts = [0] * (len(bounds) + 1)
        self.sum = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.sum += value


class Labelled(Counter[tuple[str, ...]]):
    """A counter by labels, with a bound on how many there are."""

    def add(self, *labels: str) -> None:
        self[labels if labels in self or len(self) < MOST_LABELS else OTHER * len(labels)] += 1


class Meters:
    """Of one process. The gate fills the first part, the listener the second."""

    def __init__(self) -> None:
        self.decisions = Labelled()  # verdict and first reason as the PBX was told
        self.latency = Histogram(LATENCY)  # seconds from the whole header to the answer
        self.batches = Histogram(BATCH)  # attempts judged in one transaction
        self.sessions_open = 0
        self.sessions_refused = Labelled()  # why

        self.recordings_running = 0
        self.recordings_ended = Labelled()  # kept, unanswered, failed
        self.incidents = Labelled()  # kind
        self.calls_cut = 0
        self.ami_up = 0
        self.ami_lost = 0
        self.outbox_waiting = 0

        self.beat = 0.0  # monotonic seconds: when the event loop last turned
        self.reloads: Labelled = Labelled()  # taken, refused
        self.reloaded_at = 0.0  # Unix seconds of the configuration in force
        self.reload_bad = 0  # 1: the last one was refused


METERS = Meters()
"""This process's own; a test may fill another."""
