"""``dialpact serve``, ``gate`` and ``listener``: the daemons, until SIGTERM or SIGINT.

The parts are imported when they start: a look into the registers need not wait for them.
"""

from __future__ import annotations

import asyncio
import contextlib
import signal
from collections.abc import Callable, Coroutine
from functools import partial
from typing import TYPE_CHECKING, Any

import structlog

from dialpact.application import retention
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.daemon_registry import Role
from dialpact.application.policy import load_policy
from dialpact.application.reloading import Reloading, Word
from dialpact.cli import interpreter, notify, status
from dialpact.cli.command_context import DONE, FAILED, CommandContext
from dialpact.cli.housekeeping import keep
from dialpact.cli.logs import configure_logs
from dialpact.cli.metrics import seen
from dialpact.cli.scheduling import promptly
from dialpact.compliance import numbers
from dialpact.compliance.config import Config
from dialpact.compliance.errors import DialpactError, StoreError, StoreRefused
from dialpact.compliance.meters import METERS
from dialpact.compliance.profile import Policy
from dialpact.compliance.retention import keep_until
from dialpact.store import sqlite
from dialpact.store.sqlite import Store

KEEPING_TRIES = 3  # each waits for a lock as long as a person would
if TYPE_CHECKING:
    from ami_listener.listener import Listener

log = structlog.get_logger()

Part = Callable[[CommandContext, asyncio.Event], Coroutine[Any, Any, None]]


def serve(session: CommandContext) -> int:
    """Gate and listener in one process."""
    return _run(session, "serve")


def gate(session: CommandContext) -> int:
    """Answers the PBX: may this call be placed?"""
    return _run(session, "gate")


def listener(session: CommandContext) -> int:
    """Records the calls, and watches that none goes round the gate."""
    return _run(session, "listener")


async def _gate(session: CommandContext, stop: asyncio.Event) -> None:
    from agi.service import serving

    reloading = _reloading(session)
    # The store's own patience with locks, not the command line's: a call has its answer by its deadline.
    async with (
        await Store.open(session.config.database, short_units=True) as store,
        serving(session.config, reloading.policy, store, session.clock, reloading.add),
    ):
        interpreter.settle()
        promptly()
        await stop.wait()


async def _listener(session: CommandContext, stop: asyncio.Event) -> None:
    from ami_listener.listener import Listener

    reloading = _reloading(session)
    # The store's own patience with locks, not the command line's: the lease must be renewed in time.
    async with await Store.open(session.config.database, short_units=True) as store:
        keep = partial(keep_until, policy=reloading.policy)
        listener = Listener(session.config, store, session.clock, keep)
        reloading.add(_Reloadable(listener))
        running = asyncio.create_task(listener.run())
        stopping = asyncio.create_task(stop.wait())
        interpreter.settle()
        promptly()
        await asyncio.wait({running, stopping}, return_when=asyncio.FIRST_COMPLETED)
        stopping.cancel()
        await listener.close()
        await running  # writes what is under way
        if not stop.is_set():
            raise DialpactError("the listener ended by itself")


class _Reloadable:
    """The listener's side of a reload."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener

    async def prepare(self, config: Config, policy: Policy) -> None:
        """Nothing of it can fail."""

    def replace(self, config: Config, policy: Policy) -> Callable[[], None]:
        return self._listener.replace(config, partial(keep_until, policy=policy))


async def _keeping_longer(session: CommandContext, stop: asyncio.Event) -> None:
    """At the start, and again after each reload."""
    while not stop.is_set():
        replaced = _reloading(session).replaced
        await keep_longer(session, stop)
        waits = [asyncio.create_task(event.wait()) for event in (replaced, stop)]
        await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        for wait in waits:
            wait.cancel()


async def keep_longer(session: CommandContext, stop: asyncio.Event) -> None:
    """Longer profiles than before keep for longer what is kept already."""
    policy = session.reloading.policy if session.reloading else load_policy(session.config)
    for left in reversed(range(KEEPING_TRIES)):
        try:
            async with session.store() as store:
                actor = Actor(name="dialpact", door=Door.DAEMON)
                context = Context(store, actor, session.clock, session.machine.uptime)
                raised = await retention.apply_policy(context, policy)
        except (StoreError, StoreRefused) as error:  # nothing is lost by it: a purge does the same first
            (log.warning if left else log.error)("retention not raised", error=str(error))
        else:
            log.info("retention", raised=raised)
            return
        if stop.is_set():
            return


async def _outside(session: CommandContext, stop: asyncio.Event) -> None:
    await seen(session, status.outside(session, _reloading(session).role), stop)


# What runs in each daemon, beside its reloads.
PARTS: dict[Role, tuple[Part, ...]] = {
    "serve": (_gate, _listener, _keeping_longer, keep, _outside),
    "gate": (_gate, keep, _outside),
    "listener": (_listener, _keeping_longer, keep, _outside),
}


def _reloading(session: CommandContext) -> Reloading:
    assert session.reloading is not None  # set before any part starts
    return session.reloading


def _run(session: CommandContext, role: Role) -> int:
    configure_logs()
    sqlite.warm()
    numbers.warm()
    session.reloading = Reloading(session.config.origin, role, session.clock, _tell)
    return interpreter.run(_until_stopped(session, (_reloads, *PARTS[role])))


def _tell(word: Word) -> None:
    """To systemd."""
    notify.tell(notify.reloading() if word == "reloading" else notify.READY)


async def _reloads(session: CommandContext, stop: asyncio.Event) -> None:
    await _reloading(session).run(stop)


async def _until_stopped(session: CommandContext, parts: tuple[Part, ...]) -> int:
    """A part that fails ends the others in order, and with them the process: systemd starts it anew."""
    stop = asyncio.Event()
    asyncio.get_running_loop().set_exception_handler(_unhandled)
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, stop.set)
    asyncio.get_running_loop().add_signal_handler(signal.SIGHUP, _reloading(session).ask)
    policy = session.config.policy
    log.info("starting", config=session.config.origin, policy=policy.profiles, mode=policy.mode)
    if policy.mode == "shadow":
        log.warning("shadow mode: every call is decided and recorded, none is blocked")
    METERS.reloaded_at = session.clock.now().timestamp()
    alive = asyncio.create_task(notify.stay_alive())
    tasks = [asyncio.create_task(part(session, stop)) for part in parts]
    ready = asyncio.create_task(_say_when_ready(session, parts))
    await asyncio.wait(tasks, return_when=asyncio.FIRST_EXCEPTION)
    ready.cancel()
    notify.tell(notify.STOPPING)
    stop.set()
    outcomes = await asyncio.gather(*tasks, return_exceptions=True)
    failures = [outcome for outcome in outcomes if outcome is not None]
    for failure in failures:
        expected = isinstance(failure, DialpactError | OSError)
        log.critical("failed", error=str(failure), exc_info=None if expected else failure)
    alive.cancel()
    log.info("stopped")
    return FAILED if failures else DONE


async def _say_when_ready(session: CommandContext, parts: tuple[Part, ...]) -> None:
    """To systemd: when the gate's socket takes calls, and at once for a listener alone."""
    if _gate in parts and session.config.gate.address[1]:
        host, port = session.config.gate.address
        here = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104
        while True:
            with contextlib.suppress(OSError):
                _, writer = await asyncio.open_connection(here, port)
                writer.close()
                break
            await asyncio.sleep(0.05)
    notify.tell(notify.READY)


def _unhandled(loop: asyncio.AbstractEventLoop, context: dict[str, Any]) -> None:
    """A callback that broke: into the log like everything else, with its traceback."""
    log.error("unhandled", what=context.get("message"), exc_info=context.get("exception"))
