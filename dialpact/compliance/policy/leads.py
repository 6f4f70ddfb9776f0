"""Is the callee one whom a partner supplied? 外呼数据为合作方提供的潜在目标用户群体.

A batch says who supplied it, under which contract and on which legal basis. One that the range detector holds
does not count, and that it is held is said as well: the number looks counted up rather than supplied. Nor
does one count that its campaign wants scrubbed before it is dialled, and that was not.
"""

from __future__ import annotations

from dialpact.compliance.held import finding_of, owes_scrub
from dialpact.compliance.policy.case import Case, Findings, Why, failed, passed, same, skipped, timeless
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import LeadsRule

NAME = "leads"
LOOKS_AT = ("callee", "leads")
turns = timeless


def judge(case: Case, section: LeadsRule) -> Findings:
    campaign = case.facts.campaign
    if not case.attempt.callee.e164:
        return skipped(NAME, case, Why.NO_NUMBER)
    if campaign is None:
        return skipped(NAME, case, Why.CAMPAIGN_UNKNOWN)
    own = [batch for batch in case.facts.leads if same(batch.campaign, campaign.id)]
    if any(not batch.held for batch in own):
        return passed(NAME, case)
    if not own:
        return (failed(NAME, case, Reason.NOT_ON_LEAD_LIST, Why.ON_NO_BATCH),)
    newest = max(own, key=lambda batch: batch.id)
    batch, what = str(newest.id), finding_of(newest.held)
    if owes_scrub(newest.held):
        first = failed(NAME, case, Reason.NOT_ON_LEAD_LIST, Why.NOT_SCRUBBED, batch=batch)
    else:
        first = failed(NAME, case, Reason.NOT_ON_LEAD_LIST, Why.ONLY_HELD)
    if not what:
        return (first,)
    return first, failed(NAME, case, Reason.RANGE_DIALLING, Why.BATCH_HELD, batch=batch, what=what)
