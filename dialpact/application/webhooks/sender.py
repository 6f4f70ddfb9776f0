"""All receivers, in the one process that sends.

Two of them would send everything twice: a lock of the kernel beside the database, which ends with its
process, however that ends.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import structlog

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.webhooks.receiver import Receiver, Timings
from dialpact.compliance.config import Config
from dialpact.compliance.profile import Policy

log = structlog.get_logger()
DEFAULT = Timings()
TRIES = 5  # ticks between two looks whether the other one has ended


async def run(
    context: Context,
    config: Config,
    policy: Callable[[], Policy],
    stop: asyncio.Event,
    timings: Timings = DEFAULT,
) -> None:
    """Until ``stop``. Whatever fails is told and tried again. ``policy``: what is in force now."""
    context.actor.need(Right.OPERATE)
    told = ""
    while not stop.is_set():
        with _lock(config.database) as held:
            if not held:
                receivers = [Receiver(context, config, name, policy, timings) for name in config.webhooks]
                await asyncio.gather(*(one.run(stop) for one in receivers))
                return
        if held != told:
            log.warning("webhooks-elsewhere", lock=str(lock_path(config.database)), why=held)
            told = held
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(stop.wait(), TRIES * timings.tick)


def lock_path(database: Path) -> Path:
    return database.with_name(f"{database.name}.webhooks")


@contextlib.contextmanager
def _lock(database: Path) -> Iterator[str]:
    """Why it can not be had: another process has it, or it can not be made. Empty: it is ours."""
    try:
        file = os.open(lock_path(database), os.O_CREAT | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o660)
    except OSError as error:
        yield error.strerror or str(error)
        return
    try:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            yield error.strerror or str(error)
            return
        yield ""
    finally:
        os.close(file)
