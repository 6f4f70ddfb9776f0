"""What a site dials to get an outside line: the 9 of ``913800138000``, which is no part of the number.

1. Only where it was said (``--prefix 9``). A call record may hold the number with it (the extension that was
   dialled, a trunk that wants it) or without it (``Dial(PJSIP/${EXTEN:1}@trunk)``), and both are read.
2. It is taken off where what is left can be called, is an emergency number, or is a service that the whole is
   not: 95588 stays 95588, and 995588 is the same.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from functools import lru_cache
from typing import Literal

from dialpact.compliance import numbers


class DialPrefixes:
    """``regions``: whose numbers count as such, each as if at home there."""

    def __init__(self, prefixes: Collection[str] = (), regions: Sequence[str] = numbers.REGIONS) -> None:
        self._longest_first = sorted(set(prefixes) - {""}, key=lambda one: (-len(one), one))
        self._regions = tuple(regions)

    def readings(self, number: str) -> list[str]:
        """Without each prefix that it begins with, and last as it is."""
        cut = [number[len(one) :] for one in self._longest_first if number.startswith(one)]
        return [*filter(None, cut), number]

    def bare(self, number: str, area_code: str = "") -> str:
        """The number behind the prefix; as it is where it has none. ``area_code``: the trunk's own."""
        *cut, whole = self.readings(number) if self._longest_first else (number,)
        if not cut:
            return whole
        for region in self._regions:
            for one in (*cut, whole):
                if _kind(one, region, area_code) == "number":
                    return one
        home = self._regions[0]
        return next((one for one in (whole, *cut) if _kind(one, home, area_code) == "service"), whole)


@lru_cache(4096)
def _kind(text: str, region: str, area_code: str) -> Literal["number", "service", ""]:
    found = numbers.parse(text, regions=(region,), area_code=area_code if region == "CN" else "")
    if (found.e164 and not found.problem) or found.problem == "emergency-number":
        return "number"
    return "service" if found.problem == "protected-number" else ""
