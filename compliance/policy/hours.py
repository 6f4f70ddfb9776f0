"""Is it an hour for calls? 8时至18时30分之间，且午休时间(12时至14时)不得打扰用户.

Windows are half-open, and the guard closes each of them earlier: a call placed in its last seconds would ring
in the break.
"""

from __future__ import annotations

from datetime import datetime

from compliance.policy.case import Case, Findings, Why, failed, local_instant, passed
from compliance.reasons import Reason
from compliance.sections import Hours

NAME = "hours"


def judge(case: Case, section: Hours) -> Findings:
    local, spans = case.local, section.spans
    second = local.hour * 3600 + local.minute * 60 + local.second
    if any(span.opens <= second < span.closes - section.guard_seconds for span in spans):
        return passed(NAME, case)
    if any(span.opens <= second < span.closes for span in spans):
        why = Why.CLOSING_SOON
    elif second < spans[0].opens:
        why = Why.BEFORE_OPENING
    elif second >= spans[-1].closes:
        why = Why.AFTER_CLOSING
    else:
        why = Why.IN_THE_BREAK
    return (
        failed(
            NAME,
            case,
            Reason.OUTSIDE_HOURS,
            why,
            retry_at=_next(case, section, second),
            local=f"{local:%H:%M:%S}",
            windows=", ".join(map(str, spans)),
            guard=str(section.guard_seconds),
        ),
    )


def _next(case: Case, section: Hours, second: int) -> datetime:
    """The next opening, today or tomorrow; whether that day permits calls is not this rule's matter."""
    later = [span.opens for span in section.spans if span.opens > second]
    return local_instant(case, later[0], 0) if later else local_instant(case, section.spans[0].opens, 1)
