"""The file that a job has made, given to who may have it."""

from __future__ import annotations

from typing import Any

from starlette.responses import Response

from dialpact.application.jobs.files import JobFiles
from dialpact.compliance.jobs import Job
from dialpact.web.api import job_shown
from dialpact.web.console.downloads import of_api
from dialpact.web.console.page import Asked


async def download(asked: Asked[Any], job: Job, files: JobFiles, name: str) -> Response:
    """Whole or a range of it; ``name``: under which it is saved. Fault ``job-expired``."""
    return of_api(await job_shown.file(asked.headers, "GET", job, files, name))
