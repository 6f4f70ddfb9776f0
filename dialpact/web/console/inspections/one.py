"""``/inspections/{id}``: how far a report is, then the report, beside the period before."""

from __future__ import annotations

import asyncio
from typing import Any

from dialpact.application.jobs import inspecting, queue
from dialpact.application.jobs.inspecting import InspectionKept
from dialpact.compliance.jobs import UNDER_WAY, Job
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.fault import Fault
from dialpact.presentation.inspection.comparison import rows
from dialpact.presentation.inspection.paper import part
from dialpact.web.console import jobs
from dialpact.web.console.inspections.whose import LOOK, job_of
from dialpact.web.console.page import Asked, NoForm, Page, Redirect, Shown

END = frozenset({Role.ADMINISTRATOR, Role.OFFICER})


async def show(asked: Asked[NoForm]) -> Shown | Redirect:
    job = await job_of(asked)
    values: dict[str, Any] = {"job": job, "about": inspecting.about(job), "why": jobs.why(asked, job)}
    if job.state == "done":
        if asked.htmx:  # whoever waited for it is shown all of it
            return Redirect(to=f"/inspections/{job.id}")
        kept = await kept_of(asked, job)
        values |= {
            "kept": kept,
            "report": part(kept.report, asked.language, heading=False),
            "compared": rows(kept.comparison, asked.language),
            "papers": inspecting.papers(job.result or {}),
        }
        return Shown(template="inspections/report.html", values=values)
    values["under_way"] = job.state in UNDER_WAY
    return Shown(template="inspections/job.html", values=values, part="state")


async def kept_of(asked: Asked[Any], job: Job) -> InspectionKept:
    """What its file has. Fault where it is not done, or not kept any more."""
    if job.state != "done" or job.result is None:
        raise Fault(
            "job-expired" if job.state == "expired" else "job-not-done", entry=job.id, state=job.state
        )
    content = await queue.content(jobs.desk(asked.site).files, job)
    return await asyncio.to_thread(inspecting.read, content)


async def cancel(asked: Asked[NoForm]) -> Redirect:
    job = await job_of(asked)
    await jobs.cancel(asked, job.kind)
    return Redirect(to="/inspections", said="inspections.cancelled")


PAGES = (
    Page(
        method="GET",
        path="/inspections/{id}",
        action="inspections.show",
        roles=LOOK,
        handle=show,
    ),
    Page(
        method="POST",
        path="/inspections/{id}/cancel",
        action="inspections.cancel",
        roles=END,
        handle=cancel,
        changes=True,
    ),
)
