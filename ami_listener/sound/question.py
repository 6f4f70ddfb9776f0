"""Do packets of a side arrive? What was asked of one leg while something is odd, and what was answered."""

from __future__ import annotations

import asyncio
import time

from ami_listener.ami.pbx import PacketCounts
from ami_listener.recording.heard import SIDES
from ami_listener.timings import SoundTimings


class Question:
    """The packets of one leg, as they were asked for; ``since``: from when on they arrive without a pause."""

    def __init__(self, timings: SoundTimings) -> None:
        self._timings = timings
        self.task: asyncio.Task[None] | None = None
        self.last: PacketCounts | None = None
        self.first: tuple[float, PacketCounts] | None = None
        self.at = 0.0  # monotonic, of the last answer
        self.next = 0.0
        self.known = False  # two answers, so that there is a difference
        self.countable = True  # the channel's technology counts packets
        self.since: dict[str, float | None] = dict.fromkeys(SIDES)
        self.missing: dict[str, bool] = dict.fromkeys(SIDES, False)
        self.resumed: dict[str, float] = dict.fromkeys(SIDES, 0.0)  # when they came after they had not

    def forget(self) -> None:
        """Nothing is odd any more: what was known is too old by the next time."""
        self.known, self.last, self.next, self.first = False, None, 0.0, None
        self.since, self.missing = dict.fromkeys(SIDES), dict.fromkeys(SIDES, False)
        self.resumed = dict.fromkeys(SIDES, 0.0)

    def take(self, packets: PacketCounts | None, at: float) -> None:
        """An answer, of ``at`` (monotonic); None from a technology that does not count packets."""
        if packets is None:
            self.countable, self.known, self.next = False, True, at + self._timings.ask_seldom
            return
        before, seconds = self.last, at - self.at
        self.last, self.at = packets, at
        self.first = self.first or (at, packets)
        self.next = at + self._timings.ask_again
        if before is None:
            return
        for side, came in (("callee", packets.received_since(before)), ("agent", packets.sent - before.sent)):
            arrives = came >= self._timings.speech * seconds
            since = self.since[side]
            self.since[side] = (since if since is not None else at - seconds) if arrives else None
            if arrives and self.missing[side]:
                self.resumed[side] = at
            self.missing[side] = not arrives
        self.known = True
        if not self.arrives("callee") and not self.arrives("agent"):
            self.next = at + self._timings.ask_seldom

    def rest(self) -> None:
        """A silence that is explained lasts: there is no hurry to ask again."""
        self.next = time.monotonic() + self._timings.ask_rarely

    def arrives(self, side: str) -> bool | None:
        """Whether packets of the side come; None while that is not known."""
        if not self.known or not self.countable:
            return None
        return self.since[side] is not None
