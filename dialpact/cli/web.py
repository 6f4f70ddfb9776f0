"""``dialpact web``: what programs and other machines may ask over HTTP, in a process of its own.

It is no part of the gate, and can not be in its way. Its rules are those in force: a reload reaches it too.
"""

from __future__ import annotations

import asyncio
import signal
import sys
from functools import partial
from pathlib import Path

import structlog

from dialpact.application.accounts import links
from dialpact.application.reloading import Reloading, Word
from dialpact.cli import asterisk, interpreter, job_worker, notify
from dialpact.cli.api_key import secret
from dialpact.cli.command_context import BUSY_MS, DONE, FAILED, CommandContext
from dialpact.cli.logs import configure_logs
from dialpact.cli.metrics import seen
from dialpact.cli.scheduling import aside
from dialpact.cli.web_site import assembled
from dialpact.compliance import numbers
from dialpact.compliance.config import Config
from dialpact.compliance.errors import ConfigError, DialpactError
from dialpact.compliance.meters import METERS
from dialpact.presentation.evidence_report import reports
from dialpact.web import process
from dialpact.web.app import SOURCES, WORKS, application
from dialpact.web.process import Tls
from dialpact.web.server import OutsideOfWeb
from dialpact.web.site import Site
from dialpact.web.supervised import supervised

log = structlog.get_logger()


def web(session: CommandContext) -> int:
    """Answers programs and other machines over HTTP."""
    return interpreter.run(_web(session))


async def _web(session: CommandContext) -> int:
    tls = _tls(session.config)
    if session.config.supervision and session.config.supervision.supervised:
        session.config.supervision.secret(session.config)  # better at the start than at the first letter
    reloading = session.reloading = Reloading(session.config.origin, "web", session.clock, _tell)
    configure_logs()
    numbers.warm()
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, stop.set)
    loop.add_signal_handler(signal.SIGHUP, reloading.ask)
    config = reloading.config
    parts = assembled(
        config,
        reloading.policy,
        session.clock,
        session.machine.uptime,
        partial(job_worker.command, Path(config.origin)),
        BUSY_MS,
        asterisk.manager,
    )
    sources = (*SOURCES, supervised(partial(reports, session.language, session.machine.pdf)))
    METERS.reloaded_at = session.clock.now().timestamp()
    alive = asyncio.create_task(notify.stay_alive())
    beside: list[asyncio.Task[None]] = []
    try:
        listening = process.bound(*config.web.address)
        host, port = listening.getsockname()[:2]
        link = ""

        def started() -> None:
            # (A transaction's thread that waited for the loop's would make calls wait for its lock.)
            interpreter.settle()
            aside()
            log.info("listening", host=host, port=port, tls=tls is not None)
            if link:
                session.answer({"first_account": link}, session.text("say.first-account", link=link))
                sys.stdout.flush()
            notify.tell(notify.READY)

        reloading.add(parts.rules)
        async with parts.opened():
            link = await _first(session, parts.site, host, port)
            works = (reloading.run(stop), *(work(parts.site) for work in WORKS))
            beside += [asyncio.create_task(work) for work in works]
            for task in beside:
                task.add_done_callback(lambda _: stop.set())  # none ends by itself
            outside = OutsideOfWeb(
                config=lambda: reloading.config, waiting=parts.site.store.jobs.waiting, clock=session.clock
            )
            beside.append(asyncio.create_task(seen(session, outside, stop)))
            running = asyncio.create_task(parts.jobs.run(stop))
            try:
                await process.serve(
                    application(parts.site, sources),
                    listening,
                    tls,
                    stop,
                    started,
                    behind_proxy=config.web.behind_proxy,
                )
            finally:
                stop.set()
                await running
            await _ended(beside)
    except (DialpactError, OSError) as error:
        log.critical("failed", error=str(error))
        return FAILED
    finally:
        notify.tell(notify.STOPPING)
        alive.cancel()
        log.info("stopped")
    return DONE


async def _first(session: CommandContext, site: Site, host: str, port: int) -> str:
    """Where there is no account yet: a link by which somebody makes the first, once, within a day."""
    try:
        if await site.store.accounts.any():
            return ""
        secret(session)  # made where there is none yet: who comes by the link needs it
    except (DialpactError, OSError) as error:
        log.warning("nobody can make the first account now", error=str(error))
        return ""
    web = session.config.web
    named = f"[{host}]" if ":" in host else host
    base = web.base_url or f"{'https' if web.secure else 'http'}://{named}:{port}"
    return links.address(base, site.desk.first.made(session.clock.now()))


async def _ended(beside: list[asyncio.Task[None]]) -> None:
    """Raises what one of them failed with."""
    for task in beside:
        task.cancel()
    for outcome in await asyncio.gather(*beside, return_exceptions=True):
        if isinstance(outcome, Exception):
            raise outcome


def _tell(word: Word) -> None:
    notify.tell(notify.reloading() if word == "reloading" else notify.READY)


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
