"""May this caller ID be shown? 不使用非主管部门核发号码和非运营商鉴权号码作为业务外呼主叫号码.

In the register means issued by the authority; besides that it is authenticated by the carrier, valid today,
and listed for this trunk and purpose. An empty list permits nothing. The product never picks another one.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialpact.compliance.model import ANY, CallerId, Finding
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
)
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import CallerIdRange, CallerIdRule

NAME = "caller_id"
LOOKS_AT = ()


def judge(case: Case, section: CallerIdRule) -> Findings:
    return joined(NAME, case, _failures(case, section))


def turns(case: Case, section: CallerIdRule) -> Instants:
    for one in section.ranges:
        if one.effective_from is not None:
            yield day_begins(one.effective_from, case.profile)
    if (caller := case.facts.caller_id) is not None:
        yield day_begins(caller.valid_from, case.profile)
        yield from day_ends(caller.valid_to, case.profile)


def _failures(case: Case, section: CallerIdRule) -> Iterator[Finding]:
    caller = case.facts.caller_id
    for way in case.ways:
        if not way.known:
            yield failed(NAME, case, Reason.CALLER_ID_UNAUTHORISED, Why.TRUNK_UNKNOWN, trunk=way.trunk)
    for prefix in section.forbidden_prefixes:
        if case.attempt.caller_id.startswith(prefix):
            why = Why.PREFIX_FORBIDDEN
            yield failed(NAME, case, Reason.CALLER_ID_UNAUTHORISED, why, prefix=prefix)
    for one in section.ranges:
        if one.wrong.fullmatch(case.attempt.caller_id) and _binds(case, one):  # the rarer first
            yield from _of_range(case, section, one)
    if caller is None or caller.number != case.attempt.caller_id:
        yield failed(NAME, case, Reason.CALLER_ID_UNAUTHORISED, Why.UNREGISTERED)
        return
    for way in case.ways:
        if way.known and not _listed(way.trunk, caller.trunks):
            yield failed(NAME, case, Reason.CALLER_ID_UNAUTHORISED, Why.TRUNK_NOT_LISTED, trunk=way.trunk)
    if not _listed(case.purpose, caller.purposes):
        why = Why.PURPOSE_NOT_LISTED
        yield failed(NAME, case, Reason.CALLER_ID_UNAUTHORISED, why, purpose=case.purpose)
    if section.authenticated and not caller.authenticated:
        why = Why.NOT_AUTHENTICATED
        yield failed(NAME, case, Reason.CALLER_ID_NOT_AUTHENTICATED, why, carrier=caller.carrier)
    yield from _validity(case, caller)


def _of_range(case: Case, section: CallerIdRule, one: CallerIdRange) -> Iterator[Finding]:
    """Of the number that the gate is told: the forms in which it leaves (``sent_as``) are the same number."""
    told, purpose, source = case.attempt.caller_id, case.purpose, one.source or section.source
    for why, forms, wrong in (
        (Why.RANGE_WANTED, one.only, not one.permits(told)),
        (Why.RANGE_FORBIDDEN, one.never, one.forbids(told)),
    ):
        if wrong:
            said = ", ".join(forms)
            code = Reason.CALLER_ID_UNAUTHORISED
            yield failed(NAME, case, code, why, purpose=purpose, forms=said, source=source)


def _binds(case: Case, one: CallerIdRange) -> bool:
    """Whether it has begun, and for this purpose and industry: one that nobody knows is bound by all."""
    if one.purposes and case.purpose not in one.purposes:
        return False
    if one.effective_from is not None and case.local.date() < one.effective_from:
        return False
    campaign = case.facts.campaign
    return not one.industries or campaign is None or any(same(campaign.industry, n) for n in one.industries)


def _validity(case: Case, caller: CallerId) -> Iterator[Finding]:
    today = case.local.date()
    if today < caller.valid_from:
        on = caller.valid_from.isoformat()
        yield failed(NAME, case, Reason.CALLER_ID_UNAUTHORISED, Why.NOT_YET_VALID, on=on)
    if caller.valid_to is not None and today > caller.valid_to:
        on = caller.valid_to.isoformat()
        yield failed(NAME, case, Reason.CALLER_ID_EXPIRED, Why.NO_LONGER_VALID, on=on)


def _listed(item: str, permitted: tuple[str, ...]) -> bool:
    return any(entry == ANY or same(entry, item) for entry in permitted)
