"""What every daemon does beside its work: every ten minutes a look at the clocks, and a signed checkpoint.

1. Daemons of one node agree through the log itself: who finds a reading that is fresh by the host's uptime
   leaves it at that. Only at its start each one signs what was logged since the last checkpoint.
2. Nothing of it may stop a call. What fails is logged as an error and tried again; ``doctor`` shows it. It
   reads and writes files (keys, checkpoints), so each look is taken in a thread with a loop of its own.
"""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import structlog

from dialpact.application.ledger import rotation
from dialpact.cli.session import Session
from dialpact.compliance.clock import Uptime, host_uptime
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.ledger import keys
from dialpact.store.sqlite import Store, checkpoints, clocks

log = structlog.get_logger()

EVERY = timedelta(minutes=10)
FRESH = EVERY - timedelta(minutes=1)  # a reading that is younger is not repeated
NAME = "keeper"  # in the readings of the clocks
LAST_SECONDS = 3.0  # for the checkpoint of what was logged before an orderly end
COPIES = 1000  # checkpoints that are copied after the folder was away


async def keep(
    session: Session,
    stop: asyncio.Event,
    uptime: Callable[[], Uptime] = host_uptime,
    every: timedelta = EVERY,
) -> None:
    """At once, then regularly, until ``stop``, and then once more. Raises nothing but cancellation."""
    start = True
    while True:
        try:
            await _aside(session, uptime, start=start)
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
            await asyncio.wait_for(_aside(session, uptime, start=True), LAST_SECONDS)
        except Exception as error:  # the next start signs it
            log.warning("the ledger is not signed at the end", error=str(error))
        return


async def _aside(session: Session, uptime: Callable[[], Uptime], *, start: bool) -> bool:
    return await asyncio.to_thread(lambda: asyncio.run(once(session, uptime, start=start)))


async def once(session: Session, uptime: Callable[[], Uptime] = host_uptime, *, start: bool = False) -> bool:
    """Whether it was this daemon's turn. StoreError, LedgerError, OSError."""
    now, up = session.clock.now(), uptime()

    def take(connection: sqlite3.Connection) -> bool:
        last = clocks.last(connection, up.boot_id, NAME)
        if last is not None and timedelta() <= up.up - last < FRESH:
            return False
        clocks.take(connection, now, up, NAME)
        return True

    async with await Store.open(session.config.database) as store:
        turn = await store.transact(take)
        if not turn and not start:
            return False
        signer = await rotation.resume(session.config, store)
        await checkpoints.checkpoint(store, signer, now)
        if session.config.ledger.checkpoints:
            await _copy(session, store)
    return turn


async def _copy(session: Session, store: Store) -> None:
    """Every checkpoint that the folder lacks, the newest first, down to one that it has."""
    folder = session.config.path(session.config.ledger.checkpoints)
    for row in await store.transact(lambda connection: checkpoints.newest(connection, COPIES)):
        file = folder / f"{session.config.node.name}-{row['size']:012}.note"
        if not await asyncio.to_thread(_write, file, row["note"]):
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
