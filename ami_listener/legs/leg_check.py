"""One leg's facts, asked of Asterisk and the store, and the verdict on it.

What can not be found out counts against the leg: a call that may not be made is not made. A leg whose
decision can not be read because the store is down could not be recorded either, as its row could not be
written; it is cut while it rings, before somebody answers a call that nobody may join. The store gets the
time of its own patience for that: an unproven leg waits behind the interlock meanwhile. The one exception is
a number so short that it may be an emergency call: that is never cut on a doubt.
"""

from __future__ import annotations

import asyncio
import re
from datetime import datetime

import msgspec
import structlog

from ami_listener.ami import sent
from ami_listener.ami.connection import LinkError
from ami_listener.ami.events import UNSEEN, Origin
from ami_listener.ami.pbx import DECISION, EMERGENCY, Pbx, is_decision_id
from ami_listener.ami.sent import Sent
from ami_listener.legs import callers, leg_policy
from ami_listener.legs.leg_context import LegContext
from ami_listener.legs.leg_policy import LegVerdict
from dialpact.compliance.carrier_leg import Allowed
from dialpact.compliance.endpoints import dialled
from dialpact.compliance.errors import StoreError
from dialpact.compliance.numbers import masked

_LONG = re.compile(r"\+?[0-9]{7,}(?=@)")  # the number in the name of a Local channel
log = structlog.get_logger()


class Suspect(msgspec.Struct, frozen=True):
    """A leg as far as events tell. ``dial``: DialBegin's dial string, empty when it was not seen."""

    channel: str
    uniqueid: str
    trunks: dict[str, str]  # name: area code
    began: datetime
    dial: str = ""
    origin: Origin = UNSEEN
    ringing: bool = True


class Judgement(msgspec.Struct, frozen=True):
    """``wrong``: the decision fits, the number by which the leg left does not; why, and may it be cut?"""

    verdict: LegVerdict
    decision: str = ""  # the id, if it is one
    number: str = ""
    sent_from: str = ""
    wrong: LegVerdict | None = None


async def judge(context: LegContext, pbx: Pbx, leg: Suspect) -> Judgement:
    """Raises NoChannel, LinkError (the link is gone)."""
    number, known = dialled(leg.channel, leg.dial), ""
    left, wrong = Sent(), None
    try:
        if not leg.dial:
            number = dialled(leg.channel, await pbx.dialled(leg.channel))
        # At once: what is asked for the number costs a call that is allowed no time of its own.
        decision, left = await asyncio.gather(pbx.variable(leg.channel, DECISION), pbx.sent(leg.channel))
        known = decision if is_decision_id(decision) else ""
        verdict = await _judge(context, leg, decision, number)
        if verdict.allowed is None:
            verdict = await spare_emergency(context, pbx, leg, number, verdict)
        else:
            left, flaw = await _look_at_number(context, pbx, leg, left, verdict.allowed)
            if flaw:
                wrong = await spare_emergency(context, pbx, leg, number, LegVerdict(flaw))
    except LinkError as error:
        if pbx.lost:
            raise
        log.warning("asterisk did not answer, leg not judged", leg=leg.channel, error=str(error))
        forms = context.bare(number, leg.trunks)
        spared = any(
            leg_policy.is_short(one) or leg_policy.is_emergency(one, leg.trunks.values()) for one in forms
        )
        verdict = LegVerdict("leg-not-judged", emergency=spared and not callers.is_machine(leg.origin))
    return Judgement(verdict, known, number, left.number, wrong)


async def _look_at_number(
    context: LegContext, pbx: Pbx, leg: Suspect, left: Sent, allowed: Allowed
) -> tuple[Sent, sent.Flaw]:
    """Twice before it is not known, or is wrong on a leg of which no event came: that may just be being made.

    Nothing but the From tells of a leg that was found in the middle of its call: its connected line follows
    the call, through transfers too.
    """
    if not leg.origin.seen and not leg.ringing:
        left = Sent(left.uri, allowed.caller_id, "allowed") if left.has_uri else Sent()
        return left, sent.flaw(left, allowed.caller_id, allowed.sent_as) if left.has_uri else ""
    flaw = sent.flaw(left, allowed.caller_id, allowed.sent_as)
    if flaw == "caller-id-unknown" or (flaw and not leg.origin.seen):
        await asyncio.sleep(context.timings.legs.sent)
        left = await pbx.sent(leg.channel)
        flaw = sent.flaw(left, allowed.caller_id, allowed.sent_as)
    return left, flaw


async def _judge(context: LegContext, leg: Suspect, decision: str, number: str) -> LegVerdict:
    known = is_decision_id(decision)
    try:
        allowed = await _read(context, decision) if known else None
    except StoreError as error:
        log.error("store unavailable, leg can not be judged", leg=leg.channel, error=str(error))
        return LegVerdict("store-unavailable")
    return leg_policy.judge_leg(
        decision_id=decision,
        allowed=allowed,
        number=number,
        node=context.node,
        trunks=leg.trunks,
        began=leg.began,
        uniqueid=leg.uniqueid,
        origin=leg.origin,
        claim=context.claims.of(decision),
    )


async def spare_emergency(
    context: LegContext, pbx: Pbx, leg: Suspect, number: str, verdict: LegVerdict
) -> LegVerdict:
    """``verdict``, changed for a person's emergency call: of a number that is known as one, or of one that
    the site lists and its dialplan let pass.

    The variable alone is worth nothing, as whoever originates a call can set it. So the number must be on the
    site's list as well, and an Originate is no person. A number that could be a subscriber's is told all the
    same. What is clearly a machine's is not spared, as the dialplan does not let it pass; what is in doubt is
    for a number that everybody knows.
    """
    forms = context.bare(number, leg.trunks)
    known = any(leg_policy.is_emergency(one, leg.trunks.values()) for one in forms)
    originated = leg.origin.seen and not leg.origin.caller
    if not known and (originated or not any(map(leg_policy.is_plain, forms))):
        return verdict
    who = await callers.who(pbx, leg.origin)
    if known:
        return verdict if who == "machine" else verdict.spared("emergency")
    if (leg.origin.seen and who != "person") or await pbx.variable(leg.channel, EMERGENCY) != "1":
        return verdict
    for one in sorted(filter(leg_policy.is_plain, forms)):
        if await pbx.site_lists(one):
            return verdict.spared("emergency" if leg_policy.is_short(one) else "emergency-unusual")
    return verdict


async def _read(context: LegContext, decision: str) -> Allowed | None:
    """Tries again while there is time: a lock is short, and a call is at stake. Raises StoreError."""
    failure = "no answer in time"
    try:
        async with asyncio.timeout(context.timings.legs.store):
            while True:
                try:
                    return await context.store.carrier_legs.allowed(decision)
                except StoreError as error:
                    failure = str(error)
                await asyncio.sleep(context.timings.legs.retry)
    except TimeoutError:
        raise StoreError(failure) from None


def originator(origin: Origin) -> str:
    """Who dialled, in words for the incident; numbers masked."""
    if not origin.seen:
        return "dialled while nobody listened" + (f" linkedid={origin.linkedid}" if origin.linkedid else "")
    if not origin.caller:
        said = ["by an Originate"]
    else:
        said = ["by " + _LONG.sub(lambda found: masked(found[0]), origin.caller)]
        if origin.number and origin.number != "<unknown>":
            said.append(f"caller={masked(origin.number)}")
        said.append(f"context={origin.context}")
    if origin.account:
        said.append(f"account={origin.account}")
    said.append(f"linkedid={origin.linkedid}")
    return " ".join(said)[:300]
