"""How late it is, as far as the host's clocks bear it out (compliance/trusted_time.py has the rule)."""

from __future__ import annotations

from dialpact.application.context import Context
from dialpact.compliance.trusted_time import Reading, Witness


async def take(context: Context, by: str) -> Witness:
    """Notes a reading and says what they bear out now. ``by``: which part of the product."""
    return await context.store.clocks.take(lambda: Reading(context.now(), context.uptime()), by)


async def look(context: Context) -> Witness:
    """The same, with nothing noted."""
    return await context.store.clocks.foretell(Reading(context.now(), context.uptime()))
