"""When could the same call pass? Answered only where time alone stands in the way."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta

from dialpact.compliance.model import CallAttempt, Facts, Finding
from dialpact.compliance.policy import days
from dialpact.compliance.policy.case import Findings
from dialpact.compliance.policy.engine import evaluate as engine
from dialpact.compliance.profile import Policy

HORIZON = timedelta(days=days.HORIZON)


def retry_at(
    attempt: CallAttempt,
    facts: Facts,
    policy: Policy,
    now: datetime,
    findings: Sequence[Finding],
    *,
    evaluate: Callable[..., Findings] = engine,
) -> datetime | None:
    """The earliest later instant (UTC, whole second) at which :func:`evaluate` would pass every rule.

    None when nothing fails, when something other than time fails, when the search meets a day that the
    calendar does not know, or when another rule fails by then (a consent expires, a rule becomes effective).
    ``evaluate``: the engine's, or one that finds the same.
    """
    if not any(finding.result == "fail" for finding in findings):
        return None
    instant = now
    while instant <= now + HORIZON:
        failing = [finding for finding in findings if finding.result == "fail"]
        if not failing:
            return instant
        # A rule that is a matter of time fails without a gap until its own time: nothing before the latest
        # of them can pass. A rule that names no time is none of those.
        openings = [finding.retry_at for finding in failing if finding.retry_at is not None]
        if len(openings) < len(failing):
            return None
        latest = max(openings)
        if latest <= instant:  # can not be, and must never become an endless loop inside the gate
            return None
        instant = latest
        findings = evaluate(attempt, facts, policy, instant, recorder_required=facts.recorder is not None)
    return None
