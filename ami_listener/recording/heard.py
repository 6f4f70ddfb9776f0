"""What was found out about one recording's sound while it was made; ``recorder.conclude`` writes it down."""

from __future__ import annotations

from collections import deque
from datetime import datetime

from ami_listener.recording.windows import Watch
from dialpact.compliance.soundtrack import Index, Packets, Reason, Silence, Soundtrack

SIDES = ("callee", "agent")
FAST = 1.1  # times real time: more is no clock that is out
SPAN = 4.0  # seconds over which that is looked at
SLACK = 0.3  # and beyond what a burst of late packets may make good


class Stretch:
    """A silence that lasts. ``begin``, ``end``: seconds of the call, the latest and as far as is known."""

    def __init__(self, begin: float) -> None:
        self.begin = self.end = begin
        self.reason: Reason = "unknown"
        self.heard_in, self.heard_from = "", None  # type: tuple[str, float | None]
        self.suspected = False  # packets come, and the file is silent
        self.told = False
        self.rescued = False  # another recorder was asked for,
        self.hopeless = False  # and there is none to be had
        self.asked_at = 0.0  # monotonic

    def silence(self) -> Silence:
        return Silence(
            begin=self.begin,
            end=self.end,
            reason=self.reason,
            heard_in=self.heard_in,
            heard_from=self.heard_from,
        )


class Heard:
    """Of one recording. Seconds are those since ``since`` (the answer)."""

    def __init__(self, watch: Watch, since: datetime, began: datetime, now: datetime) -> None:
        self.watch, self.since = watch, since
        self.index = Index()
        self.late: float | None = None
        self.open: dict[str, Stretch] = {}
        self.silent: dict[str, list[Silence]] = {side: [] for side in SIDES}
        self.unsent: list[tuple[float, float, float]] = []
        self.quiet_since: float | None = None  # nobody sends, as far as was asked
        self.packets: Packets | None = None
        self.distorted = ""
        self._lowest = 0.0  # lag of file behind call
        self._recent: deque[tuple[float, float]] = deque()
        # What the clock of the store says against the one that files are stamped by.
        self._offset = 0.0
        self._began = (began - since).total_seconds()
        self._new = True
        self.set_clock(now, watch.looked_at)

    def set_clock(self, now: datetime, at: float) -> None:
        self._offset = now.timestamp() - at

    def second(self, at: float) -> float:
        """Of the call, for a time by the clock of the files."""
        return at + self._offset - self.since.timestamp()

    def grown(self) -> None:
        """To be called when the mix has grown: another pair for the index."""
        t, f = self.second(self.watch.main.grown_at), self.watch.main.seconds
        if self._new:
            self._new = False
            if f > 2 * self.watch.step:
                self.late = t
            if f:
                self.index.add(min(self._began, t - f), 0.0)
            self._lowest = t - f
        self.index.add(t, f)
        self._recent.append((t, f))
        while len(self._recent) > 2 and self._recent[1][0] <= t - SPAN:
            before = self._recent.popleft()
            self._lowest = min(self._lowest, before[0] - before[1])

    @property
    def runs_away(self) -> bool:
        """Whether the mix grows faster than the call."""
        if len(self._recent) < 2:
            return False
        (t0, f0), (t, f) = self._recent[0], self._recent[-1]
        return t - t0 >= SPAN and f - f0 > FAST * (t - t0) and t - f < self._lowest - SLACK

    def close(self, side: str) -> None:
        """The side sounds again."""
        if (stretch := self.open.pop(side, None)) is not None:
            self.silent[side].append(stretch.silence())

    def sent_again(self, at: float) -> None:
        """Nobody sent from ``quiet_since`` to ``at``."""
        if self.quiet_since is not None:
            self.unsent.append((self.quiet_since, at, at - self.quiet_since))
            self.quiet_since = None

    def untold(self, side: str) -> Stretch | None:
        """A silence while packets came, that lasts and of which nobody could tell yet what it is."""
        stretch = self.open.get(side)
        if stretch is None or stretch.told or not stretch.suspected or stretch.reason != "unknown":
            return None
        return stretch

    def known(self, side: str, begin: float, end: float) -> Silence | None:
        """What was found out about a silence of the file, by the one that covers most of it."""
        found = [*self.silent[side], *([self.open[side].silence()] if side in self.open else [])]
        return max(
            (one for one in found if min(one.end, end) > max(one.begin, begin)),
            key=lambda one: min(one.end, end) - max(one.begin, begin),
            default=None,
        )

    def track(self) -> Soundtrack:
        """As far as it is known before the files are measured."""
        return Soundtrack(
            since="",
            index=self.index.pairs,
            late=self.late,
            unsent=tuple(self.unsent),
            packets=self.packets,
            distorted=self.distorted,
        )
