"""What every daemon does beside its work: a look at the clocks, a signed checkpoint, killed imports, a look
at the registers, and what an erasure could not overwrite as others were reading.
"""

from __future__ import annotations

from datetime import timedelta

import structlog

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger import register_look, signing
from dialpact.application.ledger.register_look import Watch
from dialpact.compliance.config import Config
from dialpact.compliance.trusted_time import Reading

log = structlog.get_logger()

EVERY = timedelta(minutes=10)
FRESH = EVERY - timedelta(minutes=1)  # a reading that is younger is not repeated
NAME = "keeper"  # in the readings of the clocks


async def keep(context: Context, config: Config, watch: Watch | None = None, *, start: bool = False) -> bool:
    """Whether it was this daemon's turn to note the clocks; with ``start`` it signs in any case. ``watch``:
    what it remembers of its last look at the registers; None: it does not look at them.

    StoreError, LedgerError, OSError.
    """
    context.actor.need(Right.LEDGER)
    turn = await context.store.clocks.take_turn(lambda: Reading(context.now(), context.uptime()), NAME, FRESH)
    if not turn and not start:
        return False
    try:
        if turn:
            await _look_after(context, config, watch)
    finally:  # what is found is signed with the rest, and what is not looked at is no reason not to sign
        await _sign(context, config)
    return turn


async def _look_after(context: Context, config: Config, watch: Watch | None) -> None:
    await context.store.imports.tidy()
    if watch is not None:
        await register_look.look(context, config.node.name, watch)
    if await context.store.erasure.overwriting_since():
        await context.store.erasure.overwrite()


async def _sign(context: Context, config: Config) -> None:
    done = await signing.checkpoint(context, config)
    if done.foreign:
        log.warning("a head that is none of this log", heads=list(done.foreign[:5]))
    if done.strangers:
        log.warning("beside the checkpoints lies what is none of this log", files=list(done.strangers[:5]))
    await signing.copy(context, config)
