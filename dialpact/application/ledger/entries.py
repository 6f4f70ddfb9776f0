"""What is in the log: which leaf is of which record, and that one is in it as it was last signed."""

from __future__ import annotations

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.compliance.ledger.entry import Leaf, Proof
from dialpact.store.ports.page import ALL, Page


async def listed(
    context: Context, first: int | None = None, *, after: str = "", most: int = ALL
) -> Page[Leaf]:
    """From leaf ``first`` on; None: the newest ``most``, in the log's order."""
    context.actor.need(Right.LEDGER)
    return await context.store.ledger.list(first, after=after, most=most)


async def show(context: Context, leaf: int) -> Proof:
    """One with its record as it was hashed. LedgerError where there is none."""
    context.actor.need(Right.LEDGER)
    return await context.store.ledger.prove(leaf)
