"""At dial time: does this attempt continue a sweep?

What the campaign dialled lately is a set of distances from the callee, so the order of the attempts and the
agents who made them are out of the question by construction.

1. A run: ``least`` numbers at equal distances of at most ``step``, the callee among them.
2. A stretch: ``least`` numbers or more, the callee among them, that are ``stretch_share`` per cent of all
   numbers from the first to the last of them.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterable
from datetime import datetime
from typing import NamedTuple

import msgspec

from dialpact.compliance.model import Facts, Nearby, Sweep
from dialpact.compliance.sections import RangeDialling


class LastDialled(NamedTuple):
    """One number close by: its distance from the callee, and when the campaign last dialled it."""

    distance: int
    at: datetime


def found(facts: Facts, section: RangeDialling) -> Sweep | None:
    """In the distances; or as it was found when they were there."""
    if facts.nearby is not None:
        return facts.nearby.sweeps.get(_thresholds(section))
    return sweep(facts.neighbours, section)


def counted(facts: Facts, sections: Iterable[RangeDialling]) -> Facts:
    """Without the distances, which tell other people's numbers: only what each section finds in them."""
    if not facts.neighbours:
        return facts
    known = {_thresholds(section): sweep(facts.neighbours, section) for section in sections}
    sweeps = {thresholds: seen for thresholds, seen in known.items() if seen}
    nearby = Nearby(count=len(facts.neighbours), sweeps=sweeps)
    return msgspec.structs.replace(facts, neighbours=(), nearby=nearby)


def _thresholds(section: RangeDialling) -> str:
    return f"{section.least}/{section.step}/{section.reach}/{section.stretch_share}"


def sweep(neighbours: Iterable[int], section: RangeDialling) -> Sweep | None:
    """``neighbours``: numbers dialled in the window, as distances; those beyond ``reach`` do not count."""
    near = {distance for distance in neighbours if abs(distance) <= section.reach} | {0}
    if len(near) < section.least:
        return None
    return _run(near, section) or _stretch(sorted(near), section)


def _run(near: set[int], section: RangeDialling) -> Sweep | None:
    """The longest; of equally long ones that of the smallest step."""
    best = 0, 0
    for step in range(1, section.step + 1):
        first = last = 0
        while first - step in near:
            first -= step
        while last + step in near:
            last += step
        best = max(best, ((last - first) // step + 1, -step))
    count, step = best[0], -best[1]
    if count < section.least:
        return None
    return Sweep(kind="run", count=count, width=(count - 1) * step + 1, step=step)


def _stretch(near: list[int], section: RangeDialling) -> Sweep | None:
    """The one with the most numbers; of those the narrowest."""
    here = bisect_left(near, 0)
    best: Sweep | None = None
    for first in range(here + 1):
        for last in range(len(near) - 1, max(here, first + section.least - 1) - 1, -1):
            count, width = last - first + 1, near[last] - near[first] + 1
            if best and count < best.count:
                break
            if 100 * count < section.stretch_share * width:
                continue
            if best is None or (count, -width) > (best.count, -best.width):
                best = Sweep(kind="stretch", count=count, width=width)
            break  # a nearer end would only lose numbers
    return best
