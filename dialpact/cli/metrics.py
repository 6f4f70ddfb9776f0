"""What each daemon shows to a scraper, beside its work, where ``[metrics]`` says so."""

from __future__ import annotations

import asyncio
import contextlib
from typing import TYPE_CHECKING

import structlog

from dialpact.cli.command_context import CommandContext

if TYPE_CHECKING:
    from dialpact.web.server import Outside, OutsideOfWeb

OUTSIDE_SECONDS = 10.0  # between two attempts to bind the address of the metrics
log = structlog.get_logger()


async def seen(session: CommandContext, outside: Outside | OutsideOfWeb, stop: asyncio.Event) -> None:
    """Metrics and health, until ``stop``. They never end a daemon: what fails is told and tried again."""
    assert session.reloading is not None  # set before any part starts
    role = session.reloading.role
    if session.config.metrics is None:
        return
    from dialpact.web.server import serving

    while not stop.is_set():
        try:
            async with serving(outside, session.config.metrics.of(role)):
                await stop.wait()
        except OSError as error:
            log.error("no metrics", error=str(error))
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(stop.wait(), OUTSIDE_SECONDS)
