"""How often one may ask: so many in a minute, by key; and without a valid key, by address.

Said in the fields of draft-ietf-httpapi-ratelimit-headers-11: ``RateLimit-Policy`` has the quota (``q``) and
its window (``w``), ``RateLimit`` what is left of it (``r``) and the seconds until it is whole again (``t``).
"""

from __future__ import annotations

import math
from collections import OrderedDict
from collections.abc import Mapping
from typing import NamedTuple

WINDOW = 60  # seconds
MOST_FAILURES = 60  # in a window, of one address
MOST_NAMES = 10_000  # whose windows are known at a time


class Taken(NamedTuple):
    """``left``: requests of this window; ``seconds``: until the next. Not ``allowed``: one too many."""

    allowed: bool
    left: int
    seconds: int


class Quota:
    """So many of each name in a window, which begins with its first request."""

    def __init__(self, name: str, most: int, window: int = WINDOW) -> None:
        self.name, self.most, self._window = name, most, window
        self._begun: OrderedDict[str, tuple[float, int]] = OrderedDict()

    def take(self, whose: str, now: float) -> Taken:
        """``now``: of a clock that only goes on, in seconds."""
        begun, count = self._begun.pop(whose, (now, 0))
        if now - begun >= self._window:
            begun, count = now, 0
        count = min(count + 1, self.most + 1)
        self._begun[whose] = begun, count
        if len(self._begun) > MOST_NAMES:
            self._begun.popitem(last=False)
        seconds = max(1, math.ceil(begun + self._window - now))
        return Taken(count <= self.most, max(0, self.most - count), seconds)

    def fields(self, taken: Taken) -> Mapping[str, str]:
        fields = {
            "RateLimit-Policy": f'"{self.name}";q={self.most};w={self._window}',
            "RateLimit": f'"{self.name}";r={taken.left};t={taken.seconds}',
        }
        return fields if taken.allowed else fields | {"Retry-After": str(taken.seconds)}
