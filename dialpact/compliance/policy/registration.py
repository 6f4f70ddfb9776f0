"""Is whoever sells registered with the authority that asks for it, today?

A registration begins and ends with a local day. Any one of its kind that is valid will do: a renewal is
entered beside the one that it follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from dialpact.compliance.model import Finding
from dialpact.compliance.policy.case import (
    Case,
    Findings,
    Instants,
    Why,
    day_begins,
    day_ends,
    failed,
    joined,
    same,
    skipped,
)
from dialpact.compliance.profile import Profile
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import Registered, RegistrationRule

NAME = "registration"
LOOKS_AT = ("callee", "prefixes")
CODE = Reason.ACTOR_NOT_PERMITTED


def judge(case: Case, section: RegistrationRule) -> Findings:
    campaign, callee = case.facts.campaign, case.attempt.callee.e164
    if campaign is None:
        return skipped(NAME, case, Why.CAMPAIGN_UNKNOWN)
    asked = [one for one in section.required if not one.callees or callee.startswith(one.callees)]
    if not asked:
        return skipped(NAME, case, Why.OTHER_CALLEE if callee else Why.NO_NUMBER)
    ids = {"business": campaign.business, "campaign": campaign.id}
    return joined(NAME, case, (found for one in asked for found in _failure(case, one, ids[one.holder])))


def prefixes(profiles: Iterable[Profile]) -> tuple[str, ...]:
    """Every beginning of a number for which any profile asks for a registration."""
    asked = [one for profile in profiles if profile.registration for one in profile.registration.required]
    return tuple(sorted({start for one in asked for start in one.callees}))


def turns(case: Case, section: RegistrationRule) -> Instants:
    for one in case.facts.registrations:
        yield day_begins(one.valid_from, case.profile)
        yield from day_ends(one.valid_to, case.profile)


def _failure(case: Case, wanted: Registered, id: str) -> Iterator[Finding]:
    """Nothing where one is valid; else what is nearest: one to come, one that ended, none."""
    today = case.local.date()
    known = [
        one
        for one in case.facts.registrations
        if one.holder == wanted.holder and same(one.id, id) and same(one.kind, wanted.kind)
    ]
    begun = [one for one in known if one.valid_from <= today]
    if any(one.valid_to is None or today <= one.valid_to for one in begun):
        return
    kind = wanted.kind
    if coming := [one.valid_from for one in known if one.valid_from > today]:
        on = min(coming)
        opens = day_begins(on, case.profile)
        why = Why.REGISTRATION_TO_COME
        yield failed(NAME, case, CODE, why, retry_at=opens, kind=kind, entry=id, on=on.isoformat())
    elif ended := [one.valid_to for one in begun if one.valid_to is not None]:
        on = max(ended)
        yield failed(NAME, case, CODE, Why.REGISTRATION_ENDED, kind=kind, entry=id, on=on.isoformat())
    else:
        yield failed(NAME, case, CODE, Why.REGISTRATION_MISSING, kind=kind, entry=id)
