"""The plain registers: entries that are looked up by their id and listed."""

from __future__ import annotations

from collections.abc import Mapping

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered, ShownEntry, shown
from dialpact.compliance.registers.cell import free_text, identifier
from dialpact.compliance.registers.plain import PlainRegister, T
from dialpact.store.ports.page import ALL, Page


async def add(
    context: Context, register: PlainRegister[T], id: str, given: Mapping[str, str | None]
) -> Entered[T]:
    """``given``: each field as a person wrote it. Fault when one is no such thing, or the id is taken."""
    context.actor.need(Right.REGISTERS)
    new = register.read(id, given)
    outcome = await context.store.entries.add(register, new, by=context.by, at=context.now())
    return Entered(outcome=outcome, entry=new)


async def remove(context: Context, register: PlainRegister[T], id: str, *, reason: str) -> T:
    """What it was; its history stays. Fault when it is not registered."""
    context.actor.need(Right.REGISTERS)
    wanted, why = identifier(id, "id"), free_text(reason, "reason")
    return await context.store.entries.remove(register, wanted, reason=why, by=context.by, at=context.now())


async def listed(
    context: Context, register: PlainRegister[T], *, after: str = "", most: int = ALL
) -> Page[T]:
    """By their ids."""
    context.actor.need(Right.CALLS)
    return await context.store.entries.list(register, after=after, most=most)


async def show(context: Context, register: PlainRegister[T], id: str) -> ShownEntry[T]:
    """With the history. Fault when there never was one."""
    context.actor.need(Right.CALLS)
    wanted = identifier(id, "id")
    found = await context.store.entries.get(register, wanted)
    return await shown(context, register.logged_as, wanted, (found,) if found else ())
