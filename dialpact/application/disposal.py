"""Disposing of recordings whose time is over. The order is what makes it survive a crash at any point:

0. what says that it may go (holds, days, clock readings) is what the log says: :mod:`.ledger.proven`;
1. every file is hashed, and is what was recorded;
2. the disposal is on disk, in the ledger (the store refuses it before its time);
3. the files go, each only if it still is the file that was hashed, and their folder is flushed;
4. the disposal is marked as done.

Cut off before 2 nothing has happened. After 2 the next run finds the disposal undone, looks at what is left
of the files, and goes on with 3. A file that is not what was recorded is never removed.
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from functools import partial
from pathlib import Path

import msgspec

from dialpact.application import host_clock, recording_files, retention
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.ledger import proven
from dialpact.application.ledger.audit.found import AuditFinding
from dialpact.application.ledger.proven import Believed, Unproven
from dialpact.application.progress import Progress, unwatched
from dialpact.application.recording_files import Seen
from dialpact.compliance.disposal import Due, EarliestDays, Item, item, judge
from dialpact.compliance.model import Value
from dialpact.compliance.profile import Policy
from dialpact.compliance.recording import FilesOf
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.retention import earliest_day, keep_until
from dialpact.store.ports.disposals import Disposals

# How a recording's day may not be the one of the log: then nothing goes.
DAYS = ("lowered", "day-changed", "promise-changed")


class Purged(Value, frozen=True, kw_only=True):
    """``items``: findings first, then at most so many others. ``counts``: of everything, by state; with
    ``not-due``. ``bytes``: of what goes or went. ``first``: until when the next one must be kept.
    """

    done: bool
    wall: datetime
    trusted: datetime
    counts: dict[str, int]
    bytes: int
    first: date | None
    findings: int
    items: tuple[Item, ...]
    left_out: int

    @property
    def behind(self) -> float:
        """Seconds by which trusted time lies behind the wall clock."""
        return (self.wall - self.trusted).total_seconds()


async def purge(
    context: Context,
    directory: Path,
    node: str,
    policy: Policy,
    *,
    dispose: bool,
    most: int = 0,
    believed: Believed = proven.NOBODY,
    progress: Progress = unwatched,
) -> Purged:
    """Disposes of what is due below ``directory``, or only says what would go. ``most``:
    items that are listed, 0: all.

    Fault: the folder is not there. Unproven: holds, days or clock readings are not what the log says.
    StoreRefused where the store knows better.
    """
    context.actor.need(Right.RETENTION)
    if not await asyncio.to_thread(directory.is_dir):
        raise Fault("no-folder", file=str(directory))
    async with proven.telling(context, node):
        replayed = await proven.replayed(context.store, proven.ACTS, believed)
        await _need_days(context.store.disposals, earliest_day(context.now()))
    seen = replayed.at_most(await host_clock.take(context, "purge"))
    if dispose:  # the store itself then knows how long the profiles in force want them kept
        await retention.apply_policy(context, policy)
    run = _Run(context, directory, node, policy, EarliestDays.of(seen))
    told = _Told(most)
    async for one in run.items(dispose):
        told.add(one)
        progress(told.count.total(), None)
    if dispose:
        for one in told.findings:
            await run.report(one)
    later, first = await context.store.disposals.not_due(run.days.wall)
    return Purged(
        done=dispose,
        wall=seen.last.at,
        trusted=seen.time,
        counts=dict(told.count) | {"not-due": later + run.spared},
        bytes=told.bytes,
        first=first,
        findings=len(told.findings),
        items=(*told.findings, *told.items),
        left_out=told.left_out,
    )


async def _need_days(disposals: Disposals, day: date) -> None:
    """Each day that is over, or gone, is the one that its leaf was made of; so is what was promised of its
    call.
    """
    found: list[AuditFinding] = []
    for ask in (partial(disposals.due, day), disposals.dayless):
        after = ""
        while True:
            page = await ask(after)
            found += [
                AuditFinding(problem="register", code=one.flaw, kind="recording", key=one.id)
                for one in page.rows
                if one.flaw in DAYS
            ]
            if not (after := page.next):
                break
    if found:
        raise Unproven(found)


class _Told:
    """What is shown: a bounded number, all findings, and the count of everything."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self.items: list[Item] = []
        self.findings: list[Item] = []
        self.count: Counter[str] = Counter()
        self.bytes = 0

    def add(self, one: Item) -> None:
        self.count[one.state] += 1
        if one.problem:
            self.findings.append(one)
        elif not self._limit or len(self.items) < self._limit:
            self.items.append(one)
        if one.state in ("due", "disposed"):
            self.bytes += one.bytes

    @property
    def left_out(self) -> int:
        return self.count.total() - len(self.items) - len(self.findings)


class _Run:
    """One run over the recordings below a directory."""

    def __init__(
        self, context: Context, directory: Path, node: str, policy: Policy, days: EarliestDays
    ) -> None:
        self._context, self._directory, self._node, self._policy = context, directory, node, policy
        self._disposals = context.store.disposals
        self.days = days
        self.spared = 0  # due by their own day, but not by the profiles in force, then or now

    async def items(self, dispose: bool) -> AsyncIterator[Item]:
        """What an earlier run was cut off from, then what is due by the wall clock, the oldest first."""
        for found, kept_until in await self._disposals.unfinished():
            left = item(found, "unfinished", kept_until, problem=found.flaw)
            if found.flaw:  # these files may be another's
                yield left
                continue
            yield await self._complete(left, found) if dispose else left
        after = ""
        while True:
            page = await self._disposals.due(self.days.wall, after)
            for due in page.rows:
                asked = keep_until(due.ended_at, self._policy)
                judged = judge(due, max(asked, due.promised or asked), self.days)
                if judged is None:
                    self.spared += 1
                else:
                    yield await self._looked_at(judged, due, dispose) if judged.state == "due" else judged
            if not (after := page.next):
                return

    async def _looked_at(self, judged: Item, due: Due, dispose: bool) -> Item:
        """Every file of it is read."""
        seen = [await self._look(file.path, file.sha256) for file in due.files]
        for file in seen:
            if problem := _problem(file):
                return item(due, "finding", due.keep_until, problem=problem, path=str(file.path))
        return await self._dispose(judged, due.keep_until, seen) if dispose else judged

    async def _dispose(self, judged: Item, until: date, seen: Sequence[Seen]) -> Item:
        """StoreRefused: it must be kept."""
        by, at = self._context.by, self._context.now()
        if not await self._disposals.record(judged.id, until, by=by, at=at):
            return msgspec.structs.replace(judged, state="held")  # since it was looked at
        return await self._remove(judged, seen)

    async def _complete(self, left: Item, found: FilesOf) -> Item:
        """The rest of it."""
        seen = [await self._look(file.path, file.sha256) for file in found.files]
        return await self._remove(
            left, [Seen(file.path, "") if file.problem == "missing" else file for file in seen]
        )

    async def _remove(self, judged: Item, seen: Sequence[Seen]) -> Item:
        for file in seen:
            problem = _problem(file)
            if not problem:
                try:
                    problem = await asyncio.to_thread(recording_files.remove, file, self._directory)
                except OSError:
                    problem = "read-only"
            if problem:
                return msgspec.structs.replace(
                    judged, state="unfinished", problem=problem, path=str(file.path)
                )
        await self._disposals.finish(judged.id, self._context.now())
        return msgspec.structs.replace(judged, state="disposed", problem="")

    async def _look(self, path: str, sha256: str | None) -> Seen:
        return await asyncio.to_thread(recording_files.look, Path(path), sha256, self._directory)

    async def report(self, one: Item) -> None:
        """A finding as an incident, once."""
        detail = f"recording {one.id}: {one.problem}: {Path(one.path).name}"
        await self._disposals.refused(self._node, one.decision, detail, self._context.now())


def _problem(file: Seen) -> str:
    """Why this file may not be removed. With a second name (a hard link) it would not be gone."""
    if file.problem:
        return file.problem
    if file.names > 1:
        return "linked"
    return "read-only" if file.identity and not recording_files.can_remove(file.path) else ""
