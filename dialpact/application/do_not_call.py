"""Do not call: who opted out of what. An opt-out has no expiry."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

import msgspec

from dialpact.application import ids, limits
from dialpact.application.actor import Door, Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered, ShownEntry, shown
from dialpact.application.limits import Only
from dialpact.application.made import made_of
from dialpact.application.placed import placed
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.model import DncEntry, OptOutWay, Scope, Value
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.change import Made
from dialpact.compliance.registers.dnc import Said, dnc_entry, scoped
from dialpact.compliance.registers.fault import Fault, Faults
from dialpact.store.ports.page import ALL, Page

AHEAD = timedelta(minutes=1)  # so much may a program's clock be ahead of ours


class Told(Value, frozen=True, kw_only=True):
    """An opt-out that somebody tells of. ``requested_at``: when the person said so; empty: now. ``call``: the
    decision's id of the call in which it was said.
    """

    number: str
    scope: str = "all"
    value: str = ""
    requested_at: str = ""
    source: str = ""
    call: str = ""


class Removed(Value, frozen=True, kw_only=True):
    """The opt-out that no longer stands."""

    number: str
    scope: Scope
    value: str


class OptedOut(Value, frozen=True, kw_only=True):
    """All about one person: what is in force, its history, and each time that it was said."""

    shown: ShownEntry[DncEntry]
    said: tuple[Said, ...]


async def add(
    context: Context,
    number: str,
    *,
    scope: Scope = "all",
    value: str = "",
    requested_at: str = "",
    source: str = "",
    call: str = "",
    node: str,
) -> Entered[DncEntry]:
    """As ``add_all``, of one, and as it was asked. Fault."""
    told = Told(number=number, scope=scope, value=value, requested_at=requested_at, source=source, call=call)
    try:
        ((done, asked),) = await _entered(context, [told], node=node)
    except Faults as faults:
        raise faults.each[0][1] from faults
    return msgspec.structs.replace(done, entry=asked)


async def add_all(
    context: Context, told: Sequence[Told], *, node: str, only: Only = None, made: Sequence[Made] = ()
) -> list[Entered[DncEntry]]:
    """They count from the next attempt on: all of them, or none. Each as it is in force then: one that was
    already is as it was first recorded.

    ``unknown``: a business or industry that nothing is registered under. ``only``: the businesses that the
    actor may speak for; from all calls anybody may be taken. ``made``: the acts of an earlier try that was
    cut off before it could say so. Faults, NotPermitted.
    """
    return [done for done, _ in await _entered(context, told, node=node, only=only, made=made)]


async def _entered(
    context: Context, told: Sequence[Told], *, node: str, only: Only = None, made: Sequence[Made] = ()
) -> list[tuple[Entered[DncEntry], DncEntry]]:
    """Each as it is in force, and as it was asked."""
    context.actor.need(Right.OPT_OUT)
    now = context.now()
    news = await placed(told, lambda one: _read(context, one, only, now))
    unknown = [await _unknown(context, new) for new, _ in news]
    if made:
        done: Sequence[tuple[Outcome, DncEntry]] = [
            await _done(context, new, act) for new, act in _acts(news, made)
        ]
    else:
        how: OptOutWay = "api" if context.actor.door is Door.API else "command"
        done = await context.store.dnc.told(news, how=how, by=context.by, at=now, node=node)
    return [
        (Entered(outcome=outcome, entry=entry, unknown=names), asked)
        for (outcome, entry), names, (asked, _) in zip(done, unknown, news, strict=True)
    ]


async def remove(context: Context, number: str, *, scope: Scope, value: str = "", reason: str) -> Removed:
    """At the person's own wish: logged with who and why. No program can. Fault when it is not in force."""
    context.actor.need(Right.OPT_OUT)
    context.actor.need_person()
    context.actor.need_no_second()
    why = free_text(reason, "reason")
    wanted, holder = exact(context, number, scope, value)
    await context.store.dnc.remove(wanted, scope, holder, reason=why, by=context.by, at=context.now())
    return Removed(number=wanted, scope=scope, value=holder)


def exact(context: Context, number: str, scope: Scope, value: str) -> tuple[str, str]:
    """Number and value as the register has them. Fault."""
    return context.any_person(number), scoped(scope, value)


async def listed(
    context: Context,
    *,
    number: str = "",
    scope: str = "",
    value: str = "",
    after: str = "",
    most: int = ALL,
) -> Page[DncEntry]:
    """Those in force, by number, scope and value."""
    context.actor.need(Right.CALLS)
    wanted = context.any_person(number)
    return await context.store.dnc.list(number=wanted, scope=scope, value=value, after=after, most=most)


async def show(context: Context, number: str) -> OptedOut:
    """Fault when there never was anything."""
    context.actor.need(Right.CALLS)
    wanted, register = context.any_person(number), context.store.dnc
    found = await register.list(number=wanted)
    said = tuple(await register.said(wanted))
    return OptedOut(shown=await shown(context, "dnc", wanted, found.rows), said=said)


async def _read(context: Context, told: Told, only: Only, now: datetime) -> tuple[DncEntry, str]:
    """The entry, and the call's whole id or nothing."""
    number = context.person(told.number)
    source = told.source or (context.by if context.actor.door is Door.API else "")
    new = dnc_entry(number, told.scope, told.value, told.requested_at, source, now=now)
    if new.requested_at > now + AHEAD:
        raise Fault("in-the-future", column="requested_at", value=told.requested_at.strip())
    if new.scope == "business":
        limits.need(context, only, new.value)
    elif new.scope == "industry":
        await limits.need_industry(context, only, new.value)
    entry = msgspec.structs.replace(new, requested_at=min(new.requested_at, now))
    return entry, await _call_to(context, told.call, number, only) if told.call else ""


def _acts(
    news: Sequence[tuple[DncEntry, str]], made: Sequence[Made]
) -> Iterator[tuple[DncEntry, Made | None]]:
    def fits(place: int, act: Made) -> bool:
        new, _ = news[place]
        return act.action == "add" and (act.detail["scope"], act.detail["value"]) == (new.scope, new.value)

    found = made_of(made, "dnc", [new.number for new, _ in news], fits)
    return ((new, act) for (new, _), act in zip(news, found, strict=True))


async def _done(context: Context, new: DncEntry, act: Made | None) -> tuple[Outcome, DncEntry]:
    """What became of it then; of one that was in force already, how it stands."""
    if act is not None:
        return "added", msgspec.convert(act.detail, DncEntry)
    before = await context.store.dnc.list(number=new.number, scope=new.scope, value=new.value)
    return "already", before.rows[0] if before.rows else new


async def _unknown(context: Context, new: DncEntry) -> tuple[str, ...]:
    named = {} if new.scope == "all" else {str(new.scope): new.value}
    return tuple(await context.store.campaigns.unknown(**named))


async def _call_to(context: Context, call: str, number: str, only: Only) -> str:
    """A slip of the pen in an id would name somebody else's call. Fault when there is no such call.

    A program names the whole id: which ones begin alike is not for everybody.
    """
    decision = call if context.actor.door is Door.API else await ids.decision(context, call)
    try:
        found = await context.store.calls.get(decision)
    except LedgerError:  # erased: nobody can say whose it was
        found = None
    campaign = found.decision.facts.campaign if found else None
    if found is None or not limits.may(only, campaign.business if campaign else ""):
        raise Fault("not-registered", entry=call)
    if found.decision.attempt.callee.e164 != number:
        raise Fault("call-to-another", call=call, entry=number)
    return decision
