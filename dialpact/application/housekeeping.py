"""What every daemon does beside its work: a look at the clocks, a signed checkpoint, killed imports, and what
an erasure could not overwrite as others were reading.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger import signing
from dialpact.compliance.config import Config
from dialpact.compliance.ledger import keys
from dialpact.compliance.trusted_time import Reading

EVERY = timedelta(minutes=10)
FRESH = EVERY - timedelta(minutes=1)  # a reading that is younger is not repeated
NAME = "keeper"  # in the readings of the clocks
COPIES = 1000  # checkpoints that are copied after the folder was away


async def keep(context: Context, config: Config, *, start: bool = False) -> bool:
    """Whether it was this daemon's turn to note the clocks; with ``start`` it signs in any case.

    StoreError, LedgerError, OSError.
    """
    context.actor.need(Right.LEDGER)
    turn = await context.store.clocks.take_turn(lambda: Reading(context.now(), context.uptime()), NAME, FRESH)
    if not turn and not start:
        return False
    if turn and await context.store.erasure.overwriting_since():
        await context.store.erasure.overwrite()
    await signing.checkpoint(context, config)
    if config.ledger.checkpoints:
        await _copy(context, config)
    if turn:
        await context.store.imports.tidy()
    return turn


async def _copy(context: Context, config: Config) -> None:
    """Every checkpoint that the folder lacks, the newest first, down to one that it has."""
    folder = config.path(config.ledger.checkpoints)
    for one in await context.store.checkpoints.newest(COPIES):
        file = folder / f"{config.node.name}-{one.size:012}.note"
        if not await asyncio.to_thread(_write, file, one.note):
            return


def _write(file: Path, note: str) -> bool:
    """Whole or not at all; False when it is there already."""
    if file.exists():
        return False
    fresh = file.with_name(f".{file.name}")
    fresh.unlink(missing_ok=True)
    keys.write_new(fresh, note.encode(), 0o644)
    fresh.replace(file)
    return True
