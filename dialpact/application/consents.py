"""Consents: who agreed to be called, by whom, about what, with which evidence."""

from __future__ import annotations

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered, ShownEntry, shown
from dialpact.compliance.model import Consent, Value
from dialpact.compliance.registers.cell import any_identifier, identifier
from dialpact.compliance.registers.consent import consent
from dialpact.store.ports.page import ALL, Page


class Withdrawn(Value, frozen=True, kw_only=True):
    """``count``: of the consents that this withdrew; 0 when they were withdrawn already."""

    number: str
    business: str
    count: int


async def add(
    context: Context,
    number: str,
    *,
    business: str,
    industry: str,
    evidence: str,
    granted_at: str = "",
    expires_at: str = "",
    evidence_sha256: str = "",
    wording: str = "",
) -> Entered[Consent]:
    """No ``granted_at``: now. ``unknown``: a business or industry that nothing is registered under.

    Fault for one that prolongs or contradicts what is there.
    """
    context.actor.need(Right.CONSENT)
    now = context.now()
    granted = granted_at or now.isoformat()
    known = context.callee(number)
    new = consent(known, business, industry, granted, expires_at, evidence, evidence_sha256, wording)
    outcome = await context.store.consents.add(new, by=context.by, at=now)
    unknown = await context.store.campaigns.unknown(business=new.business, industry=new.industry)
    return Entered(outcome=outcome, entry=new, unknown=tuple(unknown))


async def withdraw(
    context: Context, number: str, *, business: str, industry: str = "", reason: str = ""
) -> Withdrawn:
    """It counts from the next attempt on. No ``industry``: all of them. Fault when there was no consent."""
    context.actor.need(Right.CONSENT)
    wanted, holder = context.any_person(number), identifier(business, "business")
    scope = any_identifier(industry, "industry")
    count = await context.store.consents.withdraw(
        wanted, holder, scope, reason=reason, by=context.by, at=context.now()
    )
    return Withdrawn(number=wanted, business=holder, count=count)


async def listed(
    context: Context,
    *,
    number: str = "",
    business: str = "",
    industry: str = "",
    after: str = "",
    most: int = ALL,
) -> Page[Consent]:
    """By number, business, industry and age, expired and withdrawn ones too."""
    context.actor.need(Right.CALLS)
    return await context.store.consents.list(
        number=context.any_person(number),
        business=any_identifier(business, "business"),
        industry=any_identifier(industry, "industry"),
        after=after,
        most=most,
    )


async def show(context: Context, number: str) -> ShownEntry[Consent]:
    """Of one person. Fault when there never was one."""
    context.actor.need(Right.CALLS)
    wanted = context.any_person(number)
    found = await context.store.consents.list(number=wanted)
    return await shown(context, "consent", wanted, found.rows)
