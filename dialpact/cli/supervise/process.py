"""``dialpact supervise serve``: the letter box and the page, until SIGTERM or SIGINT."""

from __future__ import annotations

import asyncio
import signal
from collections.abc import Callable
from functools import partial

import structlog

from dialpact.application.supervision.desk import Desk
from dialpact.cli import notify
from dialpact.cli.command_context import DONE, FAILED, CommandContext
from dialpact.cli.logs import configure_logs
from dialpact.cli.supervise.desk import desk
from dialpact.compliance.addresses import split_address
from dialpact.compliance.errors import DialpactError
from dialpact.web import process
from dialpact.web.process import Tls
from dialpact.web.supervision.letters import letters
from dialpact.web.supervision.pages import pages

log = structlog.get_logger()


async def serve(session: CommandContext) -> int:
    """Cosigns checkpoints, takes reports, and shows the page, until SIGTERM or SIGINT."""
    configure_logs()
    stop, up = asyncio.Event(), [0]
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)

    def started(what: str, address: str) -> None:
        log.info("listening", what=what, address=address)
        up[0] += 1
        if up[0] == 2:
            notify.tell(notify.READY)

    alive = asyncio.create_task(notify.stay_alive())
    try:
        async with desk(session, "witness") as here:
            await _serve(here, stop, started)
    except (DialpactError, OSError) as error:
        log.critical("failed", error=str(error))
        return FAILED
    finally:
        notify.tell(notify.STOPPING)
        alive.cancel()
    return DONE


async def _serve(here: Desk, stop: asyncio.Event, started: Callable[[str, str], None]) -> None:
    """Both doors; one that fails ends the other."""
    given, tls = here.config.witness, None
    if given.certificate:
        certificate, private_key = map(here.config.path, (given.certificate, given.certificate_key))
        tls = Tls(certificate=certificate, private_key=private_key)
    box = process.bound(*split_address(given.listen))
    try:
        page = process.bound(*split_address(here.config.page.listen))
    except OSError:
        box.close()
        raise
    doors = ((letters(here), box, tls, "letters"), (pages(here), page, None, "page"))
    running = []
    for app, bound, secured, what in doors:
        host, port = bound.getsockname()[:2]
        told = partial(started, what, f"{host}:{port}")
        running.append(asyncio.create_task(process.serve(app, bound, secured, stop, told)))
    await asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
    stop.set()
    await asyncio.gather(*running)
