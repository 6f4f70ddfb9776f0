"""Suspensions: who may not call until an officer lifts it."""

from __future__ import annotations

from collections.abc import Sequence

from dialpact.application import caller_ids
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import ShownEntry, shown
from dialpact.compliance.model import Suspendable, Value
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.suspension import SuspensionEntry, entry_key, suspended_key
from dialpact.store.ports.page import ALL, Page


class Suspended(Value, frozen=True, kw_only=True):
    """What became of an order to suspend; ``entry`` is the one that is in force now."""

    outcome: Outcome
    entry: SuspensionEntry


async def suspend(context: Context, kind: Suspendable, key: str, *, reason: str) -> Suspended:
    """It counts from the next attempt on. Fault for what is not registered."""
    context.actor.need(Right.REGISTERS)
    wanted, cause = await exact_key(context, kind, key), free_text(reason, "reason")
    register = context.store.suspensions
    outcome = await register.add(kind, wanted, cause=cause, by=context.by, at=context.now())
    (entry,) = (await register.list(kind=kind, key=wanted)).rows
    return Suspended(outcome=outcome, entry=entry)


async def lift(context: Context, kind: Suspendable, key: str, *, reason: str) -> SuspensionEntry:
    """The count that led to it starts anew. Fault when none is in force."""
    context.actor.need(Right.REGISTERS)
    context.actor.need_no_second()
    wanted, why = await exact_key(context, kind, key), free_text(reason, "reason")
    return await context.store.suspensions.lift(kind, wanted, reason=why, by=context.by, at=context.now())


async def listed(
    context: Context, *, lifted: bool = False, after: str = "", most: int = ALL
) -> Page[SuspensionEntry]:
    """Those in force, the oldest first; with ``lifted`` all that there were."""
    context.actor.need(Right.CALLS)
    return await context.store.suspensions.list(lifted=lifted, after=after, most=most)


async def in_force(context: Context, kind: Suspendable, key: str) -> Sequence[SuspensionEntry]:
    """Of one, as the registers name it; there is one or none."""
    context.actor.need(Right.CALLS)
    return (await context.store.suspensions.list(kind=kind, key=key)).rows


async def show(context: Context, kind: Suspendable, key: str) -> ShownEntry[SuspensionEntry]:
    """All of one, the oldest first. Fault when there never was one."""
    context.actor.need(Right.CALLS)
    wanted = await exact_key(context, kind, key)
    found = await context.store.suspensions.list(kind=kind, key=wanted, lifted=True)
    return await shown(context, "suspension", entry_key(kind, wanted), found.rows)


async def exact_key(context: Context, kind: Suspendable, key: str) -> str:
    """As the gate compares it; a caller ID in any form of its number."""
    return suspended_key(kind, await caller_ids.resolved(context, key) if kind == "caller-id" else key)
