"""Until when an answer holds: the first instant at which time alone changes its verdict or its reasons.

Facts are as they were read: what others do meanwhile (calls, opt-outs, acts of an officer, the recorder's
reports) is not time. Each rule names the instants at which it may come to say something else (``turns``, or
``ticks`` of one that looks at a clock), and is asked again at each. A rule that names none may change at any
moment: then nothing is promised.

1. Never later than true. Between two named instants no rule changes what it says.
2. A clock that goes on for ever is followed for :data:`HORIZON`; an answer that has not changed by then holds
   until then at least, and that is what is said.
3. None: no clock goes on, every named instant was looked at, and the answer is the same after each.
"""

from __future__ import annotations

import heapq
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, groupby
from typing import NamedTuple

import msgspec

from dialpact.compliance.model import CallAttempt, Callee, Facts, Finding
from dialpact.compliance.policy import days
from dialpact.compliance.policy.case import Case, Findings, clause, day_begins
from dialpact.compliance.policy.engine import RULES, TICKS, TURNS
from dialpact.compliance.profile import Policy
from dialpact.compliance.ranges import LastDialled
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import Section

HORIZON = timedelta(days=days.HORIZON)
KEPT_DAYS = 4096  # of clocks, each of one rule for numbers that ring in the same zones
Codes = frozenset[Reason]
NOTHING: Codes = frozenset()
ONE_DAY = timedelta(days=1)
LAST = datetime(9999, 1, 1, tzinfo=UTC)  # what lies behind it no clock shows in every zone
RANGES = "range_dialling"


class Change(NamedTuple):
    """What one rule of one profile says from ``at`` on."""

    at: datetime
    clause: str
    codes: Codes


def _at(change: Change) -> datetime:
    return change.at


@dataclass(slots=True)
class _Ahead:
    """What may change; ``end``: nobody looks behind it."""

    named: list[Change] = field(default_factory=list)
    clocks: list[Iterator[Change]] = field(default_factory=list)
    end: datetime | None = None

    def ends(self, at: datetime) -> None:
        self.end = at if self.end is None else min(self.end, at)

    def changes(self) -> Iterator[Change]:
        """In their order."""
        return heapq.merge(sorted(self.named, key=_at), *self.clocks, key=_at)


class Holding:
    """Of one policy. What clocks say is kept: it is the same for all numbers that ring in the same zones."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._window = max(
            (profile.range_dialling.window for profile in policy.profiles if profile.range_dialling),
            default=timedelta(0),
        )
        self._on = lru_cache(KEPT_DAYS)(self._of_day)

    def until(
        self,
        attempt: CallAttempt,
        facts: Facts,
        now: datetime,
        findings: Sequence[Finding],
        dialled: Sequence[LastDialled] | None = None,
    ) -> datetime | None:
        """``findings``: what :func:`~dialpact.compliance.policy.evaluate` said ``now``. ``dialled``: when the
        campaign last dialled each of the numbers close by, asked for only where ``range_dialling`` fails;
        None there: nobody knows, so the answer is promised for no time.

        UTC, and later than ``now`` but where nothing is promised: then ``now`` itself.
        """
        said = _by_clause(findings)
        answer = _union(said)
        ahead = _Ahead()
        for place, profile in enumerate(self._policy.profiles):
            local = now.astimezone(profile.zone)
            case = Case(attempt, facts, self._policy.calendar, profile, local, facts.recorder is not None)
            for name, section in self._policy.sections[place].items():
                if name not in RULES or not section.binds(case.purpose):
                    continue
                if name == RANGES and said.get(clause(name, case)):
                    if dialled is None:
                        return now
                    ahead.named += self._passing(case, section, dialled, now)
                if name not in TICKS and TURNS[name] is None:
                    return now
                self._look(ahead, case, place, name, section, now)
        if not self._policy.effective(now):  # then nothing is allowed, whatever the rules say
            ahead.ends(self._first_day())
        for at, together in groupby(ahead.changes(), key=_at):
            if ahead.end is not None and at > ahead.end:
                break
            said |= {change.clause: change.codes for change in together}
            if _union(said) != answer:
                return at
        return ahead.end

    def _look(
        self, ahead: _Ahead, case: Case, place: int, name: str, section: Section, now: datetime
    ) -> None:
        """What one rule may come to say, from its own day on."""
        begins, instants = now, list[datetime]()
        if case.local.date() < section.effective_from:
            begins = day_begins(section.effective_from, case.profile)
            instants.append(begins)
        if (ticks := TICKS.get(name)) is not None:
            if ticks(case, section) is not None:
                ahead.clocks.append(self._ticking(case, place, name, begins))
                ahead.ends(begins + HORIZON)
        elif (turns := TURNS[name]) is not None:
            instants += turns(case, section)
        if any(at > LAST for at in instants):
            ahead.ends(LAST)
        ahead.named += [_asked(case, name, section, at) for at in set(instants) if now < at <= LAST]

    def _first_day(self) -> datetime:
        """When the first rule of all takes effect."""
        return min(
            day_begins(section.effective_from, profile)
            for profile, sections in zip(self._policy.profiles, self._policy.sections, strict=True)
            for section in sections.values()
        )

    def _ticking(self, case: Case, place: int, name: str, begins: datetime) -> Iterator[Change]:
        """From ``begins`` on, for as long as clocks are followed."""
        callee, where = case.attempt.callee, clause(name, case)
        day = begins.astimezone(UTC).date()
        while datetime.combine(day, time(), UTC) <= begins + HORIZON:
            for at, codes in self._on(place, name, bool(callee.e164), callee.zones, day):
                if at > begins:
                    yield Change(at, where, codes)
            day += ONE_DAY

    def _of_day(
        self, place: int, name: str, has_number: bool, zones: tuple[str, ...], day: date
    ) -> tuple[tuple[datetime, Codes], ...]:
        """What a rule that looks at clocks says on this day of UTC: from each of these instants on."""
        profile, section = self._policy.profiles[place], self._policy.sections[place][name]
        somebody = Callee(given="", e164="+0" if has_number else "", zones=zones)
        attempt, facts = CallAttempt(callee=somebody, campaign="", caller_id=""), Facts()

        def case(instant: datetime) -> Case:
            local = instant.astimezone(profile.zone)
            return Case(attempt, facts, self._policy.calendar, profile, local, False)

        first = datetime.combine(day, time(), UTC)
        ticks = TICKS[name](case(first), section)
        assert ticks is not None  # asked before
        instants = {first}
        for local_day in (day - ONE_DAY, day, day + ONE_DAY):
            instants |= {at for at in ticks.on(local_day) if first < at < first + ONE_DAY}
        found: list[tuple[datetime, Codes]] = []
        for at in sorted(instants):
            now = case(at)
            binds = now.local.date() >= section.effective_from
            codes = _codes(RULES[name](now, section)) if binds else NOTHING
            if not found or found[-1][1] != codes:
                found.append((at, codes))
        return tuple(found)

    def _passing(
        self, case: Case, section: Section, dialled: Sequence[LastDialled], now: datetime
    ) -> list[Change]:
        """Numbers leave the window one after the other, and a sweep that is none without one of them does not
        become one by the loss of another: so when it ends is looked for by halves.
        """
        leaves = sorted({one.at + self._window for one in dialled if one.at + self._window > now})

        def passes(at: datetime) -> bool:
            near = tuple(sorted({one.distance for one in dialled if one.at + self._window > at}))
            facts = msgspec.structs.replace(case.facts, neighbours=near, nearby=None)
            then = Case(case.attempt, facts, case.calendar, case.profile, case.local, case.recorder_required)
            return not _codes(RULES[RANGES](then, section))

        place = bisect_left(leaves, True, key=passes)
        return [Change(at, clause(RANGES, case), NOTHING) for at in leaves[place : place + 1]]


def _asked(case: Case, name: str, section: Section, at: datetime) -> Change:
    """What the rule says at that instant, of the facts as they are."""
    local = at.astimezone(case.profile.zone)
    then = Case(case.attempt, case.facts, case.calendar, case.profile, local, case.recorder_required)
    binds = local.date() >= section.effective_from
    return Change(at, clause(name, case), _codes(RULES[name](then, section)) if binds else NOTHING)


def _by_clause(findings: Iterable[Finding]) -> dict[str, Codes]:
    """Of rules alone: a failure of ours (``gate``) is no rule's word."""
    said: dict[str, Codes] = {}
    for finding in findings:
        if finding.code is not None and finding.rule != "gate":
            said[finding.clause] = said.get(finding.clause, NOTHING) | {finding.code}
    return said


def _codes(findings: Findings) -> Codes:
    return frozenset(finding.code for finding in findings if finding.code is not None)


def _union(said: dict[str, Codes]) -> Codes:
    return frozenset(chain.from_iterable(said.values()))
