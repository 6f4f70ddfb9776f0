"""Registrations with authorities: who needs one and has none that is valid may not call."""

from __future__ import annotations

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered, ShownEntry, shown
from dialpact.compliance.model import Registrant, Registration
from dialpact.compliance.registers.cell import any_identifier, free_text, identifier
from dialpact.compliance.registers.moment import day
from dialpact.compliance.registers.registration import entry_key, registration
from dialpact.store.ports.page import ALL, Page


async def add(
    context: Context,
    holder: Registrant,
    id: str,
    kind: str,
    *,
    number: str = "",
    valid_from: str,
    valid_to: str = "",
) -> Entered[Registration]:
    """A renewal is one more. Fault when the holder is not registered here."""
    context.actor.need(Right.REGISTERS)
    new = registration(holder, id, kind, number=number, valid_from=valid_from, valid_to=valid_to)
    outcome = await context.store.registrations.add(new, by=context.by, at=context.now())
    return Entered(outcome=outcome, entry=new)


async def remove(
    context: Context, holder: Registrant, id: str, kind: str, *, valid_from: str = "", reason: str
) -> Registration:
    """What was removed; it counts from the next attempt on. ``valid_from``: which one of several."""
    context.actor.need(Right.REGISTERS)
    wanted, why = identifier(id, holder), free_text(reason, "reason")
    starts = day(valid_from, "valid_from") if valid_from.strip() else None
    return await context.store.registrations.remove(
        holder, wanted, identifier(kind, "kind"), starts, reason=why, by=context.by, at=context.now()
    )


async def listed(context: Context, *, kind: str = "", after: str = "", most: int = ALL) -> Page[Registration]:
    """By holder, id, kind and first day."""
    context.actor.need(Right.CALLS)
    wanted = any_identifier(kind, "kind")
    return await context.store.registrations.list(kind=wanted, after=after, most=most)


async def show(context: Context, holder: Registrant, id: str) -> ShownEntry[Registration]:
    """All of one. Fault when there never was any."""
    context.actor.need(Right.CALLS)
    wanted = identifier(id, holder)
    found = await context.store.registrations.list(holder=holder, id=wanted)
    return await shown(context, "registration", entry_key(holder, wanted), found.rows)
