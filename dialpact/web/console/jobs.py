"""What pages about long work have in common: where it is handed in, whose it is, and its file."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from dialpact.application.jobs import queue
from dialpact.compliance.jobs import Job, JobKind
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.fault import Fault
from dialpact.web.api import job_shown
from dialpact.web.console.downloads import of_api
from dialpact.web.console.page import Asked
from dialpact.web.site import JobDesk, Site


def desk(site: Site) -> JobDesk:
    """Refusal 503 where nobody does jobs."""
    return job_shown.desk(site)


def may_end(asked: Asked[Any], job: Job) -> bool:
    """An auditor ends only what he has begun."""
    return asked.account.role is not Role.AUDITOR or job.by == asked.account.id


def why(asked: Asked[Any], job: Job) -> str:
    """Why it has failed, in words; empty: it has not."""
    return asked.fault(Fault(job.error.code, **job.error.detail)) if job.error else ""


def need_own(asked: Asked[Any], job: Job) -> None:
    """Fault, as for what is not there: of another's, an auditor has nothing to end."""
    if not may_end(asked, job):
        raise Fault("not-registered", entry=job.id)


async def result(asked: Asked[Any], kind: JobKind, name: str) -> Response:
    """The file of the job that the address names, whole or a part. Fault: none yet, or not any more."""
    files = desk(asked.site).files
    job, _ = await queue.result(asked.context, files, kind, asked.path["id"])
    return of_api(await job_shown.file(asked.headers, "GET", job, files, name))
