"""Calls to people who had refused, and calls without a consent: from the registers' history, no verdict."""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from collections import defaultdict
from datetime import datetime, timedelta

from dialpact.compliance.clock import instant
from dialpact.compliance.inspection.figures import MOST, Consents, LateCall, Refusals
from dialpact.compliance.model import Campaign, DncEntry
from dialpact.compliance.policy.do_not_call import covers
from dialpact.store.sqlite.inspection.question import SQL, Question, counts

Key = tuple[int, str, str]


def refusals(connection: sqlite3.Connection, question: Question, changes: dict[str, int]) -> Refusals:
    removed: dict[Key, list[datetime]] = defaultdict(list)
    for row in SQL.removals(connection):
        removed[row["number"], row["scope"], row["value"]].append(instant(row["at"]))
    after = between = 0
    late: list[LateCall] = []
    counted = (
        meant
    ) = -1  # seq of the decision that is counted; rows come in its order, earliest refusal first
    exempt = question.exempt(question.bound("do_not_call"))
    for row in SQL.calls_after_refusal(connection, **question.span, exempt=exempt):
        if row["seq"] == counted or not _binds(question, row):
            continue
        called = instant(row["decided_at"]) + timedelta(microseconds=row["behind_us"])
        registered, requested = instant(row["registered_at"]), instant(row["requested_at"])
        ended = _ended(removed, (int(row["number"][1:]), row["scope"], row["value"]), registered)
        if ended is not None and ended <= called:
            continue
        if registered < called:
            counted, after = row["seq"], after + 1
            if len(late) < MOST:
                late.append(_late(row, question, registered))
        elif requested < called and meant != row["seq"]:
            meant, between = row["seq"], between + 1
    return Refusals(
        in_force=SQL.refusals_in_force(connection)[0],
        taken=counts(SQL.opt_outs(connection, **question.span)),
        added=SQL.refusals_added(connection, **question.span)[0],
        removed=changes.get("dnc remove", 0),
        after=after,
        late=tuple(late),
        between=between,
    )


def _binds(question: Question, row: sqlite3.Row) -> bool:
    """Whether any profile forbids this call for this refusal."""
    refusal = DncEntry(
        number=row["number"],
        scope=row["scope"],
        value=row["value"],
        requested_at=instant(row["requested_at"]),
        source="",
    )
    campaign = Campaign(
        id=row["campaign"], business=row["business"], industry=row["industry"], purpose=row["purpose"]
    )
    return covers(refusal, row["number"], campaign) and any(
        section.binds(row["purpose"]) and refusal.scope in section.scopes
        for profile in question.policy.profiles
        if (section := profile.do_not_call)
    )


def _ended(removed: dict[Key, list[datetime]], key: Key, registered: datetime) -> datetime | None:
    """When a refusal of that time was taken back; None: it still stands."""
    ends = removed.get(key, [])
    place = bisect_left(ends, registered)
    return ends[place] if place < len(ends) else None


def _late(row: sqlite3.Row, question: Question, refused_at: datetime | None) -> LateCall:
    return LateCall(
        decision=row["id"],
        at=instant(row["decided_at"]),
        number=question.number(row["number"]),
        campaign=row["campaign"],
        scope=row["scope"] if refused_at else "",
        refused_at=refused_at,
    )


def consents(connection: sqlite3.Connection, question: Question) -> Consents:
    found = SQL.consents(connection, **question.span)
    bound = question.bound("consent")
    without = 0
    shown: list[LateCall] = []
    if bound:
        exempt = question.exempt(bound)
        for row in SQL.calls_without_consent(connection, **question.span, exempt=exempt):
            if row["purpose"] in bound:
                without += 1
                if len(shown) < MOST:
                    shown.append(_late(row, question, None))
    return Consents(
        entries=found["entries"],
        with_hash=int(found["with_hash"]),
        with_wording=int(found["with_wording"]),
        granted=int(found["granted"]),
        withdrawn=int(found["withdrawn"]),
        expired=int(found["expired"]),
        without=without if bound else None,
        without_list=tuple(shown),
    )
