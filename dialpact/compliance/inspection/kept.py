"""What the registers and the logs hold: scripts, complaints, suspensions, ages, clock, ledger."""

from __future__ import annotations

from collections import Counter

from msgspec.structs import replace

from dialpact.compliance.calendars import days_left
from dialpact.compliance.inspection.calls import versions_then
from dialpact.compliance.inspection.figures import (
    BYPASSES,
    MOST,
    ClockMarks,
    ComplaintFigures,
    ComplaintLine,
    Conduct,
    Control,
    Count,
    InstallationFigures,
    ListAge,
    Rules,
    ScriptState,
)
from dialpact.compliance.inspection.question import Question
from dialpact.compliance.inspection.recorded import recordings, retention
from dialpact.compliance.inspection.source import Source
from dialpact.compliance.inspection.unwanted import opt_outs

FED = ("dnc", "consent", "leads", "caller-id")  # registers that files feed


def installation(source: Source, question: Question) -> InstallationFigures:
    calendar = question.policy.calendar
    return InstallationFigures(
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
        rules_then=versions_then(source),
        calendar=question.policy.calendar_version,
        calendar_until=calendar.last_known,
        calendar_days_left=days_left(calendar, question.today),
        lists=_lists(source, question),
    )


def _lists(source: Source, question: Question) -> tuple[ListAge, ...]:
    fed = source.last_imports()
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


def conduct(source: Source, question: Question, changes: dict[str, int]) -> Conduct:
    batches, held = source.batches()
    return Conduct(
        opt_outs=opt_outs(source, question, changes),
        scripts=_scripts(source, question),
        complaints=_complaints(source, question),
        batches=batches,
        batches_held=held,
    )


def _scripts(source: Source, question: Question) -> tuple[ScriptState, ...]:
    """Of campaigns whose purpose needs one, those with calls first; whether it may be read now."""
    put_through: Counter[str] = Counter()
    for row in source.put_through():
        put_through[row.campaign] += row.calls
    rules = [(profile.id, profile.script) for profile in question.policy.profiles if profile.script]
    asked = question.bound("script")
    found = []
    for one in source.campaigns():
        if one.purpose not in asked:
            continue
        lists = {rule.digest for _, rule in rules if rule.binds(one.purpose)}
        in_time = one.expires_at is None or one.expires_at > question.now
        found.append(
            ScriptState(
                campaign=one.id,
                purpose=one.purpose,
                script=one.script,
                version=one.version,
                approved_by=one.approved_by,
                approved_at=one.approved_at,
                expires_at=one.expires_at,
                approved=bool(one.approved_by) and in_time and lists <= one.checked,
                put_through=put_through[one.id],
            )
        )
    return tuple(sorted(found, key=lambda state: (-state.put_through, state.campaign))[:MOST])


def _complaints(source: Source, question: Question) -> ComplaintFigures:
    received = unmatched = still_open = late = 0
    lines: list[ComplaintLine] = []
    zone = question.policy.profiles[0].zone
    for one in source.complaints():
        answered, due = one.answered_at, one.due
        on = answered.astimezone(zone).date() if answered else question.today
        is_late = due is not None and on > due
        received += 1
        unmatched += not one.matched
        still_open += one.status == "open"
        late += is_late
        if len(lines) < MOST:
            lines.append(
                ComplaintLine(
                    id=one.id,
                    received_at=one.received_at,
                    source=one.source,
                    caller_id=question.caller_id(one.caller_id),
                    campaign=one.campaign,
                    matched=one.matched,
                    due=due,
                    status=one.status,
                    answered_at=answered,
                    late=is_late,
                )
            )
    return ComplaintFigures(
        received=received, unmatched=unmatched, open=still_open, late=late, lines=tuple(lines)
    )


def control(
    source: Source,
    question: Question,
    changes: tuple[Count, ...],
    incidents: tuple[Count, ...],
) -> Control:
    marked, most_us = source.clock_marks()
    return Control(
        bypasses=tuple(found for found in incidents if found.key in BYPASSES),
        cdr=question.cdr,
        recordings=recordings(source, question),
        retention=retention(source, question, {found.key: found.count for found in changes}),
        incidents=incidents,
        suspensions=tuple(
            replace(line, cause=question.words(line.cause), lift_reason=question.words(line.lift_reason))
            for line in source.suspensions(MOST)
        ),
        changes=changes,
        clock=ClockMarks(
            marked=marked,
            most_seconds=most_us / 1e6,
            steps=sum(found.count for found in incidents if found.key == "clock-went-back"),
        ),
        ledger=source.ledger(),
    )
