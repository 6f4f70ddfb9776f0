"""Businesses: who calls, and in which capacity."""

from __future__ import annotations

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered, ShownEntry, shown
from dialpact.compliance.model import Business
from dialpact.compliance.registers.business import business
from dialpact.compliance.registers.cell import identifier
from dialpact.store.ports.page import ALL, Page


async def add(context: Context, id: str, *, name: str, capacity: str) -> Entered[Business]:
    """Fault when the id is taken by another one."""
    context.actor.need(Right.REGISTERS)
    new = business(id, name, capacity)
    outcome = await context.store.businesses.add(new, by=context.by, at=context.now())
    return Entered(outcome=outcome, entry=new)


async def listed(context: Context, *, after: str = "", most: int = ALL) -> Page[Business]:
    """By their ids."""
    context.actor.need(Right.CALLS)
    return await context.store.businesses.list(after=after, most=most)


async def show(context: Context, id: str) -> ShownEntry[Business]:
    """Fault when there never was one."""
    context.actor.need(Right.CALLS)
    wanted = identifier(id, "id")
    found = await context.store.businesses.list(id=wanted)
    return await shown(context, "business", wanted, found.rows)
