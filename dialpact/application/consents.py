"""Consents: who agreed to be called, by whom, about what, with which evidence."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from dialpact.application import limits
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered, ShownEntry, shown
from dialpact.application.limits import Only
from dialpact.application.made import made_of
from dialpact.application.placed import placed
from dialpact.compliance.model import Consent, Value
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.cell import any_identifier, free_text, identifier
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.consent import Withdrawal, consent
from dialpact.store.ports.page import ALL, Page

_OUTCOMES: Mapping[str, Outcome] = {"add": "added", "shorten": "updated"}


class Given(Value, frozen=True, kw_only=True):
    """A consent that somebody tells of. ``granted_at``: empty: now. ``evidence_sha256``: of a kept file."""

    number: str
    business: str
    industry: str
    evidence: str
    granted_at: str = ""
    expires_at: str = ""
    evidence_sha256: str = ""
    wording: str = ""


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
    return Entered(outcome=outcome, entry=new, unknown=await _unknown(context, new))


async def add_all(
    context: Context, given: Sequence[Given], *, only: Only = None, made: Sequence[Made] = ()
) -> list[Entered[Consent]]:
    """All of them, or none. One that names a proof names one that is kept here. ``only``: the businesses that
    the actor may speak for. ``made``: the acts of an earlier try that was cut off before it could say so.

    Faults, NotPermitted.
    """
    context.actor.need(Right.CONSENT)
    now = context.now()
    news = await placed(given, lambda one: _read(context, one, only, now))
    unknown = [await _unknown(context, new) for new in news]
    if made:
        done = _done(news, made)
    else:
        outcomes = await context.store.consents.add_all(news, by=context.by, at=now)
        done = list(zip(outcomes, news, strict=True))
    return [
        Entered(outcome=outcome, entry=entry, unknown=names)
        for (outcome, entry), names in zip(done, unknown, strict=True)
    ]


async def withdraw_all(
    context: Context, given: Sequence[Withdrawal], *, only: Only = None, made: Sequence[Made] = ()
) -> list[Withdrawn]:
    """They count from the next attempt on: all of them, or none. As for ``add_all``."""
    context.actor.need(Right.CONSENT)

    async def read(one: Withdrawal) -> Withdrawal:
        holder = identifier(one.business, "business")
        limits.need(context, only, holder)
        return Withdrawal(
            number=context.person(one.number),
            business=holder,
            industry=any_identifier(one.industry, "industry"),
            reason=free_text(one.reason, "reason", needed=False),
        )

    news = await placed(given, read)
    if made:
        done = made_of(
            made,
            "consent",
            [new.number for new in news],
            lambda place, act: (
                (act.detail.get("business"), act.detail.get("industry"))
                == (news[place].business, news[place].industry)
            ),
        )
        counts: Sequence[int] = [int(act.detail["withdrawn"]) if act else 0 for act in done]
    else:
        counts = await context.store.consents.withdraw_all(news, by=context.by, at=context.now())
    return [
        Withdrawn(number=new.number, business=new.business, count=count)
        for new, count in zip(news, counts, strict=True)
    ]


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


async def _read(context: Context, given: Given, only: Only, now: datetime) -> Consent:
    new = consent(
        context.callee(given.number),
        given.business,
        given.industry,
        given.granted_at or now.isoformat(),
        given.expires_at,
        given.evidence,
        given.evidence_sha256,
        given.wording,
    )
    limits.need(context, only, new.business)
    return new


def _done(news: Sequence[Consent], made: Sequence[Made]) -> list[tuple[Outcome, Consent]]:
    """What became of each, by the acts."""

    def entry(act: Made) -> Mapping[str, Any]:
        found: Mapping[str, Any] = act.detail if act.action == "add" else act.detail["to"]
        return found

    def fits(place: int, act: Made) -> bool:
        said, new = entry(act), news[place]
        return (said["business"], said["industry"]) == (new.business, new.industry)

    acts = [act for act in made if act.action in _OUTCOMES]
    found = made_of(acts, "consent", [new.number for new in news], fits)
    return [
        (_OUTCOMES[act.action], msgspec.convert(entry(act), Consent)) if act else ("already", new)
        for new, act in zip(news, found, strict=True)
    ]


async def _unknown(context: Context, new: Consent) -> tuple[str, ...]:
    return tuple(await context.store.campaigns.unknown(business=new.business, industry=new.industry))
