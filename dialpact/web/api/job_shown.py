"""What scrubs and evidence packages have in common: how far one is, how it failed, and its file."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping
from datetime import datetime, timedelta
from typing import Any, BinaryIO

import msgspec
from starlette.responses import Response

from dialpact.application.jobs import queue
from dialpact.application.jobs.files import JobFiles
from dialpact.compliance.jobs import Job, JobState
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import Language, fault_text
from dialpact.web.api import ranged
from dialpact.web.api.endpoint import Answer
from dialpact.web.api.problem import Refusal
from dialpact.web.api.ranged import Part
from dialpact.web.site import JobDesk, Site

FILE_SECONDS = 900.0  # for all of a result
PIECE = 1 << 18  # bytes


class JobFailure(msgspec.Struct, frozen=True, kw_only=True):
    """``code``: the same in every language; ``detail``: for people."""

    code: str
    detail: str


class JobProgress(msgspec.Struct, frozen=True, kw_only=True):
    """``done`` of ``of`` (null: not known): bytes of a list, numbers of a batch, calls of a package."""

    done: int
    of: int | None


class JobShown(msgspec.Struct, frozen=True, kw_only=True):
    """``result_until``: when its result is taken away."""

    id: str
    state: JobState
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    result_until: datetime | None
    progress: JobProgress
    error: JobFailure | None


def common(job: Job, site: Site, language: Language) -> Mapping[str, Any]:
    """The fields of :class:`JobShown`."""
    kept = timedelta(days=site.config.api.results_days)
    error = None
    if job.error:
        fault = Fault(job.error.code, **job.error.detail)
        error = JobFailure(code=fault.key, detail=fault_text(fault, language))
    return {
        **{name: getattr(job, name) for name in ("id", "state", "created_at", "started_at", "finished_at")},
        "result_until": job.finished_at + kept if job.state == "done" and job.finished_at else None,
        "progress": JobProgress(done=job.rows, of=job.of),
        "error": error,
    }


def desk(site: Site) -> JobDesk:
    """Refusal 503 where nobody does jobs."""
    if site.jobs is None:
        raise Refusal(503, "no-jobs")
    return site.jobs


async def file(asked: Mapping[str, str], method: str, job: Job, files: JobFiles, name: str) -> Answer:
    """Whole, a range of it, or that the asker has it already. ``name``: of it where it is saved."""
    assert job.result is not None
    tag, media_type = f'"{job.result["sha256"]}"', str(job.result["media_type"])
    about = {"ETag": tag, "Accept-Ranges": "bytes", "Cache-Control": "private, no-cache"}
    about["Vary"] = "Authorization"
    if ranged.unchanged(asked, tag):
        return Answer(status=304, headers=about)
    size = int(job.result["bytes"])
    given = ranged.part(asked, tag, size)
    about["Content-Disposition"] = f'attachment; filename="{name}"'
    about["X-Content-Type-Options"] = "nosniff"
    if method == "HEAD":
        return Answer(body=Response(None, 200, {**about, "Content-Length": str(size)}, media_type))
    opened = await queue.opened(files, job)
    pieces = _pieces(opened, given)
    return Answer(body=ranged.PartResponse(opened, pieces, given, size, media_type=media_type, about=about))


async def _pieces(file: BinaryIO, given: Part) -> AsyncIterator[bytes]:
    left = given.last + 1 - given.first
    await asyncio.to_thread(file.seek, given.first)
    while left and (piece := await asyncio.to_thread(file.read, min(PIECE, left))):
        left -= len(piece)
        yield piece
