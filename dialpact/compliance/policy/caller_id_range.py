"""Is the caller ID of the range that calls of this purpose must show, and of none that they may not?

What is told is the number that goes by the register: the forms in which it leaves for the carrier
(``CallerId.sent_as``) are the same number.
"""

from __future__ import annotations

from dialpact.compliance.model import Finding
from dialpact.compliance.policy.case import Case, Findings, Why, failed, passed, same
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import CallerIdRange, CallerIdRanges

NAME = "caller_id_range"
CODE = Reason.CALLER_ID_UNAUTHORISED


def judge(case: Case, section: CallerIdRanges) -> Findings:
    caller_id, purpose = case.attempt.caller_id, case.purpose
    failures: list[Finding] = []
    for one in section.ranges:
        if (one.purposes and purpose not in one.purposes) or not _binds(case, one):
            continue
        if not one.shown_rightly(caller_id):
            forms = ", ".join(one.only)
            failures.append(failed(NAME, case, CODE, Why.RANGE_WANTED, purpose=purpose, forms=forms))
        if one.shown_wrongly(caller_id):
            forms = ", ".join(one.never)
            failures.append(failed(NAME, case, CODE, Why.RANGE_FORBIDDEN, purpose=purpose, forms=forms))
    return tuple(failures) or passed(NAME, case)


def _binds(case: Case, one: CallerIdRange) -> bool:
    """Whether it has begun, and for this industry: one that nobody knows is bound by all."""
    if one.effective_from is not None and case.local.date() < one.effective_from:
        return False
    campaign = case.facts.campaign
    return not one.industries or campaign is None or any(same(campaign.industry, n) for n in one.industries)
