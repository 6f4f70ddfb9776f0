"""Calls by day, hour, reason, caller ID and holder."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter
from collections.abc import Iterable
from datetime import UTC, date, datetime, timedelta

import msgspec

from dialpact.compliance.inspection import carriers
from dialpact.compliance.inspection.figures import (
    MOST,
    CallerUse,
    Calls,
    Count,
    Holder,
    Numbers,
    ReasonCount,
    Resources,
    Slot,
)
from dialpact.compliance.inspection.permitted import Permitted
from dialpact.compliance.inspection.question import SQL, Question, day
from dialpact.compliance.model import Decision
from dialpact.compliance.reasons import Reason

KINDS = ("passed", "refused", "shadow", "undelivered")
ENDING = timedelta(days=30)
SUSPECTS = 5000  # minutes outside the hours that are looked into at a time


def calls(connection: sqlite3.Connection, question: Question) -> Calls:
    """By local day and hour of the first profile's zone, streamed a minute at a time."""
    permitted, zone = Permitted(question.policy), question.policy.profiles[0].zone
    days: dict[date, Counter[str]] = {on: Counter() for on in question.period.days}
    hours: dict[int, Counter[str]] = {hour: Counter() for hour in range(24)}
    exempt, outside, suspects = question.exempt(permitted.purposes), 0, []
    for row in SQL.minutes(connection, **question.span, exempt=exempt):
        at = datetime.fromisoformat(row["minute"]).replace(tzinfo=UTC)
        local = at.astimezone(zone)
        for kind in KINDS:
            days[local.date()][kind] += row[kind]
            hours[local.hour][kind] += row[kind]
        if row["bound"] and not all(permitted(at, purpose) for purpose in permitted.purposes):
            suspects.append(row["minute"])
            if len(suspects) == SUSPECTS:
                outside += _outside(connection, question, permitted, suspects, exempt)
                suspects.clear()
    outside += _outside(connection, question, permitted, suspects, exempt)
    totals = sum(days.values(), Counter())
    return Calls(
        decisions=totals.total(),
        **{kind: totals[kind] for kind in KINDS},
        reasons=_reasons(connection, question),
        days=tuple(_slot(on.isoformat(), found, permitted.day(on)) for on, found in days.items()),
        hours=tuple(_slot(f"{hour:02}", found, permitted.hour(hour)) for hour, found in hours.items()),
        windows=permitted.windows(),
        outside_hours=outside if permitted.purposes else None,
    )


def _slot(at: str, found: Counter[str], permitted: bool) -> Slot:
    return Slot(at=at, **{kind: found[kind] for kind in KINDS}, permitted=permitted)


def _outside(
    connection: sqlite3.Connection, question: Question, permitted: Permitted, minutes: list[str], exempt: str
) -> int:
    """Of the calls in these minutes those of a purpose that may not be called for then."""
    if not minutes:
        return 0
    found = SQL.purposes_in_minutes(connection, **question.span, minutes=json.dumps(minutes), exempt=exempt)
    return sum(
        row["calls"]
        for row in found
        if not permitted(datetime.fromisoformat(row["minute"]).replace(tzinfo=UTC), row["purpose"])
    )


def _reasons(connection: sqlite3.Connection, question: Question) -> tuple[ReasonCount, ...]:
    first: Counter[str] = Counter()
    among: Counter[str] = Counter()
    for row in SQL.reasons(connection, **question.span):
        codes = json.loads(row["reasons"])
        first.update({codes[0]: row["calls"]} if codes else {})
        among.update(dict.fromkeys(codes, row["calls"]))
    return tuple(
        ReasonCount(code=code, first=first[code], any=count)
        for code, count in sorted(among.items(), key=lambda item: (-item[1], item[0]))
    )


def versions_then(connection: sqlite3.Connection, question: Question) -> tuple[str, ...]:
    """The profiles of the period's first and last decision: whether they are still those of today."""
    found = [
        f"{version.profile} {version.version} {version.sha256}"
        for row in SQL.ends(connection, **question.span)
        for version in msgspec.json.decode(row["record"], type=Decision).policy
    ]
    return tuple(dict.fromkeys(found))


def numbers(
    connection: sqlite3.Connection,
    question: Question,
    reasons: Iterable[ReasonCount],
    incidents: Iterable[Count],
) -> Numbers:
    register = list(SQL.caller_ids(connection))
    today = question.today
    valid = [row for row in register if row["valid_from"] <= today.isoformat() <= (row["valid_to"] or "9")]
    soon = (today + ENDING).isoformat()
    used = unregistered = unauthenticated = unlisted = 0
    uses: list[CallerUse] = []
    shown: dict[str, int] = {}
    for row in SQL.caller_uses(connection, **question.span):
        used += 1
        if row["put_through"]:
            shown[row["number"]] = row["put_through"]
        unregistered += row["put_through"] * (not row["registered"])
        unauthenticated += row["put_through"] * (bool(row["registered"]) and not row["authenticated"])
        if question.listed is not None and row["number"] not in question.listed:
            unlisted += row["put_through"]
        if len(uses) < MOST:
            uses.append(_use(row, question))
    return Numbers(
        registered=len(register),
        valid=len(valid),
        unlicensed=sum(not row["licence"].strip() for row in register),
        unauthenticated=sum(not row["authenticated"] for row in valid),
        expired=sum(bool(row["valid_to"]) and row["valid_to"] < today.isoformat() for row in register),
        ending=sum(bool(row["valid_to"]) and row["valid_to"] < soon for row in valid),
        used=used,
        used_unregistered=unregistered,
        used_unauthenticated=unauthenticated,
        used_unlisted=None if question.listed is None else unlisted,
        refusals=tuple(
            Count(key=found.code, count=found.any)
            for found in reasons
            if found.code.startswith("caller-id-") and found.code != Reason.CALLER_ID_SUBLET
        ),
        busy=sum(found.count for found in incidents if found.key == "busy-caller-id"),
        uses=tuple(uses),
        carrier_list=carriers.compared(connection, question, shown),
    )


def _use(row: sqlite3.Row, question: Question) -> CallerUse:
    return CallerUse(
        number=question.caller_id(row["number"]),
        attempts=row["attempts"],
        put_through=row["put_through"],
        refused_for_it=row["refused_for_it"],
        by_others=row["by_others"],
        registered=bool(row["registered"]),
        business=row["business"],
        carrier=row["carrier"],
        authenticated=bool(row["authenticated"]),
        valid_from=day(row["valid_from"]),
        valid_to=day(row["valid_to"]),
        listed=row["number"] in question.listed if question.listed is not None else None,
    )


def resources(
    connection: sqlite3.Connection, question: Question, reasons: Iterable[ReasonCount]
) -> Resources:
    put_through: Counter[str] = Counter()
    for row in SQL.by_campaign(connection, **question.span):
        put_through[row["business"]] += row["put_through"]
    held = Counter(row["business"] for row in SQL.caller_ids(connection))
    run = Counter(row["business"] for row in SQL.campaigns(connection))
    holders = json.dumps(dict(question.holders), ensure_ascii=False)
    return Resources(
        sublet_refusals=sum(found.any for found in reasons if found.code == Reason.CALLER_ID_SUBLET),
        by_others=SQL.by_others(connection, **question.span, holders=holders)[0],
        free_trunks=tuple(sorted(name for name, of in question.holders.items() if not of)),
        holders=tuple(
            Holder(
                business=row["id"],
                name=row["name"],
                actor=row["actor"],
                caller_ids=held[row["id"]],
                trunks=tuple(sorted(name for name, of in question.holders.items() if of == row["id"])),
                campaigns=run[row["id"]],
                put_through=put_through[row["id"]],
            )
            for row in SQL.businesses(connection)
        ),
    )
