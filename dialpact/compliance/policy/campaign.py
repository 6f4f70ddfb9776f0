"""Is the campaign registered? Its purpose, industry and business are what the other rules go by."""

from __future__ import annotations

from dialpact.compliance.policy.case import Case, Findings, Why, failed, passed, same
from dialpact.compliance.reasons import Reason

NAME = "campaign"
LOOKS_AT = ()


def judge(case: Case) -> Findings:
    campaign, business = case.facts.campaign, case.facts.business
    if campaign is None or not same(campaign.id, case.attempt.campaign):
        return (failed(NAME, case, Reason.UNKNOWN_CAMPAIGN, Why.CAMPAIGN_UNREGISTERED),)
    if business is None or not same(business.id, campaign.business):
        why = Why.BUSINESS_UNREGISTERED
        return (failed(NAME, case, Reason.UNKNOWN_CAMPAIGN, why, business=campaign.business),)
    return passed(NAME, case)
