"""A report as it is taken out: to be printed, as PDF, CSV or JSON."""

from __future__ import annotations

import asyncio

import msgspec
from starlette.responses import Response

from dialpact.application.jobs import inspecting
from dialpact.compliance.jobs import Job
from dialpact.presentation.inspection import flat
from dialpact.presentation.inspection.paper import part
from dialpact.web.console import jobs
from dialpact.web.console.downloads import attachment
from dialpact.web.console.inspections.one import kept_of
from dialpact.web.console.inspections.whose import LOOK, job_of
from dialpact.web.console.page import Asked, NoForm, Page, Shown


async def printed(asked: Asked[NoForm]) -> Shown:
    job = await job_of(asked)
    kept = await kept_of(asked, job)
    report = part(kept.report, asked.language)
    return Shown(template="inspections/print.html", values={"report": report, "name": name_of(job, "")})


async def pdf(asked: Asked[NoForm]) -> Response:
    """In the language of who asks. Fault where this host makes none."""
    job = await job_of(asked)
    await kept_of(asked, job)
    content = await inspecting.paper(jobs.desk(asked.site).files, job, asked.language)
    return attachment(content, name_of(job, f".{asked.language}.pdf"), "application/pdf")


async def csv(asked: Asked[NoForm]) -> Response:
    job = await job_of(asked)
    kept = await kept_of(asked, job)
    content = await asyncio.to_thread(flat.csv_of, kept.report)
    return attachment(content, name_of(job, ".csv"), "text/csv; charset=utf-8")


async def json(asked: Asked[NoForm]) -> Response:
    """The report and the comparison."""
    job = await job_of(asked)
    content = msgspec.json.format(msgspec.json.encode(await kept_of(asked, job)), indent=2)
    return attachment(content + b"\n", name_of(job, ".json"), "application/json")


def name_of(job: Job, ending: str) -> str:
    first, last = job.detail.get("first", ""), job.detail.get("last", "")
    return f"inspection-{first}-{last}{ending}"


PAGES = (
    Page(
        method="GET",
        path="/inspections/{id}/print",
        action="inspections.print",
        roles=LOOK,
        handle=printed,
    ),
    Page(method="GET", path="/inspections/{id}/pdf", action="inspections.pdf", roles=LOOK, handle=pdf),
    Page(method="GET", path="/inspections/{id}/csv", action="inspections.csv", roles=LOOK, handle=csv),
    Page(method="GET", path="/inspections/{id}/json", action="inspections.json", roles=LOOK, handle=json),
)
