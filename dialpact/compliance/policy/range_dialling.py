"""Would this call continue a sweep? 不得按号段盲呼.

The facts hold what the campaign dialled lately as distances from the callee, so neither the order of the
calls nor the agents among whom they are divided hide anything (``dialpact.compliance.ranges``).
"""

from __future__ import annotations

from dialpact.compliance import ranges
from dialpact.compliance.policy.case import Case, Findings, Why, failed, passed, skipped, timeless
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import RangeDialling

NAME = "range_dialling"
LOOKS_AT = ("callee", "nearby")
turns = timeless  # of the same numbers close by; that they leave the window is seen in ``holding``


def judge(case: Case, section: RangeDialling) -> Findings:
    if not case.attempt.callee.e164:
        return skipped(NAME, case, Why.NO_NUMBER)
    if case.facts.campaign is None:
        return skipped(NAME, case, Why.CAMPAIGN_UNKNOWN)
    found = ranges.found(case.facts, section)
    if found is None:
        return passed(NAME, case)
    why = Why.RANGE_RUN if found.kind == "run" else Why.RANGE_STRETCH
    return (
        failed(
            NAME,
            case,
            Reason.RANGE_DIALLING,
            why,
            count=str(found.count),
            width=str(found.width),
            step=str(found.step),
            hours=str(section.window_hours),
        ),
    )
