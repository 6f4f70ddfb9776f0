"""The receivers of webhooks are told what happens, beside what ``dialpact web`` answers."""

from __future__ import annotations

import asyncio

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.webhooks import sender
from dialpact.web.site import Site

END_SECONDS = 6.0  # for what is under way


async def work(site: Site) -> None:
    """Until it is cancelled, also where no receiver is configured."""
    if not site.config.webhooks:
        await asyncio.get_running_loop().create_future()
    context = Context(site.store, Actor(name="dialpact", door=Door.DAEMON), site.clock, site.uptime)
    stop = asyncio.Event()
    telling = asyncio.create_task(sender.run(context, site.config, lambda: site.rules().policy, stop))
    try:
        await asyncio.shield(telling)
    except asyncio.CancelledError:
        stop.set()
        await asyncio.wait({telling}, timeout=END_SECONDS)
        telling.cancel()
        await asyncio.gather(telling, return_exceptions=True)
        raise
