"""Whose time counts, and when all of these clocks permit.

A zone's clock is not a plain count: an hour may come twice or not at all. So an opening is looked for among
the instants at which a clock can come to permit: at a bound, both times if that comes twice, or where it
jumps.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache

from dialpact.compliance.policy.case import Case
from dialpact.compliance.sections.time import Basis
from dialpact.compliance.zones import ZoneInfo, zone

# What a rule says of a local time; None: nobody can know.
Open = Callable[[datetime], bool | None]
# Local times of day, in seconds, at which it may begin to permit on that day, or cease to.
Bounds = Callable[[date], Iterable[int]]


@dataclass(frozen=True, slots=True)
class Ticks:
    """Clocks, and when what a rule says of them may change."""

    clocks: tuple[datetime, ...]
    bounds: Bounds

    def on(self, day: date) -> set[datetime]:
        """Instants (UTC) of this day, which is a local one on each clock."""
        return {turn for local in self.clocks for turn in _turns(day, local, self.bounds(day))}


def clocks(case: Case, basis: Basis) -> tuple[datetime, ...]:
    """Now, on every clock that counts; empty when the zone of the number is not known."""
    if basis == "fixed":
        return (case.local,)
    places = _places(case.attempt.callee.zones)
    theirs = tuple([case.local.astimezone(place) for place in places])
    return (case.local, *theirs) if basis == "both" and theirs else theirs


@lru_cache(1024)  # an area has one of a few hundred
def _places(names: tuple[str, ...]) -> tuple[ZoneInfo, ...]:
    """Empty when one of them is not known."""
    known = tuple(place for name in names if (place := zone(name)) is not None)
    return known if len(known) == len(names) else ()


def opening(clocks: Sequence[datetime], permits: Open, bounds: Bounds, days: int) -> datetime | None:
    """The first instant from now on (UTC) at which every clock permits.

    None when one of them does not within ``days`` days, when they never meet in that time, or when the search
    comes to a day of which nobody can know.
    """
    instant = now = clocks[0].astimezone(UTC)
    while instant <= now + timedelta(days=days):
        # Nothing before the latest of them can do: that clock is closed until then.
        latest = instant
        for clock in clocks:
            found = _opening(instant.astimezone(clock.tzinfo), permits, bounds, days)
            if found is None:
                return None
            latest = max(latest, found)
        if latest == instant:
            return instant
        instant = latest
    return None


def _opening(local: datetime, permits: Open, bounds: Bounds, days: int) -> datetime | None:
    now = local.astimezone(UTC)
    if permits(local):
        return now
    for ahead in range(days):
        day = local.date() + timedelta(days=ahead)
        for instant in sorted(_turns(day, local, bounds(day))):
            if instant <= now:
                continue
            answer = permits(instant.astimezone(local.tzinfo))
            if answer:
                return instant
            if answer is None:
                return None
    return None


def _turns(day: date, local: datetime, bounds: Iterable[int]) -> set[datetime]:
    """The instants of this day at which the zone's clock shows one of ``bounds``, or jumps."""
    midnight = datetime.combine(day, time(tzinfo=local.tzinfo))
    start, after = midnight.astimezone(UTC), (midnight + timedelta(days=1)).astimezone(UTC)
    offset = midnight.utcoffset()
    if after.astimezone(local.tzinfo).utcoffset() == offset:
        return {start + timedelta(seconds=seconds) for seconds in bounds}
    turns = set()
    for seconds in bounds:
        clock = midnight + timedelta(
            seconds=seconds
        )  # of the wall, where the end of a day is the next one's 0
        turns |= {clock.replace(fold=fold).astimezone(UTC) for fold in (0, 1)}
    before = start
    while after - before > timedelta(seconds=1):
        middle = before + (after - before) // 2
        if middle.astimezone(local.tzinfo).utcoffset() == offset:
            before = middle
        else:
            after = middle
    return turns | {after.replace(microsecond=0)}
