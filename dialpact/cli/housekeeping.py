"""What every daemon does beside its work: every ten minutes a look at the clocks, and a signed checkpoint.

1. Daemons of one node agree through the log itself: who finds a reading that is fresh by the host's uptime
   leaves it at that. Only at its start each one signs what was logged since the last checkpoint.
2. Nothing of it may stop a call. What fails is logged as an error and tried again; ``doctor`` shows it. It
   reads and writes files (keys, checkpoints), so each look is taken in a thread with a loop of its own.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta

import structlog

from dialpact.application import housekeeping
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.housekeeping import EVERY
from dialpact.application.ledger.register_look import Watch
from dialpact.cli.command_context import CommandContext
from dialpact.cli.outsiders import Outsiders
from dialpact.compliance.errors import DialpactError
from dialpact.store.sqlite import Store

log = structlog.get_logger()

LAST_SECONDS = 3.0  # for the checkpoint of what was logged before an orderly end


async def keep(
    session: CommandContext,
    stop: asyncio.Event,
    every: timedelta = EVERY,
) -> None:
    """At once, then regularly, until ``stop``, and then once more. Raises nothing but cancellation."""
    outsiders = Outsiders(session)
    try:
        await _keep(session, stop, every, outsiders)
    finally:
        await outsiders.close()


async def _keep(session: CommandContext, stop: asyncio.Event, every: timedelta, outsiders: Outsiders) -> None:
    start, watch = True, Watch()
    while True:
        try:
            if await _aside(session, watch, start=start) or start:
                outsiders.begin()
        except (DialpactError, OSError) as error:
            log.error("the ledger is not kept", error=str(error))
        except Exception as error:  # a fault of ours must not end the gate either
            log.error("the ledger is not kept", error=str(error), exc_info=error)
        start = False
        try:
            await asyncio.wait_for(stop.wait(), every.total_seconds())
        except TimeoutError:
            continue
        try:
            await asyncio.wait_for(_aside(session, watch, start=True), LAST_SECONDS)
        except Exception as error:  # the next start signs it
            log.warning("the ledger is not signed at the end", error=str(error))
        return


async def _aside(session: CommandContext, watch: Watch, *, start: bool) -> bool:
    return await asyncio.to_thread(lambda: asyncio.run(once(session, watch, start=start)))


async def once(session: CommandContext, watch: Watch | None = None, *, start: bool = False) -> bool:
    """Whether it was this daemon's turn. StoreError, LedgerError, OSError."""
    async with await Store.open(session.config.database) as store:
        actor = Actor(name="dialpact", door=Door.DAEMON)
        context = Context(store, actor, session.clock, session.machine.uptime)
        return await housekeeping.keep(context, session.config, watch or Watch(), start=start)
