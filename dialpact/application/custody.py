"""Is every recording still what was recorded, and nothing else there?

It writes nothing that stays: whoever may read can check.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path

from dialpact.application import recording_files
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.progress import Progress, unwatched
from dialpact.compliance.model import Value
from dialpact.compliance.recording import FilesOf, Recording, SoundFile


class Misfit(Value, frozen=True, kw_only=True):
    """A file that is not as it should be. ``problem``: as :mod:`dialpact.application.recording_files` names
    it, or how the recording's row fails the ledger; ``foreign``: no recording's; ``disposed``,
    ``not-disposed``, ``disposal-unfinished``.
    """

    recording: str
    decision: str
    path: str
    problem: str


class Verified(Value, frozen=True, kw_only=True):
    """``checked``: recordings; ``files``: of them."""

    checked: int
    files: int
    findings: tuple[Misfit, ...]


async def verify(
    context: Context,
    directory: Path,
    *,
    sample: int = 0,
    since: datetime | None = None,
    until: datetime | None = None,
    progress: Progress = unwatched,
) -> Verified:
    """Hashes every kept recording anew, or so many taken at random. ``since``, ``until``: started from then
    on, before then.
    """
    context.actor.need(Right.CALLS)
    run = _Run(context, directory, since, until)
    custody = context.store.custody
    # Before the rows: a recording that starts meanwhile then has its row, not a file without one.
    strangers = await custody.foreign(files(directory))
    total = await custody.count_kept(since, until)
    expected = min(sample, total) if sample else total
    progress(0, expected)
    checked = 0
    async for found in run.sample(sample) if sample else run.kept():
        await run.check(found)
        checked += 1
        progress(checked, expected)
    if not sample:
        await run.others()
    await run.left_behind()
    foreign = (Misfit(recording="", decision="", path=path, problem="foreign") for path in strangers)
    return Verified(checked=checked, files=run.files, findings=(*run.findings, *foreign))


async def verify_one(context: Context, directory: Path, one: Recording) -> Verified:
    """Hashes the files of this one anew; of one that was disposed of they must be away."""
    context.actor.need(Right.CALLS)
    run = _Run(context, directory, None, None)
    found = await context.store.custody.one(one.id)
    if one.disposed_at is None:
        await run.check(found)
    else:
        await run.away(found)
    return Verified(checked=1, files=run.files, findings=tuple(run.findings))


class _Run:
    def __init__(
        self, context: Context, directory: Path, since: datetime | None, until: datetime | None
    ) -> None:
        self._custody = context.store.custody
        self._directory, self._since, self._until = directory, since, until
        self.files = 0
        self.findings: list[Misfit] = []

    async def kept(self) -> AsyncIterator[FilesOf]:
        """Each recording of the period whose files must be there, by id."""
        after = ""
        while True:
            page = await self._custody.kept(self._since, self._until, after)
            for found in page.rows:
                yield found
            if not (after := page.next):
                return

    async def sample(self, most: int) -> AsyncIterator[FilesOf]:
        """So many of them at random."""
        for id in await self._custody.sample(self._since, self._until, most):
            yield await self._custody.one(id)

    async def check(self, found: FilesOf) -> None:
        if found.flaw:
            self._add(found, found.path, found.flaw)
        for file in found.files:
            problem = await asyncio.to_thread(self._problem, found, file)
            self.files += bool(file.sha256 or problem)
            if problem:
                self._add(found, file.path, problem)

    def _problem(self, found: FilesOf, file: SoundFile) -> str:
        """A mix that was never hashed is a finding; a direction that never was is none, if it is away."""
        if not file.sha256 and file.path == found.path:
            return "no-hash"
        path = Path(file.path)
        # One recorded when the directory was another is still to be found by its path.
        below = self._directory if path.is_relative_to(self._directory) else path.parent
        return recording_files.look(path, file.sha256, below).problem

    async def others(self) -> None:
        """Those that need no file by their rows: that may be what somebody has written there."""
        after = ""
        while True:
            page = await self._custody.others(self._since, self._until, after)
            for found in page.rows:
                if found.flaw:
                    self._add(found, found.path, found.flaw)
            if not (after := page.next):
                return

    async def left_behind(self) -> None:
        """What was disposed of must stay away, and the ledger must say that it went."""
        after = ""
        while True:
            page = await self._custody.disposed(self._since, self._until, after)
            for found in page.rows:
                if not found.proven:
                    self._add(found, found.path, "not-disposed")
                await self.away(found, "disposed" if found.done else "disposal-unfinished")
            if not (after := page.next):
                return

    async def away(self, found: FilesOf, problem: str = "disposed") -> None:
        """What was disposed of."""
        for file in found.files:
            if await asyncio.to_thread(recording_files.is_there, Path(file.path)):
                self._add(found, file.path, problem)

    def _add(self, found: FilesOf, path: str, problem: str) -> None:
        self.findings.append(Misfit(recording=found.id, decision=found.decision, path=path, problem=problem))


def files(directory: Path) -> Iterator[str]:
    """Every file below it; a directory that is not there holds none (its recordings show as missing)."""
    if directory.is_dir():
        for path in directory.rglob("*"):
            if path.is_symlink() or not path.is_dir():
                yield str(path)
