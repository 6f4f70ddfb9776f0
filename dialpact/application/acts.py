"""Who did what, and when: the acts of the log, searched by who, what and when."""

from __future__ import annotations

from collections.abc import Sequence

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.store.ports.acts import ActKind, ActPage, ActsWanted


async def listed(context: Context, wanted: ActsWanted, *, after: str = "", most: int) -> ActPage:
    """The newest first. Fault for a cursor that is none."""
    context.actor.need(Right.CALLS)
    return await context.store.acts.list(wanted, after=after, most=most)


async def kinds(context: Context) -> Sequence[ActKind]:
    """Registers and actions of which there are any."""
    context.actor.need(Right.CALLS)
    return await context.store.acts.kinds()
