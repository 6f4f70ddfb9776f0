"""Looks at the installation every few seconds, beside the work, and keeps what it found.

Who asks from outside gets the last look and its age, never a look of his own: a disk or a database that hangs
hangs one thread here, and shows as a look that grows old.
"""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path

import structlog

from compliance.calendars import days_left
from compliance.errors import DialpactError
from compliance.meters import METERS
from compliance.profile import Policy
from compliance.registers.moment import HOME
from compliance.store.sqlite import Store
from compliance.store.sqlite.health import Health, health
from console.doctor import host, rules
from console.doctor.found import Found, Site, fail, ok
from console.observe import notify
from console.session import Session

EVERY = 5.0  # seconds between two looks
PATIENCE = 3.0  # for one of them
OLD = 15.0  # seconds after which a look says nothing of now
BEAT = 1.0
SILENT = 5.0  # seconds without a turn of the event loop
log = structlog.get_logger()


@dataclass(frozen=True)
class Look:
    """What was found at ``at`` (monotonic seconds). ``free``: bytes by what they are for."""

    at: float = 0.0
    now: datetime | None = None
    found: tuple[Found, ...] = ()
    health: Health | None = None
    days_left: int | None = None  # of the calendar that is in force
    free: dict[str, int] = field(default_factory=dict)

    @property
    def age(self) -> float:
        return time.monotonic() - self.at

    def wrong(self) -> list[Found]:
        """Why a call that may be made would not be made now; nothing when it would."""
        found = [one for one in self.found if one.result == "fail"]
        if self.age > OLD:
            found.append(fail("look-old", age=f"{self.age:.0f}" if self.at else "-"))
        return found


class Watch:
    """``look`` is the newest. ``policy``: gives the one in force."""

    def __init__(self, session: Session, policy: Callable[[], Policy]) -> None:
        self.look = Look()
        self._session, self._policy = session, policy
        self._disks: asyncio.Future[dict[str, int]] | None = None

    @property
    def mode(self) -> str:
        return self._session.config.policy.mode

    def alive(self) -> bool:
        """Whether the event loop turns."""
        return time.monotonic() - METERS.beat < SILENT

    async def run(self, stop: asyncio.Event) -> None:
        """Until ``stop``; raises nothing but cancellation."""
        beat = asyncio.create_task(self._beat())
        try:
            while not stop.is_set():
                try:
                    self.look = await self.once()
                except Exception as error:  # a fault of ours must not end the gate
                    log.error("not looked at", error=str(error), exc_info=error)
                try:
                    await asyncio.wait_for(stop.wait(), EVERY)
                except TimeoutError:
                    continue
        finally:
            beat.cancel()

    async def _beat(self) -> None:
        while True:
            METERS.beat = time.monotonic()
            if self.look.age < OLD:  # a process that can not look is no healthy one
                notify.tell("WATCHDOG=1")
            await asyncio.sleep(BEAT)

    async def once(self) -> Look:
        session, policy = self._session, self._policy()
        now = session.clock.now()
        site = Site(session.config, now, now.astimezone(HOME).date(), Path(), policy)
        found, stored = await self._store(site)
        site = Site(session.config, now, site.today, Path(), policy, stored)
        found += list(rules.calendar(site))
        found.append(await host.gate(site))
        found += host.recorder(site)
        free = await self._free()
        found += _disks(site, free)
        left = days_left(policy.calendar, site.today)
        return Look(time.monotonic(), now, tuple(found), stored, left, free)

    async def _store(self, site: Site) -> tuple[list[Found], Health | None]:
        try:
            async with asyncio.timeout(PATIENCE), await Store.open(site.config.database) as store:
                stored = await health(store, site.config.node.name, site.now, site.today)
        except TimeoutError:
            return [fail("database-silent", seconds=f"{PATIENCE:g}")], None
        except DialpactError as error:
            return [fail("database-bad", error=error)], None
        file = site.config.database
        return [ok("database", file=file, version=stored.version)], stored

    async def _free(self) -> dict[str, int]:
        """Empty when a file system does not answer: one thread waits for it, however often is looked."""
        config = self._session.config
        where = {"recordings": config.recordings, "database": config.database.parent}
        if self._disks is None or self._disks.done():
            self._disks = asyncio.ensure_future(asyncio.to_thread(_free, where))
        done, _ = await asyncio.wait({self._disks}, timeout=PATIENCE)
        return self._disks.result() if done else {}


def _free(where: dict[str, Path]) -> dict[str, int]:
    found = {}
    for name, folder in where.items():
        try:
            space = os.statvfs(folder)
        except OSError:
            continue
        found[name] = space.f_bavail * space.f_frsize
    return found


def _disks(site: Site, free: dict[str, int]) -> Iterator[Found]:
    """``recordings`` is the recorder's business too, and it says more; this is for a gate that runs alone."""
    least = site.config.recording.min_free_mb
    for name in ("recordings", "database"):
        if name not in free:
            yield fail("disk-silent", what=name)
        elif free[name] >> 20 < (least if name == "recordings" else 1):
            yield fail("disk-full", what=name, free=free[name] >> 20)
