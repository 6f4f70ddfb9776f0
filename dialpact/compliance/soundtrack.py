"""How a recording fits the time of its call: which second is where in its file, what is silent or missing.

Asterisk writes nothing while neither side sends, so a file is shorter than the talk, and its seconds are not
those of the clock. What is known of that is kept with the recording as JSON (``recording.sound``); everything
that names a place in a file asks :func:`place`.

1. The index is made of what was seen: at ``t`` seconds of the call the file held ``f`` seconds. Between two
   of these the place is a range, as narrow as it can be known: a file does not grow faster than its call.
2. A silence has its reason, or ``unknown`` where nobody looked: it is never guessed.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Literal

import msgspec

from dialpact.compliance.clock import instant
from dialpact.compliance.ledger.record import canonical

MOST_PAIRS = 500  # of an index; canonical JSON of them is below 10 kB
LAG = 0.15  # seconds; what the index may leave out at first
# lost: it was on the line and is not in this file. sent: it is what was sent (a muted telephone). unsent:
# nothing was sent. unknown: nobody looked, or nobody can tell.
Reason = Literal["lost", "sent", "unsent", "unknown"]
Pair = tuple[float, float]


class Silence(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A stretch of a side's file without sound, in seconds of the call."""

    begin: float
    end: float
    reason: Reason
    heard_in: str = ""  # lost: the recording that has it, from ``heard_from`` on
    heard_from: float | None = None

    @property
    def missing(self) -> float:
        """Seconds that are in no recording at all."""
        if self.reason != "lost":
            return 0.0
        until = self.end if self.heard_from is None else min(self.end, max(self.begin, self.heard_from))
        return round(until - self.begin, 2)


class Packets(msgspec.Struct, frozen=True, kw_only=True):
    """Counted by Asterisk between two seconds of the call, where it was asked for them."""

    begin: float
    end: float
    callee: int
    agent: int


class Soundtrack(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """``since``: what seconds are counted from (the answer). ``seconds``: length of mix, callee and agent.

    ``late``: from then on it was looked at; what was before is known from the file alone. ``unsent``: from,
    to, and the seconds in between in which nobody sent, which no file has. ``drawn``: the digest of each
    side's waveform.
    """

    since: str
    index: tuple[Pair, ...] = ()
    seconds: dict[str, float] = {}
    late: float | None = None
    silent: dict[str, tuple[Silence, ...]] = {}
    unsent: tuple[tuple[float, float, float], ...] = ()
    packets: Packets | None = None
    distorted: str = ""
    drawn: dict[str, str] = {}

    def encode(self) -> str:
        """Canonical JSON."""
        return canonical(_rounded(msgspec.to_builtins(self))).decode()

    def second(self, at: datetime) -> float:
        return (at - instant(self.since)).total_seconds()


def _rounded(value: Any) -> Any:
    if isinstance(value, float):
        return round(value, 2)
    if isinstance(value, dict):
        return {key: _rounded(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_rounded(each) for each in value]
    return value


def decode(text: str) -> Soundtrack | None:
    """None for a recording that was not measured, or by another version."""
    try:
        return msgspec.json.decode(text, type=Soundtrack) if text else None
    except msgspec.MsgspecError:
        return None


def place(text: str, at: datetime) -> Pair | None:
    """Between which seconds of the file is what was said at ``at``? None when that is not known."""
    track = decode(text)
    return between(track.index, track.second(at)) if track and track.index else None


def between(index: Sequence[Pair], t: float) -> Pair:
    """The range of places in the file of the call's second ``t``; ``index`` is in order and not empty."""
    after = bisect_right(index, t, key=lambda pair: pair[0])
    if after == 0:
        return index[0][1], index[0][1]
    if after == len(index):
        return index[-1][1], index[-1][1]
    (t0, f0), (t1, f1) = index[after - 1], index[after]
    low, high = max(f0, f1 - (t1 - t)), min(f1, f0 + (t - t0))
    if low > high:  # it grew faster than the call, or by what a clock is out
        low = high = f0 + (f1 - f0) * (t - t0) / (t1 - t0)
    return round(low, 2), round(high, 2)


def moment(index: Sequence[Pair], f: float) -> Pair:
    """Between which seconds of the call was the file's second ``f`` recorded?"""
    after = bisect_right(index, f, key=lambda pair: pair[1])
    if after == 0:
        return index[0][0], index[0][0]
    if after == len(index):
        return index[-1][0], index[-1][0]
    (t0, f0), (t1, f1) = index[after - 1], index[after]
    early, late = t0 + (f - f0), t1 - (f1 - f)
    if early > late:
        early = late = t0 + (t1 - t0) * (f - f0) / (f1 - f0)
    return early, late


class Index:
    """Takes what was seen of a file in its order, and keeps what changes."""

    def __init__(self) -> None:
        self._kept: list[Pair] = []
        self._last: Pair | None = None
        self._tolerance = LAG

    def add(self, t: float, f: float) -> None:
        """At ``t`` seconds of the call the file held ``f`` seconds."""
        newest = self._last or (self._kept[-1] if self._kept else None)
        if newest is not None and (t <= newest[0] or f < newest[1]):
            return
        self._take((t, f))
        if len(self._kept) > MOST_PAIRS:
            self._tolerance *= 2
            kept, self._kept, self._last = self.pairs, [], None
            for pair in kept:
                self._take(pair)

    def _take(self, pair: Pair) -> None:
        if not self._kept:
            self._kept.append(pair)
            return
        if abs(_lag(pair) - _lag(self._kept[-1])) <= self._tolerance:
            self._last = pair
            return
        if self._last is not None:
            self._kept.append(self._last)
            self._last = None
        self._kept.append(pair)

    @property
    def pairs(self) -> tuple[Pair, ...]:
        return (*self._kept, *([self._last] if self._last else []))


def _lag(pair: Pair) -> float:
    return pair[0] - pair[1]
