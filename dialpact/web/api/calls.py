"""``/v1/calls``: what was asked of the gate, what was answered and why, and what became of it."""

from __future__ import annotations

import asyncio
from collections.abc import Collection, Sequence
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from dialpact.application import listings
from dialpact.application.answer import FindingAnswer, findings, narrowed
from dialpact.application.context import Context
from dialpact.application.explanation import explain
from dialpact.compliance.calls import CallEntry, LegEntry, Supervisor, Verdict
from dialpact.compliance.model import Decision, Mode, PolicyVersion
from dialpact.compliance.outcome import Word
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.veil import Veil
from dialpact.store.ports.listings import WholeCall
from dialpact.store.ports.page import Page
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, Limit, NoQuery
from dialpact.web.api.recordings import InLedger, RecordingShown, in_ledger, shown_recording
from dialpact.web.api.veiled import PERSONAL, At, Spanned, veil, wanted


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A decision. ``verdict``, ``reasons``: as they were told; an ALLOW that never reached the PBX is the
    BLOCK that it became, for the reason in ``undelivered``. ``mode`` shadow: nobody was held to it.
    ``number``: the callee, E.164, empty where it was none; ``given``: as it was dialled. ``continues``: the
    first decision of the call that this one is another way of. ``behind_us``: microseconds by which its time
    is known to be too early. ``erased``: its time is over, and what it was made of is gone for good.
    """

    id: str
    node: str
    decided_at: At
    verdict: Verdict
    mode: Mode
    reasons: tuple[str, ...]
    undelivered: str | None
    retry_at: At | None
    number: str
    given: str
    caller_id: str
    campaign: str
    business: str
    agent: str
    trunk: str
    outcome: Word
    talk_seconds: float | None
    continues: str
    behind_us: int
    attack: str
    erased: bool


class CallList(msgspec.Struct, frozen=True, kw_only=True):
    """``next``: to be given as ``after`` for what is older; empty: that was all. A part of a list that is
    filtered may have fewer than ``limit``, even none, and still a ``next``.
    """

    items: tuple[Shown, ...]
    next: str


class Supervision(msgspec.Struct, frozen=True, kw_only=True):
    """Who listened to the call, or spoke into it, beside those who were in it."""

    channel: str
    way: str
    heard_by: str
    since: At
    until: At | None


class Leg(msgspec.Struct, frozen=True, kw_only=True):
    """What Asterisk told of a leg to the carrier. ``hangup_cause``: Q.850. ``sent_from``: the number that it
    left by; ``interlock``: how it passed the dialplan's.
    """

    channel: str
    uniqueid: str
    linkedid: str
    sip_call_id: str
    sent_from: str
    interlock: str
    dialled_at: At
    ringing_at: At | None
    answered_at: At | None
    ended_at: At | None
    dial_status: str
    hangup_cause: int | None
    supervision: tuple[Supervision, ...]


class CallShown(Shown, frozen=True, kw_only=True):
    """The whole decision. ``findings``: of every rule, in their order, in the asked language; of one that was
    erased they are gone, as are ``policy`` and ``calendar``: by which rules it was decided.
    """

    findings: tuple[FindingAnswer, ...]
    policy: tuple[PolicyVersion, ...]
    calendar: str
    carrier_legs: tuple[Leg, ...]
    recordings: tuple[RecordingShown, ...]
    ledger: InLedger


class CallsQuery(Spanned, frozen=True, kw_only=True):
    campaign: Annotated[str, Meta(description="Of this campaign alone.")] = ""
    verdict: Annotated[Verdict | None, Meta(description="As it was told.")] = None


class Search(Body, frozen=True, kw_only=True):
    """``number``: the callee in any form, or exactly as it was dialled. The rest as for the list."""

    number: str
    campaign: str = ""
    verdict: Verdict | None = None
    business: str = ""
    since: At | None = None
    until: At | None = None
    after: str = ""
    limit: Limit = 100


async def list_(asked: Asked[CallsQuery, None]) -> Answer:
    query = asked.query
    found = wanted(asked, query, campaign=query.campaign, verdict=query.verdict or "")
    async with asked.context.looking() as context:
        page = await listings.calls(context, found, after=query.after, most=query.limit)
        return await _listed(asked, context, page)


async def search(asked: Asked[NoQuery, Search]) -> Answer:
    body = asked.body
    span = Spanned(since=body.since, until=body.until, business=body.business)
    found = wanted(asked, span, campaign=body.campaign, verdict=body.verdict or "")
    async with asked.context.looking() as context:
        page = await listings.calls_to(context, body.number, found, after=body.after, most=body.limit)
        return await _listed(asked, context, page)


async def show(asked: Asked[NoQuery, None]) -> Answer:
    async with asked.context.looking() as context:
        found = await listings.call(context, asked.path["id"], asked.key.businesses)
        entry = found.entry
        callee = (entry.number, entry.given)
        senders = [entry.caller_id, *(leg.sent_from for leg in found.carrier_legs)]
        hidden = await veil(asked, context, (*callee, *_spellings(found.decision)), senders)
    return Answer(body=_whole(asked, found, hidden), headers=PERSONAL)


async def _listed(asked: Asked[Any, Any], context: Context, page: Page[CallEntry]) -> Answer:
    erased = await listings.erased(context, [one.id for one in page.rows])
    senders = await veil(asked, context, (), {one.caller_id for one in page.rows})
    items = await asyncio.to_thread(_rows, page.rows, senders, erased)
    return Answer(body=CallList(items=items, next=page.next), headers=PERSONAL)


def _rows(found: Sequence[CallEntry], senders: Veil, erased: Collection[str]) -> tuple[Shown, ...]:
    """In a thread: a thousand of them take a while, and somebody waits for a decision."""
    return tuple(_shown(one, senders.about((one.number, one.given)), one.id in erased) for one in found)


def _spellings(decision: Decision | None) -> tuple[str, ...]:
    """In which the callee may stand in a text."""
    if decision is None:
        return ()
    return decision.attempt.callee.national, decision.dial


def _fields(entry: CallEntry, hidden: Veil) -> dict[str, Any]:
    return {
        "id": entry.id,
        "node": entry.node,
        "decided_at": entry.decided_at,
        "verdict": entry.verdict,
        "mode": entry.mode,
        "reasons": entry.reasons,
        "undelivered": entry.undelivered,
        "retry_at": entry.retry_at,
        "number": hidden.number(entry.number),
        "given": hidden.number(entry.given),
        "caller_id": hidden.caller_id(entry.caller_id),
        "campaign": hidden.text(entry.campaign),
        "business": entry.business,
        "agent": hidden.text(entry.agent),
        "trunk": hidden.text(entry.trunk),
        "outcome": entry.outcome,
        "talk_seconds": entry.talk_seconds,
        "continues": entry.continues,
        "behind_us": entry.behind_us,
        "attack": hidden.text(entry.attack),
    }


def _shown(entry: CallEntry, hidden: Veil, erased: bool) -> Shown:
    return Shown(**_fields(entry, hidden), erased=erased)


def _whole(asked: Asked[Any, Any], found: WholeCall, hidden: Veil) -> CallShown:
    decision = found.decision
    return CallShown(
        **_fields(found.entry, hidden),
        erased=decision is None,
        findings=_findings(asked, decision, hidden) if decision else (),
        policy=decision.policy if decision else (),
        calendar=decision.calendar if decision else "",
        carrier_legs=tuple(_leg(one, hidden) for one in found.carrier_legs),
        recordings=tuple(shown_recording(one, hidden) for one in found.recordings),
        ledger=in_ledger(found.standing),
    )


def _findings(asked: Asked[Any, Any], decision: Decision, hidden: Veil) -> tuple[FindingAnswer, ...]:
    """Of the decision as it may be seen: so no rule says a number in its own words."""
    if asked.key.businesses:
        decision = narrowed(decision, asked.key.businesses)
    seen = hidden.decision(decision)
    return tuple(
        msgspec.structs.replace(
            one,
            text=hidden.text(one.text),
            looked_at=hidden.text(one.looked_at),
            clause=hidden.text(one.clause),
        )
        for one in findings(explain(seen), asked.language)
    )


def _leg(leg: LegEntry, hidden: Veil) -> Leg:
    return Leg(
        channel=hidden.text(leg.channel),
        uniqueid=hidden.text(leg.uniqueid),
        linkedid=hidden.text(leg.linkedid),
        sip_call_id=hidden.text(leg.sip_call_id),
        sent_from=hidden.caller_id(leg.sent_from),
        interlock=leg.interlock,
        dialled_at=leg.dialled_at,
        ringing_at=leg.ringing_at,
        answered_at=leg.answered_at,
        ended_at=leg.ended_at,
        dial_status=leg.dial_status,
        hangup_cause=leg.hangup_cause,
        supervision=tuple(_supervision(one, hidden) for one in leg.supervision),
    )


def _supervision(one: Supervisor, hidden: Veil) -> Supervision:
    return Supervision(
        channel=hidden.text(one.channel),
        way=one.way,
        heard_by=one.heard_by,
        since=one.since,
        until=one.until,
    )


ENDPOINTS = (
    Endpoint(
        method="GET",
        path="/v1/calls",
        scope=Scope.CALLS,
        summary="The calls that were asked for, the newest first.",
        handle=list_,
        query=CallsQuery,
        answers={200: CallList},
    ),
    Endpoint(
        method="POST",
        path="/v1/calls/search",
        scope=Scope.CALLS,
        summary="The calls to one number, the newest first.",
        handle=search,
        body=Search,
        answers={200: CallList},
        kept=False,
    ),
    Endpoint(
        method="GET",
        path="/v1/calls/{id}",
        scope=Scope.CALLS,
        summary="One call with what every rule found, its legs and its recordings.",
        handle=show,
        answers={200: CallShown},
    ),
)
