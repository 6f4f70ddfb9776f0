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
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar

import msgspec
import structlog

from ami_listener.ami import sent
from ami_listener.ami.connection import LinkError
from ami_listener.ami.events import UNSEEN, Origin
from ami_listener.ami.pbx import DECISION, EMERGENCY, NoChannel, Pbx, is_decision_id
from ami_listener.ami.sent import Sent
from ami_listener.legs import callers, leg_policy
from ami_listener.legs.leg_context import LegContext
from ami_listener.legs.leg_policy import LegVerdict
from dialpact.compliance.carrier_leg import FRESH, Allowed
from dialpact.compliance.endpoints import dialled
from dialpact.compliance.errors import StoreError
from dialpact.compliance.numbers import masked

_LONG = re.compile(r"\+?[0-9]{7,}(?=@)")  # the number in the name of a Local channel
log = structlog.get_logger()
T = TypeVar("T")


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
    """``wrong``: the decision fits, the number by which the leg left does not; why, and may it be cut?

    ``gone``: the leg ended before Asterisk could be asked about it.
    """

    verdict: LegVerdict
    decision: str = ""  # the id, if it is one
    number: str = ""
    sent_from: str = ""
    wrong: LegVerdict | None = None
    gone: bool = False


async def judge(context: LegContext, pbx: Pbx, leg: Suspect) -> Judgement:
    """Raises LinkError (the link is gone); NoChannel: the leg is, and nobody saw it dialled."""
    number, known = dialled(leg.channel, leg.dial), ""
    left, wrong, gone = Sent(), None, False
    verdict: LegVerdict | None = None
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
    except NoChannel:
        if not leg.dial:
            raise
        gone, verdict = True, await _judge_gone(context, pbx, leg, number, verdict)
        known = verdict.allowed.id if verdict.allowed else known
    except LinkError as error:
        if pbx.lost:
            raise
        log.warning("asterisk did not answer, leg not judged", leg=leg.channel, error=str(error))
        short = any(map(leg_policy.is_short, context.bare(number, leg.trunks)))
        spared = short or _is_emergency(context, leg, number)
        verdict = LegVerdict("leg-not-judged", emergency=spared and not callers.is_machine(leg.origin))
    return Judgement(verdict, known, number, left.number, wrong, gone)


async def _judge_gone(
    context: LegContext, pbx: Pbx, leg: Suspect, number: str, verdict: LegVerdict | None
) -> LegVerdict:
    """Of a leg that ended before it could be asked: a carrier refuses within a millisecond. ``verdict``: if
    its id had been read; else the store knows what the gate has let out on its caller's channel, or to a
    program for this number.

    Raises LinkError (the link is gone).
    """
    if verdict is None:
        legs, who = context.store.carrier_legs, (leg.origin.caller_id, leg.origin.linkedid)
        since = leg.began - FRESH
        try:
            found = await _patiently(
                context, lambda: legs.let_out(context.node, who, number, since, leg.began)
            )
            others = await _patiently(
                context, lambda: legs.let_out_by_program(context.node, number, since, leg.began)
            )
        except StoreError as error:
            log.error("store unavailable, leg can not be judged", leg=leg.channel, error=str(error))
            return LegVerdict("store-unavailable")
        fitting = [each for one in found if (each := _verdict(context, leg, one.id, one, number)).fits]
        if not fitting:  # what a program asked for no caller tells: one alone may be meant
            theirs = [each for one in others if (each := _verdict(context, leg, one.id, one, number)).fits]
            fitting = theirs if len(theirs) == 1 else []
        verdict = fitting[0] if fitting else LegVerdict("leg-not-judged")
    spared = not verdict.fits and _is_emergency(context, leg, number)
    if spared and await callers.who(pbx, leg.origin) != "machine":
        return verdict.spared("emergency")
    return verdict


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
        allowed = (
            await _patiently(context, lambda: context.store.carrier_legs.allowed(decision)) if known else None
        )
    except StoreError as error:
        log.error("store unavailable, leg can not be judged", leg=leg.channel, error=str(error))
        return LegVerdict("store-unavailable")
    return _verdict(context, leg, decision, allowed, number)


def _verdict(
    context: LegContext, leg: Suspect, decision: str, allowed: Allowed | None, number: str
) -> LegVerdict:
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


def _is_emergency(context: LegContext, leg: Suspect, number: str) -> bool:
    """Whether everybody knows the number as one."""
    return any(leg_policy.is_emergency(one, leg.trunks.values()) for one in context.bare(number, leg.trunks))


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
    known = _is_emergency(context, leg, number)
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


async def _patiently(context: LegContext, ask: Callable[[], Awaitable[T]]) -> T:
    """Tries again while there is time: a lock is short, and a call is at stake. Raises StoreError."""
    failure = "no answer in time"
    try:
        async with asyncio.timeout(context.timings.legs.store):
            while True:
                try:
                    return await ask()
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
