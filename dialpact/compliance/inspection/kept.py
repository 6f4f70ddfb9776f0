"""What the registers and the logs hold: scripts, complaints, suspensions, ages, clock, ledger."""

from __future__ import annotations

import json
import sqlite3
from collections import Counter

from dialpact.compliance.calendars import days_left
from dialpact.compliance.clock import instant
from dialpact.compliance.inspection.calls import versions_then
from dialpact.compliance.inspection.figures import (
    BYPASSES,
    MOST,
    ClockMarks,
    ComplaintLine,
    Complaints,
    Conduct,
    Control,
    Count,
    Installation,
    Ledger,
    ListAge,
    Rules,
    ScriptState,
    SuspensionLine,
)
from dialpact.compliance.inspection.question import SQL, Question, day, moment
from dialpact.compliance.inspection.recorded import recordings, retention
from dialpact.compliance.inspection.refused import refusals

FED = ("dnc", "consent", "leads", "caller-id")  # registers that files feed


def installation(connection: sqlite3.Connection, question: Question) -> Installation:
    calendar = question.policy.calendar
    return Installation(
        node=question.node,
        mode=question.mode,
        rules=tuple(
            Rules(
                profile=profile.id,
                version=profile.version,
                sha256=profile.sha256,
                title=profile.title,
                source=profile.source,
            )
            for profile in question.policy.profiles
        ),
        rules_then=versions_then(connection, question),
        calendar=question.policy.calendar_version,
        calendar_until=calendar.last_known,
        calendar_days_left=days_left(calendar, question.today),
        lists=_lists(connection, question),
    )


def _lists(connection: sqlite3.Connection, question: Question) -> tuple[ListAge, ...]:
    fed = {row["register"]: instant(row["at"]) for row in SQL.last_imports(connection)}
    limits = [rule.max_list_age_days for profile in question.policy.profiles if (rule := profile.do_not_call)]
    most = min((limit for limit in limits if limit), default=0)
    return tuple(
        ListAge(
            register=name,
            at=fed.get(name),
            days=(question.now - fed[name]).days if name in fed else None,
            most=most if name == "dnc" else 0,
        )
        for name in FED
    )


def conduct(connection: sqlite3.Connection, question: Question, changes: dict[str, int]) -> Conduct:
    batches = SQL.batches(connection, **question.span)
    return Conduct(
        refusals=refusals(connection, question, changes),
        scripts=_scripts(connection, question),
        complaints=_complaints(connection, question),
        batches=batches["batches"],
        batches_held=int(batches["held"]),
    )


def _scripts(connection: sqlite3.Connection, question: Question) -> tuple[ScriptState, ...]:
    """Of campaigns whose purpose needs one, those with calls first; whether it may be read now."""
    put_through: Counter[str] = Counter()
    for row in SQL.by_campaign(connection, **question.span):
        put_through[row["campaign"]] += row["put_through"]
    rules = [(profile.id, profile.script) for profile in question.policy.profiles if profile.script]
    asked = question.bound("script")
    found = []
    for row in SQL.campaigns(connection):
        if row["purpose"] not in asked:
            continue
        lists = {rule.digest for _, rule in rules if rule.binds(row["purpose"])}
        expires = moment(row["expires_at"])
        checked = set(json.loads(row["checked"] or "[]"))
        in_time = expires is None or expires > question.now
        found.append(
            ScriptState(
                campaign=row["id"],
                purpose=row["purpose"],
                script=row["script"],
                version=row["version"],
                approved_by=row["approved_by"] or "",
                approved_at=moment(row["approved_at"]),
                expires_at=expires,
                approved=bool(row["approved_by"]) and in_time and lists <= checked,
                put_through=put_through[row["id"]],
            )
        )
    return tuple(sorted(found, key=lambda state: (-state.put_through, state.campaign))[:MOST])


def _complaints(connection: sqlite3.Connection, question: Question) -> Complaints:
    received = unmatched = still_open = late = 0
    lines: list[ComplaintLine] = []
    zone = question.policy.profiles[0].zone
    for row in SQL.complaints(connection, **question.span):
        answered, due = moment(row["answered_at"]), day(row["due"])
        on = answered.astimezone(zone).date() if answered else question.today
        is_late = due is not None and on > due
        received += 1
        unmatched += not row["matched"]
        still_open += row["status"] == "open"
        late += is_late
        if len(lines) < MOST:
            lines.append(
                ComplaintLine(
                    id=row["id"],
                    received_at=instant(row["received_at"]),
                    source=row["source"],
                    caller_id=question.caller_id(row["caller_id"]),
                    campaign=row["campaign"],
                    matched=bool(row["matched"]),
                    due=due,
                    status=row["status"],
                    answered_at=answered,
                    late=is_late,
                )
            )
    return Complaints(received=received, unmatched=unmatched, open=still_open, late=late, lines=tuple(lines))


def control(
    connection: sqlite3.Connection,
    question: Question,
    changes: tuple[Count, ...],
    incidents: tuple[Count, ...],
) -> Control:
    marks = SQL.clock_marks(connection, **question.span)
    return Control(
        bypasses=tuple(found for found in incidents if found.key in BYPASSES),
        cdr=question.cdr,
        recordings=recordings(connection, question),
        retention=retention(connection, question, {found.key: found.count for found in changes}),
        incidents=incidents,
        suspensions=tuple(
            SuspensionLine(
                **{
                    **dict(row),
                    "since": instant(row["since"]),
                    "cause": question.words(row["cause"]),
                    "lifted_at": moment(row["lifted_at"]),
                    "lift_reason": question.words(row["lift_reason"]),
                }
            )
            for row in SQL.suspensions(connection, **question.span, most=MOST)
        ),
        changes=changes,
        clock=ClockMarks(
            marked=marks["marked"] or 0,
            most_seconds=(marks["most_us"] or 0) / 1e6,
            steps=sum(found.count for found in incidents if found.key == "clock-went-back"),
        ),
        ledger=_ledger(connection),
    )


def _ledger(connection: sqlite3.Connection) -> Ledger:
    state, last = SQL.ledger_state(connection), SQL.last_checkpoint(connection)
    return Ledger(
        size=state["size"],
        unsealed=state["unsealed"],
        checkpoint_size=last["size"] if last else None,
        checkpoint_at=instant(last["at"]) if last else None,
        checkpoint=last["note"] if last else "",
    )
