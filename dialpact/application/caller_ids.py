"""Caller IDs: the numbers that may be shown, and what for."""

from __future__ import annotations

from collections.abc import Container, Sequence

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered, ShownEntry, shown
from dialpact.compliance.model import ANY, CallerId
from dialpact.compliance.registers.caller_id import caller_id, today
from dialpact.compliance.registers.cell import any_identifier
from dialpact.compliance.registers.number import caller_id as exact
from dialpact.compliance.registers.number import spellings
from dialpact.store.ports.page import ALL, Page


async def put(
    context: Context,
    number: str,
    *,
    business: str,
    licence: str,
    carrier: str,
    authenticated: bool,
    trunks: Sequence[str],
    purposes: Sequence[str],
    valid_from: str = "",
    valid_to: str = "",
    sent_as: Sequence[str] = (),
    as_written: bool = False,
    known_trunks: Container[str],
) -> Entered[CallerId]:
    """Adds or updates. No ``valid_from``: from today on. ``unknown``: its trunks that are not configured.

    ``as_written``: a number that could have lost its zero is meant so. Fault when its business is not
    registered.
    """
    context.actor.need(Right.REGISTERS)
    now = context.now()
    starts = valid_from or today(now).isoformat()
    new = caller_id(
        *(number, business, licence, carrier, authenticated),
        *(trunks, purposes, starts, valid_to, sent_as),
        as_written=as_written,
    )
    outcome = await context.store.caller_ids.put(new, by=context.by, at=now)
    strangers = tuple(name for name in new.trunks if name != ANY and name not in known_trunks)
    return Entered(outcome=outcome, entry=new, unknown=strangers)


async def resolved(context: Context, text: str) -> str:
    """The registered caller ID that somebody writes so, in any form of its number; else the text without what
    stands between digits.
    """
    if not text.strip():
        return ""
    forms = spellings(text, context.home(text))
    for form in forms:
        if (await context.store.caller_ids.list(number=form)).rows:
            return form
    return forms[0] if forms else text


async def remove(context: Context, number: str, *, reason: str = "") -> CallerId:
    """What was removed: calls with it are blocked from now on. Fault when it is not registered."""
    context.actor.need(Right.REGISTERS)
    register = context.store.caller_ids
    known = exact(await resolved(context, number))
    return await register.remove(known, reason=reason, by=context.by, at=context.now())


async def listed(context: Context, *, business: str = "", after: str = "", most: int = ALL) -> Page[CallerId]:
    """By their numbers."""
    context.actor.need(Right.CALLS)
    holder = any_identifier(business, "business")
    return await context.store.caller_ids.list(business=holder, after=after, most=most)


async def show(context: Context, number: str) -> ShownEntry[CallerId]:
    """Fault when there never was one."""
    context.actor.need(Right.CALLS)
    wanted = exact(await resolved(context, number))
    found = await context.store.caller_ids.list(number=wanted)
    return await shown(context, "caller-id", wanted, found.rows)
