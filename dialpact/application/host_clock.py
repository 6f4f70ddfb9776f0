"""How late it is, as far as the host's clocks bear it out (compliance/trusted_time.py has the rule)."""

from __future__ import annotations

from dialpact.application.context import Context
from dialpact.compliance.trusted_time import Reading, Witness, begin, follow
from dialpact.store.ports import Store


async def take(context: Context, by: str) -> Witness:
    """Notes a reading and says what they bear out now. ``by``: which part of the product."""
    return await context.store.clocks.take(lambda: Reading(context.now(), context.uptime()), by)


async def look(context: Context) -> Witness:
    """The same, with nothing noted."""
    return await context.store.clocks.foretell(Reading(context.now(), context.uptime()))


async def forged(store: Store) -> int | None:
    """The first reading that is not as it was sealed, or whose trusted time is not what follows from it and
    from those before. None: all are in order.
    """
    seq = 0
    before: Witness | None = None
    while page := await store.clocks.readings(seq):
        for one in page:
            if one.flaw or one.reading is None or one.witness is None:
                return one.seq
            before = follow(before, one.reading) if before else begin(one.reading, one.last_call)
            if before != one.witness:
                return one.seq
        seq = page[-1].seq
    return None
