"""What a program does with its jobs: hand one in, look how far it is, take its result, cancel it."""

from __future__ import annotations

import asyncio
import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, BinaryIO
from weakref import WeakValueDictionary

import msgspec

from dialpact.application.context import Context
from dialpact.application.jobs.files import JobFiles, Sent, each
from dialpact.application.jobs.kinds import KINDS
from dialpact.compliance.errors import DialpactError
from dialpact.compliance.jobs import Job, JobKind
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import Page

MOST_WAITING = 50  # of one key
# Of those who hand in the same job at once, each waits for the one before: its folder is no part of a
# transaction.
_HANDED_IN: WeakValueDictionary[str, asyncio.Lock] = WeakValueDictionary()


class MadeFile(msgspec.Struct, frozen=True, kw_only=True):
    """In the folder of a job."""

    file: str
    bytes: int
    sha256: str


async def submit(
    context: Context,
    files: JobFiles,
    kind: JobKind,
    detail: Mapping[str, Any],
    *,
    id: str,
    key: str,
    businesses: Sequence[str],
    sent: Sent = None,
) -> Job:
    """It waits when this returns, and what was sent with it is on disk. Of an id that there is: that one, as
    it is.

    ``key``: the API key that asks; ``businesses``: see :class:`Job`. Fault ``jobs-waiting``; NoRoom;
    NotPermitted for whoever may not even look at jobs of this kind.
    """
    _need(context, kind)
    async with _HANDED_IN.setdefault(id, asyncio.Lock()):
        if before := await context.store.jobs.get(id):
            return before
        if await context.store.jobs.count_waiting(key) >= MOST_WAITING:
            raise Fault("jobs-waiting", limit=str(MOST_WAITING))
        size = sum(map(_size, each(sent)))
        job = Job(
            id=id,
            kind=kind,
            by=context.by,
            key=key,
            businesses=tuple(businesses),
            detail=detail,
            bytes=size,
            created_at=context.now(),
        )
        await asyncio.to_thread(files.keep, job.id, sent, size)
        try:
            await context.store.jobs.add(job)
        except DialpactError:  # (one who only stopped waiting may have it in the store all the same)
            await asyncio.to_thread(files.drop, job.id)
            raise
        return job


async def show(context: Context, kind: JobKind, id: str, *, businesses: Sequence[str] = ()) -> Job:
    """``businesses``: those of a key that may see no others; empty: it may. Fault ``not-registered``."""
    _need(context, kind)
    found = await context.store.jobs.get(id)
    if found is None or found.kind != kind or not visible(found, businesses):
        raise Fault("not-registered", entry=id)
    return found


async def listed(
    context: Context, kind: JobKind, *, businesses: Sequence[str] = (), after: str = "", most: int
) -> Page[Job]:
    """Newest first."""
    _need(context, kind)
    return await context.store.jobs.list(kind, businesses=businesses, after=after, most=most)


async def result(
    context: Context, files: JobFiles, kind: JobKind, id: str, *, businesses: Sequence[str] = ()
) -> tuple[Job, Path]:
    """The job and its file. Fault ``job-not-done``, ``job-expired``."""
    job = await show(context, kind, id, businesses=businesses)
    if job.state == "expired":
        raise Fault("job-expired", entry=id)
    if job.state != "done" or job.result is None:
        raise Fault("job-not-done", entry=id, state=job.state)
    (await opened(files, job)).close()
    return job, files.of(id) / str(job.result["file"])


async def opened(files: JobFiles, job: Job) -> BinaryIO:
    """The file of one that is done, to be closed by whoever asked. Fault ``job-expired``."""
    assert job.result is not None
    return await _opened(files, job.id, str(job.result["file"]), int(job.result["bytes"]))


async def content(files: JobFiles, job: Job, file: MadeFile | None = None) -> bytes:
    """All of the file of one that is done, or of another that it has made, which is small. Fault
    ``job-expired``; ``job-changed``: another hand was at it.
    """
    if file is None:
        file = msgspec.convert(job.result, MadeFile)
    opened = await _opened(files, job.id, file.file, file.bytes)

    def read() -> bytes:
        with opened:
            return opened.read()

    found = await asyncio.to_thread(read)
    if hashlib.sha256(found).hexdigest() != file.sha256:
        raise Fault("job-changed", entry=job.id)
    return found


async def _opened(files: JobFiles, id: str, name: str, size: int) -> BinaryIO:
    try:
        return await asyncio.to_thread(files.result, id, name, size)
    except FileNotFoundError:
        raise Fault("job-expired", entry=id) from None


async def cancel(
    context: Context, files: JobFiles, kind: JobKind, id: str, *, businesses: Sequence[str] = ()
) -> Job:
    """It does not run any more, or will not; of one that was done the result goes. What it is then.

    (The runner is to be told: it ends the process that does it.)
    """
    before = await show(context, kind, id, businesses=businesses)
    job = await context.store.jobs.cancel(id, context.now()) or before
    if job.state == "done":
        await asyncio.to_thread(files.drop, id)
        await context.store.jobs.expire(id)
        job = await context.store.jobs.get(id) or job
    elif before.state == "queued" and job.state == "cancelled":
        await asyncio.to_thread(files.drop, id)
    return job


def _need(context: Context, kind: JobKind) -> None:
    """Raises NotPermitted."""
    rights = KINDS[kind].rights
    if not context.actor.rights & set(rights):
        context.actor.need(rights[0])


def visible(job: Job, businesses: Sequence[str]) -> bool:
    return not businesses or bool(job.businesses and set(job.businesses) <= set(businesses))


def _size(sent: BinaryIO | Path) -> int:
    if isinstance(sent, Path):
        return sent.stat().st_size
    size = sent.seek(0, os.SEEK_END)
    sent.seek(0)
    return size
