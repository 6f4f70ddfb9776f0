"""``POST /v1/consents``: consents, the files that prove them, and their withdrawals."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Literal

import msgspec
from msgspec import Meta

from dialpact.application import consents
from dialpact.application.consents import Given
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.consent import Withdrawal
from dialpact.web.api import entries
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, NoQuery
from dialpact.web.api.entries import MOST, Moment, Number

Business = Annotated[str, Meta(description="Its id.", max_length=200)]


class Consent(Body, frozen=True, kw_only=True):
    number: Number
    business: Business
    industry: Annotated[str, Meta(description="For which kind of offer.", max_length=200)]
    evidence: Annotated[
        str, Meta(description="Where its proof is: a form, a recording, a case.", max_length=500)
    ]
    granted_at: Annotated[Moment | None, Meta(description="When; else now.")] = None
    expires_at: Annotated[Moment | None, Meta(description="Until when; else without an end.")] = None
    evidence_sha256: Annotated[
        str, Meta(description="Of a file that POST /v1/consents/evidence has taken.", max_length=100)
    ] = ""
    wording: Annotated[
        str, Meta(description="Version of the text that the person agreed to.", max_length=500)
    ] = ""


class Consents(Body, frozen=True, kw_only=True):
    entries: Annotated[tuple[Consent, ...], Meta(min_length=1, max_length=MOST)]


class EnteredConsent(msgspec.Struct, frozen=True, kw_only=True):
    """``updated``: it was shortened. ``unknown``: names in it that nothing goes by here, likely a slip of the
    pen.
    """

    result: Outcome
    number: str
    business: str
    industry: str
    granted_at: Moment
    expires_at: Moment | None
    evidence: str
    evidence_sha256: str
    wording: str
    unknown: tuple[str, ...]


class EnteredConsents(msgspec.Struct, frozen=True, kw_only=True):
    """In the order in which they were sent."""

    items: tuple[EnteredConsent, ...]


class ConsentWithdrawal(Body, frozen=True, kw_only=True):
    number: Number
    business: Business
    industry: Annotated[str, Meta(description="Only for this industry; else for all.", max_length=200)] = ""
    reason: Annotated[str, Meta(description="For the log.", max_length=500)] = ""


class ConsentWithdrawals(Body, frozen=True, kw_only=True):
    entries: Annotated[tuple[ConsentWithdrawal, ...], Meta(min_length=1, max_length=MOST)]


class WithdrawnConsent(msgspec.Struct, frozen=True, kw_only=True):
    """``withdrawn``: how many consents; none of them with ``already``."""

    result: Literal["withdrawn", "already"]
    number: str
    business: str
    withdrawn: int


class WithdrawnConsents(msgspec.Struct, frozen=True, kw_only=True):
    """In the order in which they were sent."""

    items: tuple[WithdrawnConsent, ...]


async def add(asked: Asked[NoQuery, Consent]) -> Answer:
    (item,) = await _entered(asked, [asked.body])
    return Answer(status=entries.status([item.result]), body=item)


async def add_all(asked: Asked[NoQuery, Consents]) -> Answer:
    items = await _entered(asked, asked.body.entries, within="entries")
    return Answer(
        status=entries.status(item.result for item in items), body=EnteredConsents(items=tuple(items))
    )


async def withdraw(asked: Asked[NoQuery, ConsentWithdrawal]) -> Answer:
    (item,) = await _withdrawn(asked, [asked.body])
    return Answer(status=201 if item.withdrawn else 200, body=item)


async def withdraw_all(asked: Asked[NoQuery, ConsentWithdrawals]) -> Answer:
    items = await _withdrawn(asked, asked.body.entries, within="entries")
    return Answer(
        status=201 if any(item.withdrawn for item in items) else 200,
        body=WithdrawnConsents(items=tuple(items)),
    )


async def _entered(
    asked: Asked[NoQuery, Consent] | Asked[NoQuery, Consents], given: Sequence[Consent], within: str = ""
) -> list[EnteredConsent]:
    told = [
        Given(
            number=one.number,
            business=one.business,
            industry=one.industry,
            evidence=one.evidence,
            granted_at=entries.text(one.granted_at),
            expires_at=entries.text(one.expires_at),
            evidence_sha256=one.evidence_sha256,
            wording=one.wording,
        )
        for one in given
    ]
    work = consents.add_all(asked.context, told, only=entries.only(asked), made=await entries.made(asked))
    return [
        EnteredConsent(
            result=done.outcome,
            number=asked.number(done.entry.number),
            business=done.entry.business,
            industry=done.entry.industry,
            granted_at=done.entry.granted_at,
            expires_at=done.entry.expires_at,
            evidence=done.entry.evidence,
            evidence_sha256=done.entry.evidence_sha256,
            wording=done.entry.wording,
            unknown=done.unknown,
        )
        for done in await entries.placed(asked, work, within=within)
    ]


async def _withdrawn(
    asked: Asked[NoQuery, ConsentWithdrawal] | Asked[NoQuery, ConsentWithdrawals],
    given: Sequence[ConsentWithdrawal],
    within: str = "",
) -> list[WithdrawnConsent]:
    told = [
        Withdrawal(number=one.number, business=one.business, industry=one.industry, reason=one.reason)
        for one in given
    ]
    work = consents.withdraw_all(
        asked.context, told, only=entries.only(asked), made=await entries.made(asked)
    )
    return [
        WithdrawnConsent(
            result="withdrawn" if done.count else "already",
            number=asked.number(done.number),
            business=done.business,
            withdrawn=done.count,
        )
        for done in await entries.placed(asked, work, within=within)
    ]


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/consents",
        scope=Scope.CONSENT,
        summary="Register a consent.",
        handle=add,
        body=Consent,
        answers={201: EnteredConsent, 200: EnteredConsent},
    ),
    Endpoint(
        method="POST",
        path="/v1/consents/batch",
        scope=Scope.CONSENT,
        summary="Register up to 1,000 consents: all of them, or none.",
        handle=add_all,
        body=Consents,
        most_body=entries.MOST_BODY,
        answers={201: EnteredConsents, 200: EnteredConsents},
    ),
    Endpoint(
        method="POST",
        path="/v1/consents/withdrawals",
        scope=Scope.CONSENT,
        summary="Record that a person withdrew the consent: it counts from the next attempt on.",
        handle=withdraw,
        body=ConsentWithdrawal,
        answers={201: WithdrawnConsent, 200: WithdrawnConsent},
    ),
    Endpoint(
        method="POST",
        path="/v1/consents/withdrawals/batch",
        scope=Scope.CONSENT,
        summary="Record up to 1,000 withdrawals: all of them, or none.",
        handle=withdraw_all,
        body=ConsentWithdrawals,
        most_body=entries.MOST_BODY,
        answers={201: WithdrawnConsents, 200: WithdrawnConsents},
    ),
)
