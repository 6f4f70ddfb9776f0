"""SIGHUP, or a file beside the database: a daemon takes new profiles, calendars, mode and trunks. All of
them, or none and it says why.

1. Everything is read and checked before anything changes; then all parts change in one turn of the event
   loop. A call whose session had begun ends under the rules that it began with.
2. What can not be changed without a restart is not ignored: the whole reload is refused.
3. No reload ends a daemon. After a refused one the old rules are in force, as if nobody had asked, also when
   a part failed after another had changed.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Callable
from pathlib import Path
from typing import Literal, Protocol

import structlog

from dialpact.application import active_config, daemon_registry
from dialpact.application.daemon_registry import Board, Daemon, Role
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.meters import METERS
from dialpact.compliance.profile import Policy

Word = Literal["reloading", "ready"]  # to whoever watches the daemon
PARTS: dict[Role, int] = {"serve": 2, "gate": 1, "listener": 1, "web": 1}
WATCH_SECONDS = 1.0
log = structlog.get_logger()


class Part(Protocol):
    """``prepare`` may fail, and changes nothing; ``replace`` changes the whole part and returns what takes it
    back, or fails and has changed nothing.
    """

    async def prepare(self, config: Config, policy: Policy) -> None: ...
    def replace(self, config: Config, policy: Policy) -> Callable[[], None]: ...


class Reloading:
    """What is in force in this process, and how the last reload ended. ConfigError, ProfileError,
    CalendarError, AreaError when what is to be in force at the start is not usable. ``tell``: the service
    manager.
    """

    def __init__(
        self, origin: str | Path | None, role: Role, clock: Clock, tell: Callable[[Word], None] | None = None
    ) -> None:
        self.role, self._clock, self._tell = role, clock, tell or (lambda word: None)
        self.config, self.policy = active_config.load(origin)
        self.current = active_config.active(self.config, self.policy)
        self.last_ok, self.why, self.reloads = True, "", 0
        self.started_at = self.last_at = clock.now()
        self.replaced = asyncio.Event()  # of what is in force now; a new one each time
        self._asked = asyncio.Event()
        self._complete = asyncio.Event()
        self._parts: list[Part] = []

    def add(self, part: Part) -> None:
        """A part that has started. Nothing is reloaded before all have: none may miss it."""
        self._parts.append(part)
        if len(self._parts) >= PARTS[self.role]:
            self._complete.set()

    def ask(self) -> None:
        """For the handler of SIGHUP. Several before the next reload are one."""
        self._asked.set()

    async def run(self, stop: asyncio.Event) -> None:
        """Reloads whenever it was asked, one at a time, until ``stop``."""
        work, watching = asyncio.create_task(self._run()), asyncio.create_task(self._watch())
        stopping = asyncio.create_task(stop.wait())
        await asyncio.wait({work, watching, stopping}, return_when=asyncio.FIRST_COMPLETED)
        for task in (work, watching, stopping):
            task.cancel()
        await asyncio.gather(work, watching, stopping, return_exceptions=True)
        for task in (work, watching):
            if not task.cancelled() and (error := task.exception()) is not None:
                raise error  # a reload that nobody answers any more must not look like one that was taken

    async def _watch(self) -> None:
        """For those who may send no signal (``daemon_registry.ask``)."""
        before = await self._asked_at()
        while True:
            await asyncio.sleep(WATCH_SECONDS)
            if (now := await self._asked_at()) > before:
                before = now
                self.ask()

    async def _asked_at(self) -> int:
        """0 as well where the folder can not be looked at: the store says so."""
        try:
            return await asyncio.to_thread(daemon_registry.asked_at, self.config)
        except OSError:
            return 0

    async def _run(self) -> None:
        await self._complete.wait()
        board = Board(self.config, self.role)
        try:
            while True:
                # A file, and the loop that turns here answers calls.
                await asyncio.to_thread(board.write, self.state)
                await self._asked.wait()
                self._asked.clear()
                self._tell("reloading")
                await self.reload()
                self._tell("ready")
        finally:
            await asyncio.to_thread(board.close)

    async def reload(self) -> bool:
        """Whether what lies on the disk is in force now."""
        origin, found = self.config.origin, "nothing"
        try:
            config, policy = await asyncio.to_thread(active_config.load, origin)
            new = active_config.active(config, policy)
            changed = active_config.changes(self.current, new)
            active_config.check(changed, self.role)
            for part in self._parts:
                await part.prepare(config, policy)
            self._replace(config, policy)
        except Exception as error:
            known = isinstance(error, DialpactError | OSError)
            self._note(ok=False, why=str(error) if known else f"internal error: {error!r}")
            log.error("reload refused", file=origin, why=self.why, exc_info=None if known else error)
            return False
        self.config, self.policy, self.current = config, policy, new
        self._note(ok=True, why="")
        found = ", ".join(change.key for change in changed) or found
        log.info("reloaded", file=origin, changed=found, mode=config.policy.mode, digest=new.digest[:12])
        if config.policy.mode == "shadow":
            log.warning("shadow mode: every call is decided and recorded, none is blocked")
        former, self.replaced = self.replaced, asyncio.Event()
        former.set()
        return True

    def _replace(self, config: Config, policy: Policy) -> None:
        """All parts in one turn of the event loop, or none: when one fails, those before it go back."""
        back: list[Callable[[], None]] = []
        try:
            for part in self._parts:
                back.append(part.replace(config, policy))
        except BaseException:
            for take_back in reversed(back):
                take_back()
            raise

    def _note(self, *, ok: bool, why: str) -> None:
        self.last_ok, self.why, self.last_at = ok, why, self._clock.now()
        METERS.reload_ok = ok
        if ok:
            METERS.reloaded_at = self.last_at.timestamp()
        self.reloads += 1

    @property
    def state(self) -> Daemon:
        config = self.config
        return Daemon(
            pid=os.getpid(),
            role=self.role,
            node=config.node.name,
            origin=config.origin,
            started_at=self.started_at,
            in_force=self.current,
            reloads=self.reloads,
            last_ok=self.last_ok,
            last_at=self.last_at,
            why=self.why,
        )
