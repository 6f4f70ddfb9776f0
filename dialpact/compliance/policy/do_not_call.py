"""Has the callee opted out? 用户明确拒绝特定行业或业务的营销电话后，不得再次拨打.

An opt-out counts at once, does not expire, and no consent lifts it: only its removal from the register does.
"""

from __future__ import annotations

from datetime import timedelta

from dialpact.compliance.model import Campaign, DncEntry
from dialpact.compliance.policy.case import Case, Findings, Instants, Why, failed, passed, same, skipped
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import DoNotCallRule

NAME = "do_not_call"
LOOKS_AT = ("callee", "opt_outs")
_WHY = {"all": Why.OPTED_OUT_ALL, "industry": Why.OPTED_OUT_INDUSTRY, "business": Why.OPTED_OUT_BUSINESS}


def judge(case: Case, section: DoNotCallRule) -> Findings:
    number, campaign = case.attempt.callee.e164, case.facts.campaign
    if not number:
        return skipped(NAME, case, Why.NO_NUMBER)
    hits = [
        entry
        for entry in case.facts.opt_outs
        if entry.scope in section.scopes and covers(entry, number, campaign)
    ]
    if hits:
        first = min(hits, key=lambda hit: (section.scopes.index(hit.scope), hit.requested_at))
        since = first.requested_at.astimezone(case.profile.zone).date().isoformat()
        why = _WHY[first.scope]
        return (failed(NAME, case, Reason.DO_NOT_CALL, why, value=first.value, since=since),)
    if campaign is None:
        return skipped(NAME, case, Why.CAMPAIGN_UNKNOWN)
    if stale := _stale(case, section):
        return stale
    return passed(NAME, case)


def turns(case: Case, section: DoNotCallRule) -> Instants:
    """A list is good up to the last instant of its time, and that one too."""
    days, imported = section.max_list_age_days, case.facts.opt_outs_at
    return (imported + timedelta(days=days, microseconds=1),) if days and imported is not None else ()


def _stale(case: Case, section: DoNotCallRule) -> Findings:
    """A list that was not renewed in time may lack the opt-outs since: nobody knows, so nobody is called."""
    days, imported = section.max_list_age_days, case.facts.opt_outs_at
    if not days or (imported is not None and case.local <= imported + timedelta(days=days)):
        return ()
    since = imported.astimezone(case.profile.zone).date().isoformat() if imported else "-"
    return (failed(NAME, case, Reason.DO_NOT_CALL, Why.LIST_STALE, days=str(days), since=since),)


def covers(entry: DncEntry, number: str, campaign: Campaign | None) -> bool:
    """Whether the opt-out is about a call of this campaign. One without a value is of everything."""
    if entry.number != number:
        return False
    if entry.scope == "all" or not entry.value:
        return True
    if campaign is None:
        return False
    return same(entry.value, campaign.industry if entry.scope == "industry" else campaign.business)
