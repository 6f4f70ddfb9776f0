"""Do not call: who opted out of what. An opt-out has no expiry."""

from __future__ import annotations

from dialpact.application import ids
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered, ShownEntry, shown
from dialpact.compliance.model import DncEntry, Scope, Value
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.dnc import Said, dnc_entry, scoped
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page


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
    source: str = "",
    call: str = "",
    node: str,
) -> Entered[DncEntry]:
    """It counts from the next attempt on. ``call``: the decision's id of the call in which it was said.

    ``unknown``: a business or industry that nothing is registered under.
    """
    context.actor.need(Right.OPT_OUT)
    now, register = context.now(), context.store.dnc
    new = dnc_entry(context.person(number), scope, value, "", source, now=now)
    decision = await _call_to(context, call, new.number) if call else ""
    outcome = await register.told(new, by=context.by, at=now, node=node, decision=decision)
    named = {} if new.scope == "all" else {str(new.scope): new.value}
    unknown = await context.store.campaigns.unknown(**named)
    return Entered(outcome=outcome, entry=new, unknown=tuple(unknown))


async def remove(context: Context, number: str, *, scope: Scope, value: str = "", reason: str) -> Removed:
    """At the person's own wish: logged with who and why. Fault when it is not in force."""
    context.actor.need(Right.OPT_OUT)
    why = free_text(reason, "reason")
    wanted, holder = context.any_person(number), scoped(scope, value)
    await context.store.dnc.remove(wanted, scope, holder, reason=why, by=context.by, at=context.now())
    return Removed(number=wanted, scope=scope, value=holder)


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


async def _call_to(context: Context, call: str, number: str) -> str:
    """A slip of the pen in an id would name somebody else's call. Fault when there is no such call."""
    decision = await ids.decision(context, call)
    found = await context.store.calls.get(decision)
    if found is None:
        raise Fault("not-registered", entry=call)
    if found.decision.attempt.callee.e164 != number:
        raise Fault("call-to-another", call=call, entry=number)
    return decision
