"""One look at everything, shared by whoever asks within two seconds.

Ready means: a call that may be made would be made now. It is asked of the store (which must take a write),
the policy, the calendar's present day, the recorder's lease, the disks, and the gate through its own socket.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
from collections import Counter
from collections.abc import Awaitable, Callable, Coroutine, Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any, Protocol, TypeVar

from dialpact.application.doctor import host, outsiders, rules, webhooks
from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok
from dialpact.compliance.calendars import days_left
from dialpact.compliance.clock import Clock
from dialpact.compliance.config import Config
from dialpact.compliance.errors import DialpactError, StoreError
from dialpact.compliance.health import StoreFigures
from dialpact.compliance.profile import Policy
from dialpact.compliance.registers.moment import HOME
from dialpact.store.ports import Store

T = TypeVar("T")
FRESH_SECONDS = 2.0
STORE_SECONDS = 2.0
DISK_SECONDS = 1.0
# The doctor's names of checks for what is found here alone.
CHECKS = {"policy": "profile", "database-bad": "database", "disk-silent": "recordings"}


@dataclass(frozen=True, kw_only=True)
class Look:
    """``figures`` is None when the store did not answer; a disk's free bytes are None when it did not.

    ``remarks``: what is wrong and stops no call. ``standing``: all that was looked at, also what is well, by
    the doctor's names. ``at``: when.
    """

    problems: tuple[DoctorFinding, ...]
    figures: StoreFigures | None
    calendar_days: int | None
    free_recordings: int | None
    free_database: int | None
    remarks: tuple[DoctorFinding, ...] = ()
    standing: tuple[tuple[str, DoctorFinding], ...] = ()
    at: datetime | None = None


class OwnStore(Store, Protocol):
    """One that whoever opened it closes."""

    async def close(self) -> None: ...


@dataclass(frozen=True, kw_only=True)
class Sources:
    """Where a look goes: what is in force, asked anew each time, and a connection to the store of its own.

    ``policy`` raises DialpactError, ``open`` StoreError. ``fresh_seconds``: while a look is shared;
    ``store_seconds``: that the store is given to answer. ``recordings``: whether their folder is looked at: a
    gate apart may not see it, and takes the listener's word that it could record.
    """

    config: Callable[[], Config]
    policy: Callable[[], Awaitable[Policy]]
    open: Callable[[Config], Awaitable[OwnStore]]
    clock: Clock
    fresh_seconds: float = FRESH_SECONDS
    store_seconds: float = STORE_SECONDS
    recordings: bool = True


class Looking:
    """Takes looks. A question that hangs is asked once and not again until it is answered."""

    def __init__(self, sources: Sources) -> None:
        self._sources = sources
        self._store: OwnStore | None = None
        self._incidents: Counter[str] = Counter()
        self._counted = 0  # the newest incident of them
        self._asking: dict[str, asyncio.Task[Any]] = {}
        self._last: tuple[float, Look] | None = None
        self._lock = asyncio.Lock()

    async def look(self) -> Look:
        async with self._lock:
            now = asyncio.get_running_loop().time()
            if self._last is None or now - self._last[0] >= self._sources.fresh_seconds:
                self._last = (now, await self._look())
            return self._last[1]

    async def close(self) -> None:
        for task in self._asking.values():
            task.cancel()
        await asyncio.gather(*self._asking.values(), return_exceptions=True)
        if self._store is not None:  # (a store that hangs is left to the end of the process)
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._store.close(), self._sources.store_seconds)

    async def _look(self) -> Look:
        config, now = self._sources.config(), self._sources.clock.now()
        site = Site(config, now, now.astimezone(HOME).date(), Path())
        problems: list[DoctorFinding] = []
        try:
            site = replace(site, policy=await self._sources.policy())
        except DialpactError as error:
            problems.append(fail("policy", error=error))
        figures: StoreFigures | None = None
        patience = self._sources.store_seconds
        try:
            figures = await self._within("store", patience, self._figures)
            site = replace(site, health=figures.health if figures else None)
            if figures is None:
                problems.append(fail("database-bad", error=f"no answer within {patience:g} s"))
        except StoreError as error:
            problems.append(fail("database-bad", error=error))
        if figures and figures.health.forked and config.ledger.on_fork == "stop":
            problems.append(fail("ledger-forked", head=figures.health.forked))
        if put_back := host.restored(site, fresh=True):
            problems.append(put_back)
        gate = await host.gate(site)
        seen = self._sources.recordings
        disks = await self._within("disks", DISK_SECONDS, lambda: asyncio.to_thread(_disks, site, seen))
        if disks is None:
            problems.append(fail("disk-silent", seconds=f"{DISK_SECONDS:g}"))
        found = [
            *(("calendar", item) for item in rules.calendar(site)),
            *(("recorder", item) for item in host.recorder(site)),
            ("gate", gate),
            *(("recordings", item) for item in (disks[2] if disks else ())),
        ]
        outside = list(_outsiders(site))
        standing = [(CHECKS[item.key], item) for item in problems if item.key in CHECKS]
        if figures:
            about = {"file": config.database, "version": figures.health.version}
            standing.append(("database", ok("database", **about)))
        problems += [item for _, item in found if item.result == "fail"]
        return Look(
            problems=tuple(problems),
            figures=figures,
            calendar_days=days_left(site.policy.calendar, site.today) if site.policy else None,
            free_recordings=disks[0] if disks else None,
            free_database=disks[1] if disks else None,
            remarks=tuple(item for _, item in outside if item.result != "ok"),
            standing=(*standing, *found, *_log(site), *outside),
            at=now,
        )

    async def _within(self, name: str, seconds: float, ask: Callable[[], Coroutine[Any, Any, T]]) -> T | None:
        """The answer, or None when it takes longer; the question goes on, and is not asked twice."""
        task: asyncio.Task[T] | None = self._asking.get(name)
        if task is None:
            task = self._asking[name] = asyncio.create_task(ask())
        done, _ = await asyncio.wait({task}, timeout=seconds)
        if not done:
            return None
        del self._asking[name]
        return task.result()

    async def _figures(self) -> StoreFigures:
        config, now = self._sources.config(), self._sources.clock.now()
        if self._store is None:
            self._store = await self._sources.open(config)
        return await self._asked(self._store, config.node.name, now, now.astimezone(HOME).date())

    async def _asked(self, store: Store, node: str, now: datetime, today: date) -> StoreFigures:
        health = await store.installation.health(node, now, today)
        counted = await store.installation.counted(node, today, after=self._counted)
        self._incidents.update(counted.incidents)
        self._counted = counted.last
        return StoreFigures(
            health=health,
            incidents=dict(self._incidents),
            running=counted.running,
            overdue=counted.overdue,
            unsealed=counted.unsealed,
        )


def _outsiders(site: Site) -> Iterator[tuple[str, DoctorFinding]]:
    yield from (("witnesses", item) for item in outsiders.witnesses(site))
    yield from (("stamps", item) for item in outsiders.stamps(site))
    yield from (("webhooks", item) for item in webhooks.receivers(site))


def _log(site: Site) -> Iterator[tuple[str, DoctorFinding]]:
    """What the database itself says of the log and of the registers."""
    yield from (("ledger", item) for item in host.checkpoint(site))
    yield from (("registers", item) for item in host.registers(site))


def _disks(site: Site, recordings: bool) -> tuple[int | None, int | None, list[DoctorFinding]]:
    """Free bytes for recordings and for the database, and what is wrong with either. May hang.
    ``recordings``: whether these are looked at.
    """
    found = list(host.recordings(site)) if recordings else []
    database = site.config.database.parent
    free = _free(database)
    room = _free(site.config.recordings) if recordings else None
    return room, free, found + list(_database_disk(site, database, free))


def _database_disk(site: Site, folder: Path, free: int | None) -> Iterator[DoctorFinding]:
    least = site.config.recording.min_free_mb
    if free is not None and free >> 20 < least:
        yield fail("database-full", folder=folder, free=free >> 20, least=least)


def _free(folder: Path) -> int | None:
    try:
        space = os.statvfs(folder)
    except OSError:
        return None
    return space.f_bavail * space.f_frsize
