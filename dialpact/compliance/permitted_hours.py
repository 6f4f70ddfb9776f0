"""When calls may be made, a day of a year at a time: as the gate's own rules for hours and days say it.

1. The rules are asked at each instant at which they may come to say something else, and at no other: between
   two of these nothing changes. So the guard before a window closes is in it, as in the gate.
2. It is of one purpose, and of callees in one time zone, whose days these are.
3. What else may block a call (opt-outs, consents, caps ...) is not in it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from datetime import UTC, date, datetime, time, timedelta
from itertools import groupby
from typing import NamedTuple

from dialpact.compliance.model import CallAttempt, Callee, Facts, Finding, Purpose, Value
from dialpact.compliance.policy.case import Case, Findings, day_begins
from dialpact.compliance.policy.engine import RULES, TICKS
from dialpact.compliance.profile import Policy, Profile
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import Section
from dialpact.compliance.zones import ZoneInfo

ONE_DAY = timedelta(days=1)
WHOLE_DAY = 86_400
UNKNOWN = (Reason.CALENDAR_MISSING, Reason.CALENDAR_PROVISIONAL)  # nobody can say yet


class PermittedDay(Value, frozen=True, kw_only=True):
    """``spans``: first and last second behind, by the wall's clock, since midnight; ``seconds``: of all of
    them. ``why``: of a day without any, what the rules say, each once.
    """

    day: date
    spans: tuple[tuple[int, int], ...] = ()
    seconds: int = 0
    why: tuple[Finding, ...] = ()

    @property
    def is_unknown(self) -> bool:
        """Closed as nobody can say yet what day it is."""
        return any(finding.code in UNKNOWN for finding in self.why)

    @property
    def kind(self) -> tuple[object, ...]:
        """Days of one kind have the same hours, or are closed for the same reason."""
        return self.spans, tuple((one.clause, one.detail.get("key", "")) for one in self.why)


class Kind(NamedTuple):
    """Of days: how often it comes, and one of them."""

    times: int
    one: PermittedDay


class Exceptional(NamedTuple):
    """A day, and one that is as this day of the week mostly is."""

    day: PermittedDay
    usual: PermittedDay


class Month(NamedTuple):
    """``days``: all of it; of these so many have hours, of so many ``seconds`` together."""

    days: tuple[PermittedDay, ...]
    open: int
    seconds: int


class _Timed(NamedTuple):
    name: str
    profile: Profile
    section: Section


def of_year(policy: Policy, purpose: Purpose, year: int, zone: ZoneInfo) -> tuple[PermittedDay, ...]:
    """Every day of it, for callees in ``zone``."""
    timed = [
        _Timed(name, profile, section)
        for profile, sections in zip(policy.profiles, policy.sections, strict=True)
        for name, section in sections.items()
        if name in TICKS and section.binds(purpose)
    ]
    callee = Callee(given="", e164="+0", zones=(zone.key,))
    attempt = CallAttempt(callee=callee, campaign="", caller_id="")
    return tuple(_of_day(policy, timed, attempt, day, zone) for day in _days(year))


def kinds(days: Sequence[PermittedDay]) -> tuple[Kind, ...]:
    """The most frequent first."""
    counted = Counter(day.kind for day in days)
    return tuple(
        Kind(times, next(day for day in days if day.kind == kind)) for kind, times in counted.most_common()
    )


def months(days: Sequence[PermittedDay]) -> tuple[Month, ...]:
    """In their order."""
    found = []
    for _, group in groupby(days, key=lambda day: day.day.month):
        several = tuple(group)
        open_days = sum(1 for day in several if day.spans)
        found.append(Month(several, open_days, sum(day.seconds for day in several)))
    return tuple(found)


def exceptions(days: Sequence[PermittedDay]) -> tuple[Exceptional, ...]:
    """Those that are not as this day of the week mostly is."""
    usual: dict[int, PermittedDay] = {}
    for weekday in range(7):
        of_week = [day for day in days if day.day.weekday() == weekday]
        if of_week:
            usual[weekday] = kinds(of_week)[0].one
    pairs = (Exceptional(day, usual[day.day.weekday()]) for day in days)
    return tuple(pair for pair in pairs if pair.day.kind != pair.usual.kind)


def _days(year: int) -> Iterator[date]:
    day = date(year, 1, 1)
    while day.year == year:
        yield day
        day += ONE_DAY


def _of_day(
    policy: Policy, timed: Sequence[_Timed], attempt: CallAttempt, day: date, zone: ZoneInfo
) -> PermittedDay:
    start, end = _midnight(day, zone), _midnight(day + ONE_DAY, zone)

    def case(rule: _Timed, at: datetime) -> Case:
        local = at.astimezone(rule.profile.zone)
        return Case(attempt, Facts(), policy.calendar, rule.profile, local, False)

    def said(at: datetime) -> Findings:
        if not policy.effective(at):
            return (_not_effective(policy),)
        return tuple(
            finding
            for rule in timed
            if at.astimezone(rule.profile.zone).date() >= rule.section.effective_from
            for finding in RULES[rule.name](case(rule, at), rule.section)
            if finding.result == "fail"
        )

    instants = {start}
    for rule in timed:
        ticks = TICKS[rule.name](case(rule, start), rule.section)
        for local_day in (day - ONE_DAY, day, day + ONE_DAY) if ticks else ():
            instants |= {at for at in ticks.on(local_day) if start < at < end} if ticks else set()
        begins = day_begins(rule.section.effective_from, rule.profile)
        instants |= {begins} if start < begins < end else set()
    spans: list[tuple[datetime, datetime]] = []
    why: dict[tuple[str, str], Finding] = {}
    ordered = sorted(instants)
    for at, until in zip(ordered, [*ordered[1:], end], strict=True):
        findings = said(at)
        for finding in findings:
            why.setdefault((finding.clause, finding.detail.get("key", "")), finding)
        if not findings and spans and spans[-1][1] == at:
            spans[-1] = (spans[-1][0], until)
        elif not findings:
            spans.append((at, until))
    return PermittedDay(
        day=day,
        spans=tuple((_wall(opens, zone), _wall(closes, zone) or WHOLE_DAY) for opens, closes in spans),
        seconds=sum(int((closes - opens).total_seconds()) for opens, closes in spans),
        why=() if spans else _closing(why.values()),
    )


def _closing(found: Iterable[Finding]) -> tuple[Finding, ...]:
    """What closes the whole day: of the days' rules, where they do; else what the hours' rules say."""
    several = tuple(found)
    return tuple(one for one in several if one.rule != "hours") or several


def _not_effective(policy: Policy) -> Finding:
    first = min(section.effective_from for sections in policy.sections for section in sections.values())
    detail = {"key": "not-effective", "since": first.isoformat()}
    return Finding(rule="gate", result="fail", code=Reason.GATE_ERROR, detail=detail)


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(), zone).astimezone(UTC)


def _wall(at: datetime, zone: ZoneInfo) -> int:
    """Seconds of the wall's clock."""
    local = at.astimezone(zone)
    return local.hour * 3600 + local.minute * 60 + local.second
