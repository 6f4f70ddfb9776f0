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
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from itertools import chain, count
from typing import NamedTuple

from msgspec import structs

from dialpact.compliance.model import CallAttempt, Callee, Facts, Finding
from dialpact.compliance.policy import days
from dialpact.compliance.policy.case import Case, Findings, day_begins, timeless
from dialpact.compliance.policy.engine import RULES, TICKS, TURNS, Turns
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


class Looked(NamedTuple):
    """A rule of one profile."""

    place: int
    name: str
    clause: str
    section: Section
    turns: Turns | None


class Asked(NamedTuple):
    """To be asked again at an instant, of the facts as they are."""

    case: Case
    rule: Looked

    def codes(self, at: datetime) -> Codes:
        case, section = self.case, self.rule.section
        local = at.astimezone(case.profile.zone)
        if local.date() < section.effective_from:
            return NOTHING
        then = Case(case.attempt, case.facts, case.calendar, case.profile, local, case.recorder_required)
        return _codes(RULES[self.rule.name](then, section))


class Ticking(NamedTuple):
    """What a clock makes a rule say from an instant on, and what comes then."""

    rule: Looked
    codes: Codes
    rest: Iterator[tuple[datetime, Codes]]


class Ahead:
    """What may change, the nearest first; ``end``: nobody looks behind it."""

    def __init__(self, now: datetime) -> None:
        self._now = now
        self._heap: list[tuple[datetime, int, Asked | Ticking | Looked]] = []
        self._serial = count()
        self.end: datetime | None = None

    def ends(self, at: datetime) -> None:
        self.end = at if self.end is None else min(self.end, at)

    def ask(self, instants: Iterable[datetime], case: Case, rule: Looked) -> None:
        for at in instants:
            if at > LAST:
                self.ends(LAST)
            elif at > self._now:
                self.add(at, Asked(case, rule))

    def tick(self, rule: Looked, changes: Iterator[tuple[datetime, Codes]]) -> None:
        for at, codes in changes:
            self.add(at, Ticking(rule, codes, changes))
            return

    def add(self, at: datetime, what: Asked | Ticking | Looked) -> None:
        heapq.heappush(self._heap, (at, next(self._serial), what))

    def changes(self, said: dict[str, Codes]) -> Iterator[datetime]:
        """Each instant in turn, once ``said`` is what the rules say then."""
        while self._heap:
            at = self._heap[0][0]
            while self._heap and self._heap[0][0] == at:
                _, _, what = heapq.heappop(self._heap)
                if isinstance(what, Looked):
                    said[what.clause] = NOTHING
                elif isinstance(what, Asked):
                    said[what.rule.clause] = what.codes(at)
                else:
                    said[what.rule.clause] = what.codes
                    self.tick(what.rule, what.rest)
            yield at


class Holding:
    """Of one policy. What clocks say is kept: it is the same for all numbers that ring in the same zones."""

    def __init__(self, policy: Policy) -> None:
        self._policy = policy
        self._window = max(
            (profile.range_dialling.window for profile in policy.profiles if profile.range_dialling),
            default=timedelta(0),
        )
        self._on = lru_cache(KEPT_DAYS)(self._of_day)
        self._rules = tuple(
            tuple(
                Looked(place, name, f"{profile.id} {name}", section, TURNS[name])
                for name, section in policy.sections[place].items()
                if name in RULES and name not in policy.set_aside
            )
            for place, profile in enumerate(policy.profiles)
        )

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
        if now > LAST - HORIZON:
            return now
        said = _by_clause(findings)
        answer = _union(said)
        ahead = Ahead(now)
        for profile, rules in zip(self._policy.profiles, self._rules, strict=True):
            local = now.astimezone(profile.zone)
            case = Case(attempt, facts, self._policy.calendar, profile, local, facts.recorder is not None)
            purpose, today = case.purpose, local.date()
            for rule in rules:
                section = rule.section
                if not section.binds(purpose):
                    continue
                begins = now
                if today < section.effective_from:
                    begins = day_begins(section.effective_from, profile)
                    ahead.ask((begins,), case, rule)
                if (ticks := TICKS.get(rule.name)) is not None:
                    if ticks(case, section) is not None:
                        ahead.tick(rule, self._ticking(attempt.callee, rule, begins))
                        ahead.ends(begins + HORIZON)
                elif rule.turns is None:
                    return now
                elif rule.name == RANGES and said.get(rule.clause):
                    if dialled is None:
                        return now
                    for at in self._passes(case, section, dialled, now):
                        ahead.add(at, rule)
                elif rule.turns is not timeless:
                    ahead.ask(rule.turns(case, section), case, rule)
        if not self._policy.effective(now):  # then nothing is allowed, whatever the rules say
            ahead.ends(self._first_day())
        for at in ahead.changes(said):
            if ahead.end is not None and at > ahead.end:
                break
            if _union(said) != answer:
                return at.astimezone(UTC)
        return ahead.end

    def _first_day(self) -> datetime:
        """When the first rule of all takes effect."""
        return min(
            day_begins(section.effective_from, profile)
            for profile, sections in zip(self._policy.profiles, self._policy.sections, strict=True)
            for section in sections.values()
        )

    def _ticking(self, callee: Callee, rule: Looked, begins: datetime) -> Iterator[tuple[datetime, Codes]]:
        """From ``begins`` on, for as long as clocks are followed."""
        day, last = begins.astimezone(UTC).date(), (begins + HORIZON).astimezone(UTC).date()
        while day <= last:
            for change in self._on(rule.place, rule.name, bool(callee.e164), callee.zones, day):
                if change[0] > begins:
                    yield change
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

    def _passes(
        self, case: Case, section: Section, dialled: Sequence[LastDialled], now: datetime
    ) -> Sequence[datetime]:
        """When the sweep is none any more. Numbers leave the window one after the other, and what is no sweep
        without one of them does not become one by the loss of another: so it is looked for by halves.
        """
        leaves = sorted({one.at + self._window for one in dialled if one.at + self._window > now})

        def passes(at: datetime) -> bool:
            near = tuple(sorted({one.distance for one in dialled if one.at + self._window > at}))
            facts = structs.replace(case.facts, neighbours=near, nearby=None)
            then = Case(case.attempt, facts, case.calendar, case.profile, case.local, case.recorder_required)
            return not _codes(RULES[RANGES](then, section))

        place = bisect_left(leaves, True, key=passes)
        return leaves[place : place + 1]


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
