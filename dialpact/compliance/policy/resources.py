"""Do caller ID and trunk belong to the business that calls? 不非法转租转售通信资源."""

from __future__ import annotations

from collections.abc import Iterator

from dialpact.compliance.model import Finding
from dialpact.compliance.policy.case import Case, Findings, Why, failed, passed, same, skipped, timeless
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import ResourcesRule

NAME = "resources"
LOOKS_AT = ()
turns = timeless


def judge(case: Case, section: ResourcesRule) -> Findings:
    if case.facts.campaign is None:
        return skipped(NAME, case, Why.CAMPAIGN_UNKNOWN)
    if failures := tuple(_failures(case, case.facts.campaign.business)):
        return failures
    if case.facts.caller_id is None:
        return skipped(NAME, case, Why.CALLER_ID_UNKNOWN)
    return passed(NAME, case)


def _failures(case: Case, business: str) -> Iterator[Finding]:
    caller = case.facts.caller_id
    if caller is not None and not same(caller.business, business):
        why = Why.CALLER_ID_OF_ANOTHER
        yield failed(NAME, case, Reason.CALLER_ID_SUBLET, why, holder=caller.business, business=business)
    for holder in dict.fromkeys(way.holder for way in case.ways):
        if holder and not same(holder, business):
            why = Why.TRUNK_OF_ANOTHER
            yield failed(NAME, case, Reason.CALLER_ID_SUBLET, why, holder=holder, business=business)
