"""What pages about long work have in common: how it is handed in, whose it is, how it ends, its file."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import msgspec
from starlette.responses import Response

from dialpact.application.jobs import queue
from dialpact.application.jobs.files import Sent
from dialpact.compliance.jobs import Job, JobKind
from dialpact.compliance.judge import new_id
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.fault import Fault
from dialpact.web.api import job_shown
from dialpact.web.console.downloads import of_api
from dialpact.web.console.page import Asked
from dialpact.web.site import JobDesk, Site


def desk(site: Site) -> JobDesk:
    """Refusal 503 where nobody does jobs."""
    return job_shown.desk(site)


async def begin(
    asked: Asked[Any],
    kind: JobKind,
    told: msgspec.Struct,
    *,
    businesses: Sequence[str] = (),
    sent: Sent = None,
) -> Job:
    """It waits when this returns. Fault, NoRoom, NotPermitted as of :func:`queue.submit`."""
    jobs, detail = desk(asked.site), msgspec.to_builtins(told)
    job = await queue.submit(
        asked.context, jobs.files, kind, detail, id=new_id(), key="", businesses=businesses, sent=sent
    )
    jobs.wake()
    return job


async def cancel(asked: Asked[Any], kind: JobKind) -> Job:
    """The job that the address names runs no further; of one that is done the file goes. What it is then.

    Fault: there is none.
    """
    jobs = desk(asked.site)
    return tell(jobs, await queue.cancel(asked.context, jobs.files, kind, asked.path["id"]))


def tell(jobs: JobDesk, job: Job) -> Job:
    """The runner, where it is cancelled: it ends the process that does it."""
    if job.state == "cancelled":
        jobs.cancel(job.id)
    return job


def may_end(asked: Asked[Any], job: Job) -> bool:
    """An auditor ends only what he has begun."""
    return asked.account.role is not Role.AUDITOR or job.by == asked.account.id


def why(asked: Asked[Any], job: Job) -> str:
    """Why it has failed, in words; empty: it has not."""
    return asked.fault(Fault(job.error.code, **job.error.detail)) if job.error else ""


async def need_own(asked: Asked[Any], kind: JobKind) -> None:
    """Fault, as for what is not there: of another's, an auditor has nothing to end."""
    job = await queue.show(asked.context, kind, asked.path["id"])
    if not may_end(asked, job):
        raise Fault("not-registered", entry=job.id)


async def result(asked: Asked[Any], kind: JobKind, name: str) -> Response:
    """The file of the job that the address names. Fault: none yet, or not any more."""
    job, _ = await queue.result(asked.context, desk(asked.site).files, kind, asked.path["id"])
    return await download(asked, job, name)


async def download(asked: Asked[Any], job: Job, name: str) -> Response:
    """Of one that is done and that he may have, whole or a range of it; ``name``: under which it is saved.
    No browser keeps it beside that. Fault ``job-expired``.
    """
    return of_api(await job_shown.file(asked.headers, "GET", job, desk(asked.site).files, name))
