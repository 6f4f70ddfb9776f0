"""A number for a call that must be refused: it matches a route's pattern, and nobody has it.

By our own number rules, in every country there is a plan for: whatever a route does with it, nobody's
telephone can ring. A number that is somebody's, or an emergency's, is never tried.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from dialpact.application.pbx.adapter import Route
from dialpact.compliance import numbers
from dialpact.compliance.dialplan import patterns
from dialpact.compliance.dialplan.plan import Plan
from dialpact.compliance.numbers import Flaw

NOBODYS = frozenset({Flaw.LENGTH, Flaw.LOOK_ALIKE, Flaw.FOREIGN_REGION})
LONG = 22  # digits: with an open pattern, longer than any number that there is
SIGNS = re.compile(r"[0-9*#+]{1,30}")
CONTEXT = re.compile(r"[A-Za-z0-9_.-]{1,79}")


def number_for(route: Route, plan: Plan, regions: Sequence[str], area_code: str = "") -> str:
    """Empty: each number of this route may be somebody's, or another route would take it."""
    for number in _candidates(route.pattern):
        asked = route.prepend + number[route.strip :]
        if (
            all(_nobodys(one, regions, area_code) for one in (number, asked))
            and SIGNS.fullmatch(number)
            and _taken(route, number, plan)
        ):
            return number
    return ""


def only_emergencies(route: Route) -> bool:
    """Whether the route is for these alone."""
    few = patterns.few(route.pattern)
    return bool(few) and all(numbers.is_emergency(route.prepend + one[route.strip :]) for one in few)


def _candidates(pattern: str) -> Iterator[str]:
    """Zeros where they may be, the smallest digit else; then the others, one digit all along."""
    if not patterns.is_pattern(pattern):
        yield pattern
        return
    places = [place for place in patterns.places(pattern) if place not in (".", "!")]
    ends: tuple[str, ...] = ("",)
    if patterns.is_open(pattern):
        ends = tuple(digit * max(1, LONG - len(places)) for digit in "0123456789")
    for digit in "0123456789":
        for first in places[0] if places else ("",):
            body = "".join(digit if digit in place else min(place) for place in places[1:])
            for end in ends:
                yield first + body + end


def _nobodys(number: str, regions: Sequence[str], area_code: str) -> bool:
    if numbers.is_emergency(number, area_code):
        return False
    for home in dict.fromkeys((*regions, *numbers.REGIONS)):
        here = area_code if home == "CN" else ""
        found = numbers.parse(number, regions=[home, *regions], area_code=here)
        if found.problem != "invalid-number" or found.detail not in NOBODYS:
            return False
        if numbers.anybody(number, [home]).e164:
            return False
    return True


def _taken(route: Route, number: str, plan: Plan) -> bool:
    """Whether Asterisk takes this route's extension for the number, and not one that fits it closer."""
    context = plan.contexts.get(route.context)
    if context is None or not CONTEXT.fullmatch(route.context):
        return False
    return all(
        extension.pattern == route.pattern or _closer(route.pattern, extension.pattern)
        for extension in context.extensions.values()
        if patterns.takes(extension.pattern, number)
    )


def _closer(one: str, other: str) -> bool:
    """Whether ``one`` is looked at before ``other``, where both take a number: fewer signs at the first place
    at which they differ, and an open end last.
    """
    if not patterns.is_pattern(one):
        return patterns.is_pattern(other)
    ours, theirs = patterns.places(one), patterns.places(other)
    for a, b in zip(ours, theirs, strict=False):
        if a != b:
            open_a, open_b = a in (".", "!"), b in (".", "!")
            return not open_a and (open_b or len(a) < len(b))
    return len(ours) > len(theirs)
