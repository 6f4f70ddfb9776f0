"""The hours of a year in which the rules in force permit calls."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass, field
from functools import lru_cache

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance import permitted_hours, zones
from dialpact.compliance.model import PURPOSES, PolicyVersion, Purpose, Value
from dialpact.compliance.permitted_hours import Exceptional, Kind, Month, PermittedDay
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.cell import choice
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.sections.time import Timed

BACK, AHEAD = 10, 2  # years that can be asked for, from this one
KEPT = 32  # answers: each is asked for again and again, and takes a fifth of a second


class CallingYear(Value, frozen=True, kw_only=True):
    """``zones``: of which callees it can be asked; one, where every rule has the profile's own clock.
    ``earlier``, ``later``: the years before and behind it that can be asked for; 0: none.
    """

    year: int
    purpose: Purpose
    zone: str
    zones: tuple[str, ...]
    earlier: int
    later: int
    months: tuple[Month, ...]
    kinds: tuple[Kind, ...]
    exceptions: tuple[Exceptional, ...]
    open_days: int
    seconds: int
    most: int  # seconds of a day


@dataclass(frozen=True)
class _Question:
    versions: tuple[PolicyVersion, ...]
    calendar: str
    purpose: Purpose
    year: int
    zone: str
    policy: Policy = field(compare=False)


async def of(
    context: Context, policy: Policy, *, purpose: str = "", year: int = 0, zone: str = ""
) -> CallingYear:
    """Of marketing, this year, and the first profile's clock, unless it is asked for another. Fault."""
    context.actor.need(Right.CHECK)
    wanted = choice(purpose, "purpose", PURPOSES) if purpose else PURPOSES[0]
    home = policy.profiles[0].zone
    this = context.now().astimezone(home).year
    year = year or this
    if not this - BACK <= year <= this + AHEAD:
        raise Fault("year-out", value=str(year), first=str(this - BACK), last=str(this + AHEAD))
    known = _zones(policy)
    zone = zone or known[0]
    if zone not in known:
        raise Fault("unknown-value", column="zone", value=shown(zone), known=", ".join(known))
    question = _Question(policy.versions, policy.calendar_version, wanted, year, zone, policy)
    days = await asyncio.to_thread(_answer, question)
    return CallingYear(
        year=year,
        purpose=wanted,
        zone=zone,
        zones=known,
        earlier=year - 1 if year > this - BACK else 0,
        later=year + 1 if year < this + AHEAD else 0,
        months=permitted_hours.months(days),
        kinds=permitted_hours.kinds(days),
        exceptions=permitted_hours.exceptions(days),
        open_days=sum(1 for day in days if day.spans),
        seconds=sum(day.seconds for day in days),
        most=max(day.seconds for day in days),
    )


@lru_cache(KEPT)
def _answer(question: _Question) -> tuple[PermittedDay, ...]:
    place = zones.zone(question.zone)
    assert place is not None  # one of _zones
    return permitted_hours.of_year(question.policy, question.purpose, question.year, place)


def _zones(policy: Policy) -> tuple[str, ...]:
    """The profiles' own; where the callee's time counts, all of the countries that are called."""
    own = [profile.timezone for profile in policy.profiles]
    timed = (section for sections in policy.sections for section in sections.values())
    if any(isinstance(section, Timed) and section.basis != "fixed" for section in timed):
        theirs = [name for region in policy.regions for name in zones.of_region(region)]
        own = [name for name in own if name in theirs] + theirs or own
    return tuple(dict.fromkeys(own))
