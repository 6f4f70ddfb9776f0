"""What the daemons count while they work, in plain numbers: an addition each, no library, no lock.

One process has one set (:data:`METERS`); its event loop writes. ``dialpact.web.metrics`` shows it. Labels
are words of ours (verdicts, reason codes, kinds), never text that came from outside.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter


class Histogram:
    """Counts observations by upper bounds, the last of which is infinity."""

    def __init__(self, *bounds: float) -> None:
        self.bounds = bounds
        self.counts = [0] * (len(bounds) + 1)
        self.total = 0.0

    def observe(self, value: float) -> None:
        self.counts[bisect_left(self.bounds, value)] += 1
        self.total += value


class Meters:
    """Counters only rise, until the process ends; the others show what is."""

    def __init__(self) -> None:
        self.decisions: Counter[tuple[str, str]] = Counter()  # (verdict, reason); an ALLOW's reason is empty
        # Seconds from a session's header to its end. The deadline is 1.5 by default and 2.5 at most; what the
        # PBX takes to confirm comes on top.
        self.latency = Histogram(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 1.5, 2.5)
        self.batch = Histogram(1, 2, 5, 10, 20, 50, 100)  # decisions in one transaction
        self.connections_open = 0
        self.connections_refused: Counter[str] = Counter()  # no-header | too-many
        self.undelivered = 0
        self.ami_up = False
        self.ami_queue = 0
        self.ami_flawed = 0
        self.legs = 0
        self.recordings: Counter[str] = Counter()  # by the state in which they ended
        self.cut = 0
        self.log_dropped = 0  # lines that had no room
        self.requests: Counter[str] = Counter()  # to `dialpact web`, by the class of what was answered: 2xx
        self.jobs: Counter[str] = Counter()  # of `dialpact web`, by how they ended: done, failed
        self.outbox_waiting = 0  # writes
        self.outbox_since = 0.0  # monotonic, of the oldest of them; 0: there is none
        # Set by whoever reloads: configuration and profiles in force since (Unix time, 0: never), and whether
        # the last attempt succeeded.
        self.reloaded_at = 0.0
        self.reload_ok = True

    def decided(self, verdict: str, reasons: list[str]) -> None:
        for reason in reasons or [""]:
            self.decisions[verdict, reason] += 1


METERS = Meters()
