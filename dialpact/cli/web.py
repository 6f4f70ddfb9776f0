"""``dialpact web``: what programs and other machines may ask over HTTP, in a process of its own.

It is no part of the gate: it looks at snapshots of the database, and a reload does not reach it.
"""

from __future__ import annotations

import asyncio
import signal
from collections.abc import AsyncIterator, Coroutine
from contextlib import asynccontextmanager
from functools import partial

import structlog

from dialpact.cli import notify
from dialpact.cli.command_context import BUSY_MS, DONE, FAILED, CommandContext
from dialpact.cli.evidence.report import reports
from dialpact.cli.logs import configure_logs
from dialpact.compliance.config import Config
from dialpact.compliance.errors import ConfigError, DialpactError
from dialpact.store.sqlite import Store
from dialpact.web import process, telling
from dialpact.web.app import SOURCES, application
from dialpact.web.process import Tls
from dialpact.web.site import Site
from dialpact.web.supervised import supervised

log = structlog.get_logger()


async def web(session: CommandContext) -> int:
    """Answers programs and other machines over HTTP."""
    config = session.config
    tls = _tls(config)
    if config.supervision and config.supervision.supervised:
        config.supervision.secret(config)  # better at the start than at the first letter
    configure_logs()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    store = Store(config.database, BUSY_MS)
    site = Site(config=config, store=store, clock=session.clock, uptime=session.machine.uptime)
    alive = asyncio.create_task(notify.stay_alive())
    try:
        listening = process.bound(*config.web.address)
        host, port = listening.getsockname()[:2]

        def started() -> None:
            log.info("listening", host=host, port=port, tls=tls is not None)
            notify.tell(notify.READY)

        async with store, _beside(telling.work(site)):
            await process.serve(
                application(
                    site, (*SOURCES, supervised(partial(reports, session.language, session.machine.pdf)))
                ),
                listening,
                tls,
                stop,
                started,
            )
    except (DialpactError, OSError) as error:
        log.critical("failed", error=str(error))
        return FAILED
    finally:
        notify.tell(notify.STOPPING)
        alive.cancel()
        log.info("stopped")
    return DONE


@asynccontextmanager
async def _beside(work: Coroutine[object, object, None]) -> AsyncIterator[None]:
    """Goes on meanwhile; whatever it fails with is told, and ends nothing else."""
    task = asyncio.create_task(work)
    try:
        yield
    finally:
        task.cancel()
        for error in await asyncio.gather(task, return_exceptions=True):
            if isinstance(error, Exception):
                log.error("failed", error=str(error), exc_info=error)


def _tls(config: Config) -> Tls | None:
    """ConfigError where others could read along."""
    own = config.web
    if bool(own.certificate) != bool(own.private_key):
        raise ConfigError(f"{config.origin}: [web] certificate and private_key: both or none")
    if own.exposed:
        raise ConfigError(
            f"{config.origin}: [web] listen {own.listen} is reached from other hosts: it needs certificate "
            "and private_key, or a loopback address behind a proxy"
        )
    if not own.certificate:
        return None
    return Tls(certificate=config.path(own.certificate), private_key=config.path(own.private_key))
