"""Calls by day, hour, reason, caller ID and holder."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from dialpact.compliance.inspection import carriers
from dialpact.compliance.inspection.figures import (
    MOST,
    CallerUse,
    CallFigures,
    Count,
    Holder,
    NumberFigures,
    ReasonCount,
    ResourceFigures,
    Slot,
)
from dialpact.compliance.inspection.permitted import Permitted
from dialpact.compliance.inspection.question import Question
from dialpact.compliance.inspection.source import Source, Use
from dialpact.compliance.reasons import Reason

KINDS = ("passed", "blocked", "shadow", "undelivered")
ENDING = timedelta(days=30)
SUSPECTS = 5000  # minutes outside the hours that are looked into at a time


def calls(source: Source, question: Question) -> CallFigures:
    """By local day and hour of the first profile's zone, streamed a minute at a time."""
    permitted, zone = Permitted(question.policy), question.policy.profiles[0].zone
    days: dict[date, Counter[str]] = {on: Counter() for on in question.period.days}
    hours: dict[int, Counter[str]] = {hour: Counter() for hour in range(24)}
    exempt, outside = question.beside_trials(permitted.purposes), 0
    suspects: list[datetime] = []
    for minute in source.minutes(exempt):
        local = minute.at.astimezone(zone)
        for kind in KINDS:
            days[local.date()][kind] += getattr(minute, kind)
            hours[local.hour][kind] += getattr(minute, kind)
        if minute.bound and not all(permitted(minute.at, purpose) for purpose in permitted.purposes):
            suspects.append(minute.at)
            if len(suspects) == SUSPECTS:
                outside += _outside(source, permitted, suspects, exempt)
                suspects.clear()
    outside += _outside(source, permitted, suspects, exempt)
    totals = sum(days.values(), Counter())
    return CallFigures(
        decisions=totals.total(),
        **{kind: totals[kind] for kind in KINDS},
        reasons=_reasons(source),
        days=tuple(_slot(on.isoformat(), found, permitted.day(on)) for on, found in days.items()),
        hours=tuple(_slot(f"{hour:02}", found, permitted.hour(hour)) for hour, found in hours.items()),
        windows=permitted.windows(),
        outside_hours=outside if permitted.purposes else None,
    )


def _slot(at: str, found: Counter[str], permitted: bool) -> Slot:
    return Slot(at=at, **{kind: found[kind] for kind in KINDS}, permitted=permitted)


def _outside(source: Source, permitted: Permitted, minutes: list[datetime], exempt: list[str]) -> int:
    """Of the calls in these minutes those of a purpose that may not be called for then."""
    if not minutes:
        return 0
    found = source.purposes_in(minutes, exempt)
    return sum(one.calls for one in found if not permitted(one.at, one.purpose))


def _reasons(source: Source) -> tuple[ReasonCount, ...]:
    first: Counter[str] = Counter()
    among: Counter[str] = Counter()
    for row in source.reasons():
        first.update({row.reasons[0]: row.calls} if row.reasons else {})
        among.update(dict.fromkeys(row.reasons, row.calls))
    return tuple(
        ReasonCount(code=code, first=first[code], any=count)
        for code, count in sorted(among.items(), key=lambda item: (-item[1], item[0]))
    )


def versions_then(source: Source) -> tuple[str, ...]:
    """The profiles of the period's first and last decision: whether they are still those of today."""
    found = [
        f"{version.profile} {version.version} {version.sha256}"
        for decision in source.ends()
        for version in decision.policy
    ]
    return tuple(dict.fromkeys(found))


def numbers(
    source: Source,
    question: Question,
    reasons: Iterable[ReasonCount],
    incidents: Iterable[Count],
) -> NumberFigures:
    register, today = source.caller_ids(), question.today
    valid = [
        one for one in register if one.valid_from <= today and (one.valid_to is None or today <= one.valid_to)
    ]
    soon = today + ENDING
    used = unregistered = unauthenticated = unlisted = 0
    uses: list[CallerUse] = []
    shown: dict[str, int] = {}
    for use in source.uses():
        used += 1
        if use.put_through:
            shown[use.number] = use.put_through
        unregistered += use.put_through * (not use.registered)
        unauthenticated += use.put_through * (use.registered and not use.authenticated)
        if question.listed is not None and use.number not in question.listed:
            unlisted += use.put_through
        if len(uses) < MOST:
            uses.append(_use(use, question))
    return NumberFigures(
        registered=len(register),
        valid=len(valid),
        unlicensed=sum(not one.licence.strip() for one in register),
        unauthenticated=sum(not one.authenticated for one in valid),
        expired=sum(one.valid_to is not None and one.valid_to < today for one in register),
        ending=sum(one.valid_to is not None and one.valid_to < soon for one in valid),
        used=used,
        used_unregistered=unregistered,
        used_unauthenticated=unauthenticated,
        used_unlisted=None if question.listed is None else unlisted,
        blocks=tuple(
            Count(key=found.code, count=found.any)
            for found in reasons
            if found.code.startswith("caller-id-") and found.code != Reason.CALLER_ID_SUBLET
        ),
        busy=sum(found.count for found in incidents if found.key == "busy-caller-id"),
        uses=tuple(uses),
        carrier_list=carriers.compared(source, question, shown),
    )


def _use(use: Use, question: Question) -> CallerUse:
    facts = use._asdict() | {"number": question.caller_id(use.number)}
    listed = use.number in question.listed if question.listed is not None else None
    return CallerUse(**facts, listed=listed)


def resources(source: Source, question: Question, reasons: Iterable[ReasonCount]) -> ResourceFigures:
    put_through: Counter[str] = Counter()
    for row in source.put_through():
        put_through[row.business] += row.calls
    held = Counter(one.business for one in source.caller_ids())
    run = Counter(one.business for one in source.campaigns())
    return ResourceFigures(
        sublet_blocks=sum(found.any for found in reasons if found.code == Reason.CALLER_ID_SUBLET),
        by_others=source.by_others(question.holders),
        free_trunks=tuple(sorted(name for name, of in question.holders.items() if not of)),
        holders=tuple(
            Holder(
                business=one.id,
                name=one.name,
                actor=one.actor,
                caller_ids=held[one.id],
                trunks=tuple(sorted(name for name, of in question.holders.items() if of == one.id)),
                campaigns=run[one.id],
                put_through=put_through[one.id],
            )
            for one in source.businesses()
        ),
    )
