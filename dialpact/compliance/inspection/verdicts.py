"""What the figures say under the six headings of the covenant's self-check. Pure: figures in, findings out.

A *violation* is something that must not be, an *open* point something that these figures cannot tell, and a
*notice* something that an inspector should know. A heading is as good as its worst finding.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from datetime import timedelta
from typing import Literal

import msgspec

from dialpact.compliance.inspection.figures import NUMBERS, Heading, Inspection, InspectionFinding, Level
from dialpact.compliance.model import PURPOSES
from dialpact.compliance.profile import Policy
from dialpact.compliance.reasons import Reason

# The gate blocks for these when something of ours is down.
FAILED_CLOSED = (Reason.GATE_ERROR, Reason.DEADLINE, Reason.RECORDING_UNAVAILABLE)
NO_CONSENT = (Reason.NO_CONSENT, Reason.CONSENT_EXPIRED, Reason.CONSENT_WITHDRAWN)
LIST_DAYS = 31  # a comparison with the carrier's list older than this says little
CALENDAR_DAYS = 60


def headings(report: Inspection, policy: Policy) -> Inspection:
    """The report with its headings filled in."""
    found = tuple(
        _heading(name, [finding for finding in judge(report, policy) if finding]) for name, judge in _RULES
    )
    return msgspec.structs.replace(report, headings=found)


def _heading(name: str, findings: list[InspectionFinding]) -> Heading:
    levels = {finding.level for finding in findings}
    verdict: Literal["ok", "open", "violation"] = (
        "violation" if "violation" in levels else "open" if "open" in levels else "ok"
    )
    order = ("violation", "open", "notice")
    return Heading(
        name=name,
        verdict=verdict,
        findings=tuple(sorted(findings, key=lambda finding: order.index(finding.level))),
    )


Findings = Iterator[InspectionFinding | None]


def _some(level: Level, key: str, count: int, **values: str | int) -> InspectionFinding | None:
    """A finding where there is anything to count."""
    return InspectionFinding(key=key, level=level, values={"count": count, **values}) if count else None


def _point(level: Level, key: str, holds: bool, **values: str | int) -> InspectionFinding | None:
    return InspectionFinding(key=key, level=level, values=dict(values)) if holds else None


def _binds(policy: Policy, rule: str) -> bool:
    sections = (getattr(profile, rule) for profile in policy.profiles)
    return any(section and any(map(section.binds, PURPOSES)) for section in sections)


def _blocked(report: Inspection, codes: Iterable[str]) -> int:
    """Blocked calls for which one of ``codes`` was the first reason."""
    wanted = set(codes)
    return sum(found.first for found in report.calls.reasons if found.code in wanted)


def _filing(report: Inspection, policy: Policy) -> Findings:
    numbers = report.numbers
    compared = numbers.carrier_list
    yield _some("violation", "filing-unregistered", numbers.used_unregistered)
    yield _some("violation", "filing-used-unauthenticated", numbers.used_unauthenticated)
    if compared is None:
        yield _point("open", "filing-no-list", True)
    else:
        yield _some("violation", "filing-list-differs", sum(found.count for found in compared.differences))
        if compared.at is not None:
            age = report.made_at - compared.at
            yield _point("open", "filing-list-old", age > timedelta(days=LIST_DAYS), days=age.days)
    yield _point("open", "filing-none", not numbers.registered)
    yield _some("violation", "filing-unlicensed", numbers.unlicensed)
    yield _some("notice", "filing-unauthenticated", numbers.unauthenticated)
    yield _some("notice", "filing-expired", numbers.expired)
    yield _some("notice", "filing-ending", numbers.ending)


def _use(report: Inspection, policy: Policy) -> Findings:
    numbers = report.numbers
    yield _some("violation", "use-unlisted", numbers.used_unlisted or 0)
    yield _some("notice", "use-refused", sum(found.count for found in numbers.blocks))
    yield _some("notice", "use-busy", numbers.busy)
    yield _point("notice", "no-calls", not report.calls.decisions)


def _renting(report: Inspection, policy: Policy) -> Findings:
    resources = report.resources
    level: Level = "violation" if _binds(policy, "resources") else "notice"
    yield _some(level, "renting-by-others", resources.by_others)
    yield _some("notice", "renting-refused", resources.sublet_blocks)
    shared = ", ".join(resources.free_trunks)
    several = len(resources.holders) > 1
    yield _point("open", "renting-free-trunks", bool(shared) and several, names=shared)


def _conduct(report: Inspection, policy: Policy) -> Findings:
    conduct, calls = report.conduct, report.calls
    yield _some("violation", "conduct-after-refusal", conduct.opt_outs.after)
    yield _some("violation", "conduct-outside-hours", calls.outside_hours or 0)
    yield _point("open", "conduct-hours-unknown", calls.outside_hours is None)
    yield _some("violation", "conduct-complaints-late", conduct.complaints.late)
    yield _some("notice", "conduct-between", conduct.opt_outs.between)
    unread = [state.campaign for state in conduct.scripts if state.put_through and not state.approved]
    yield _some("notice", "conduct-unscripted", len(unread))
    yield _some("notice", "conduct-complaints", conduct.complaints.received)
    yield _some("notice", "conduct-range", _blocked(report, [Reason.RANGE_DIALLING]))
    yield _some("notice", "conduct-held", conduct.batches_held)
    yield _some("notice", "conduct-trials", sum(one.put_through for one in report.trials))
    yield _point("notice", "no-calls", not calls.decisions)


def _control(report: Inspection, policy: Policy) -> Findings:
    control, ledger = report.control, report.control.ledger
    recordings = control.recordings
    yield _some("violation", "control-bypass", sum(found.count for found in control.bypasses))
    numbers = sum(found.count for found in control.incidents if found.key in NUMBERS)
    yield _some("violation", "control-caller-id", numbers)
    yield _some("violation", "control-gaps", recordings.gaps, required=recordings.required)
    yield _some("violation", "control-shadow", report.calls.shadow)
    yield _point("violation", "control-mode", report.installation.mode == "shadow")
    yield _some("violation", "control-unsealed", ledger.unsealed)
    yield _some("notice", "control-unproven", ledger.unproven)
    yield _some("violation", "control-keep-missing", control.retention.keep_until_missing)
    if control.cdr is None:
        yield _point("open", "control-no-cdr", True)
    else:
        yield _some("violation", "control-cdr", sum(found.count for found in control.cdr.findings))
        # A line that nobody could read may be the call that went round the gate.
        yield _some("open", "control-cdr-unreadable", control.cdr.unreadable)
        hours = f"{control.cdr.hours_off:g}"
        yield _point("open", "control-cdr-shifted", bool(control.cdr.hours_off), hours=hours)
    if ledger.checkpoint_size is None:
        yield _point("open", "control-no-checkpoint", bool(ledger.size))
    else:
        yield _some("notice", "control-since-checkpoint", ledger.size - ledger.checkpoint_size)
    yield _some("open", "control-running", recordings.running)
    yield _some("notice", "control-failed-closed", _blocked(report, FAILED_CLOSED))
    yield _some("notice", "control-suspensions", len(control.suspensions))
    yield _some("notice", "control-clock", control.clock.marked)
    yield _some("notice", "control-past-due", control.retention.past_due)
    left, until = report.installation.calendar_days_left, report.installation.calendar_until
    yield _point("notice", "control-calendar", left <= CALENDAR_DAYS, days=left, until=until.isoformat())
    now = {f"{rules.profile} {rules.version} {rules.sha256}" for rules in report.installation.rules}
    changed = bool(set(report.installation.rules_then) - now)
    yield _point("notice", "control-rules-changed", changed)


def _consent(report: Inspection, policy: Policy) -> Findings:
    consents = report.consents
    yield _some("violation", "consent-without", consents.without or 0)
    yield _point("open", "consent-none", consents.without is not None and not consents.entries)
    yield _point("notice", "consent-not-asked", consents.without is None)
    for fed in report.installation.lists:
        overdue = bool(fed.most) and (fed.days is None or fed.days > fed.most)
        yield _point("open", "consent-list-old", overdue, most=fed.most)
    yield _some("notice", "consent-no-hash", consents.entries - consents.with_hash)
    yield _some("notice", "consent-refused", _blocked(report, NO_CONSENT))


_RULES: tuple[tuple[str, Callable[[Inspection, Policy], Findings]], ...] = (
    ("filing", _filing),
    ("use", _use),
    ("renting", _renting),
    ("conduct", _conduct),
    ("control", _control),
    ("consent", _consent),
)
