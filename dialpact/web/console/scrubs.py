"""A list, or a batch of leads, is judged before it is dialled: a job, with a file at its end."""

from __future__ import annotations

from datetime import datetime
from typing import Literal

import msgspec
from starlette.responses import Response

from dialpact.application import caller_ids, campaigns, leads, mappings
from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.jobs import queue
from dialpact.application.jobs.scrubbing import ScrubAsked, ScrubMade
from dialpact.application.scrub import ScrubRequest
from dialpact.compliance.jobs import UNDER_WAY, Job
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.campaign import CampaignEntry
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.formats import LEADS
from dialpact.web.api import job_shown
from dialpact.web.api.scrubs import most_list
from dialpact.web.console import jobs
from dialpact.web.console.imports import words
from dialpact.web.console.imports.choices import CHOICES, pairs, saved
from dialpact.web.console.imports.upload import SENDING_SECONDS
from dialpact.web.console.page import Asked, Form, NoForm, Page, Paged, Redirect, Shown

OFFICERS = frozenset({Role.OFFICER})
ROWS = 50


class Wanted(Form, frozen=True, kw_only=True):
    """``batch``: of leads; 0: a list is sent."""

    batch: int = 0
    campaign: str = ""


class Scrub(Form, frozen=True, kw_only=True):
    """``campaign``, ``at``, ``column``, ``mapping``, ``numbers_only``, ``sheet``: of a list that is sent.
    ``at``: another instant than now. ``column``: what the list calls its numbers.
    """

    caller_id: str
    batch: int = 0
    campaign: str = ""
    trunk: str = ""
    agent: str = ""
    at: datetime | None = None
    format: Literal["", "csv", "jsonl"] = ""
    mapping: str = ""
    column: str = ""
    sheet: str = ""
    numbers_only: bool = False


async def listed(asked: Asked[Paged]) -> Shown:
    found = await queue.listed(asked.context, "scrub", after=asked.form.after, most=ROWS)
    values = {"jobs": found.rows, "next": found.next, "told": _told, "made": _made}
    return Shown(template="scrubs/list.html", values=values, part="rows")


async def new(asked: Asked[Wanted]) -> Shown:
    context = asked.context
    batch = (await leads.show(context, asked.form.batch)).batch if asked.form.batch else None
    batches = () if batch else (await leads.listed(context, campaign=asked.form.campaign, most=ROWS)).rows
    values = {
        "batch": batch,
        "batches": [one for one in batches if one.withdrawn_at is None],
        "campaign": batch.campaign if batch else asked.form.campaign,
        "campaigns": pairs((await campaigns.listed(context, most=CHOICES)).rows),
        "caller_ids": [
            (one.number, one.number) for one in (await caller_ids.listed(context, most=CHOICES)).rows
        ],
        "mappings": await saved(context),
        "trunks": [(name, name) for name in sorted(asked.site.config.trunks)],
        "most": asked.site.config.api.most_upload_mb,
    }
    return Shown(template="scrubs/new.html", values=values)


async def make(asked: Asked[Scrub]) -> Redirect:
    form, sent = asked.form, asked.files.get("file")
    asked.context.actor.need(Right.LEADS if form.batch else Right.CHECK)
    if not form.batch and (sent is None or not sent.bytes):
        raise Fault("import-no-file")
    campaign = await _campaign(asked.context, form)
    request = ScrubRequest(
        campaign=campaign.id,
        caller_id=form.caller_id,
        trunk=form.trunk,
        agent=form.agent,
        at=None if form.batch else form.at,
        form=form.format,
        language=asked.language,
        sheets=(form.sheet,) if form.sheet else (),
        given=await mappings.given(
            asked.context,
            LEADS,
            mapped={"number": form.column} if form.column else {},
            saved=form.mapping,
            numbers_only=form.numbers_only,
        ),
    )
    job = await jobs.begin(
        asked,
        "scrub",
        ScrubAsked(request=request, batch=form.batch),
        businesses=(campaign.business,),
        sent=sent.file if sent and not form.batch else None,
    )
    return Redirect(to=f"/scrubs/{job.id}")


async def show(asked: Asked[NoForm]) -> Shown:
    job = await queue.show(asked.context, "scrub", asked.path["id"])
    values = {
        "job": job,
        "told": _told(job),
        "made": _made(job),
        "under_way": job.state in UNDER_WAY,
        "error": words.why(asked, job.error),
    }
    return Shown(template="scrubs/job.html", values=values, part="state")


async def file(asked: Asked[NoForm]) -> Response:
    job, _ = await queue.result(asked.context, jobs.desk(asked.site).files, "scrub", asked.path["id"])
    assert job.result is not None
    return await jobs.download(asked, job, f"scrub-{job.id[:12]}.{job.result['scrubbed']['form']}")


async def cancel(asked: Asked[NoForm]) -> Redirect:
    await jobs.cancel(asked, "scrub")
    return Redirect(to="/scrubs", said="scrubs.forgotten")


async def _campaign(context: Context, form: Scrub) -> CampaignEntry:
    """Of the batch, or as it was said. Fault for one that is not there."""
    id = (await leads.show(context, form.batch)).batch.campaign if form.batch else form.campaign
    found = await campaigns.find(context, id) if id else None
    if found is None:
        raise Fault("unknown-campaign", value=id)
    return found


def _told(job: Job) -> ScrubAsked | None:
    return msgspec.convert(job.detail, ScrubAsked) if job.detail else None


def _made(job: Job) -> ScrubMade | None:
    if not job.result:
        return None
    return msgspec.convert({name: job.result[name] for name in ("scrubbed", "policy")}, ScrubMade)


PAGES = (
    Page(method="GET", path="/scrubs", action="scrubs.list", roles=OFFICERS, handle=listed, form=Paged),
    Page(method="GET", path="/scrubs/new", action="scrubs.new", roles=OFFICERS, handle=new, form=Wanted),
    Page(
        method="POST",
        path="/scrubs",
        action="scrubs.make",
        roles=OFFICERS,
        handle=make,
        form=Scrub,
        changes=True,
        uploads=True,
        most_body=most_list,
        seconds=SENDING_SECONDS,
    ),
    Page(method="GET", path="/scrubs/{id}", action="scrubs.show", roles=OFFICERS, handle=show),
    Page(
        method="GET",
        path="/scrubs/{id}/file",
        action="scrubs.file",
        roles=OFFICERS,
        handle=file,
        seconds=job_shown.FILE_SECONDS,
    ),
    Page(
        method="POST",
        path="/scrubs/{id}/cancel",
        action="scrubs.cancel",
        roles=OFFICERS,
        handle=cancel,
        changes=True,
    ),
)
