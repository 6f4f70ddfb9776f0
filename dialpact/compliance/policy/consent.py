"""Has the callee agreed? 未明确征得用户同意前，不开展商业营销外呼: explicit, prior, in scope, not over.

A consent is for one business and one industry. A withdrawal or an opt-out ends every consent given before it
in its scope, not only the record it was written on: people withdraw from a caller, not from a row (PIPL 15).
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from datetime import date, datetime, timedelta

from dialpact.compliance.model import Campaign, Consent, Facts
from dialpact.compliance.policy.case import (
    Case,
    Findings,
    Instants,
    Why,
    day_ends,
    failed,
    passed,
    same,
    skipped,
)
from dialpact.compliance.policy.do_not_call import covers
from dialpact.compliance.profile import Profile
from dialpact.compliance.reasons import Reason
from dialpact.compliance.retention import months_later
from dialpact.compliance.sections import ConsentRule

NAME = "consent"
LOOKS_AT = ("callee", "consents", "opt_outs")


def judge(case: Case, section: ConsentRule) -> Findings:
    number, campaign, now = case.attempt.callee.e164, case.facts.campaign, case.local
    if not number:
        return skipped(NAME, case, Why.NO_NUMBER)
    if campaign is None:
        return skipped(NAME, case, Why.CAMPAIGN_UNKNOWN)
    given = [
        consent
        for consent in case.facts.consents
        if consent.number == number
        and same(consent.business, campaign.business)
        and same(consent.industry, campaign.industry)
        and consent.granted_at <= now
    ]
    opted_out = _opted_out_at(case.facts, number, campaign)
    counting = [consent for consent in given if opted_out is None or consent.granted_at > opted_out]
    if not counting:
        why = Why.OPTED_OUT_SINCE if given else Why.NEVER_GIVEN
        return (failed(NAME, case, Reason.NO_CONSENT, why),)
    withdrawn = max(
        (at for consent in counting if (at := consent.withdrawn_at) is not None and at <= now), default=None
    )
    valid = [consent for consent in counting if _valid(case, section, consent, withdrawn)]
    if any(consent.evidence_sha256 or not section.evidence_hash for consent in valid):
        return passed(NAME, case)
    if valid:
        return (failed(NAME, case, Reason.NO_CONSENT, Why.NO_HASH),)
    latest = max(counting, key=lambda consent: consent.granted_at)
    if withdrawn is not None and latest.granted_at <= withdrawn:
        on = withdrawn.astimezone(case.profile.zone).date().isoformat()
        return (failed(NAME, case, Reason.CONSENT_WITHDRAWN, Why.WITHDRAWN, on=on),)
    if latest.expires_at is not None and latest.expires_at <= now:
        on = latest.expires_at.astimezone(case.profile.zone).date().isoformat()
        return (failed(NAME, case, Reason.CONSENT_EXPIRED, Why.EXPIRED, on=on),)
    on, months = _last_day(case, section, latest).isoformat(), str(section.valid_months)
    return (failed(NAME, case, Reason.CONSENT_EXPIRED, Why.LAPSED, on=on, months=months),)


def agreed(granted_at: datetime, now: datetime, profiles: Iterable[Profile]) -> Hashable:
    """All that the rule sees, from ``now`` on, in when somebody agreed, beside which of his other acts came
    first: that it is over, and the days from which the consent lapses by itself.
    """
    if granted_at > now:
        return granted_at
    return tuple(
        granted_at.astimezone(profile.zone).date()
        for profile in profiles
        if profile.consent and profile.consent.valid_months
    )


def turns(case: Case, section: ConsentRule) -> Instants:
    for consent in case.facts.consents:
        yield consent.granted_at
        yield from (at for at in (consent.expires_at, consent.withdrawn_at) if at is not None)
        if section.valid_months:
            yield from day_ends(_last_day(case, section, consent), case.profile)


def _valid(case: Case, section: ConsentRule, consent: Consent, withdrawn: datetime | None) -> bool:
    if withdrawn is not None and consent.granted_at <= withdrawn:
        return False
    if section.valid_months and case.local.date() > _last_day(case, section, consent):
        return False
    return consent.expires_at is None or case.local < consent.expires_at


def _last_day(case: Case, section: ConsentRule, consent: Consent) -> date:
    """On which a consent counts that lapses by itself: the day before it is ``valid_months`` old."""
    granted = consent.granted_at.astimezone(case.profile.zone).date()
    return months_later(granted, section.valid_months) - timedelta(days=1)


def _opted_out_at(facts: Facts, number: str, campaign: Campaign) -> datetime | None:
    """The latest opt-out that covers this campaign."""
    covering = (entry for entry in facts.opt_outs if covers(entry, number, campaign))
    return max((entry.requested_at for entry in covering), default=None)
