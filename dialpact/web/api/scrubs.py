"""``/v1/scrubs``: a whole list is judged before it is dialled: a job, with progress and a file at its end."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec

from dialpact.application.actor import Right
from dialpact.application.jobs import queue
from dialpact.application.jobs.scrubbing import MEDIA_TYPES, ScrubAsked, ScrubMade
from dialpact.application.scrub import Scrubbed, ScrubRequest
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.jobs import Job
from dialpact.compliance.model import Campaign
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import moment
from dialpact.web.api import job_shown, problem
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, NoQuery, Paged, Query
from dialpact.web.api.entries import Moment
from dialpact.web.api.job_shown import FILE_SECONDS, JobShown
from dialpact.web.api.problem import Refusal, Wrong
from dialpact.web.site import Site

XLSX = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
LISTS = ("text/csv", "application/x-ndjson", XLSX)
CALLER_ID, AGENT = "dialpact-caller-id", "dialpact-agent"
FIELDS = {
    "Dialpact-Caller-ID": "Of a list that is sent: the caller ID by which it would be called.",
    "Dialpact-Agent": "Of a list that is sent: the agent who would call.",
}
SENDING_SECONDS = 900.0  # for a list to come
Form = Literal["", "csv", "jsonl"]


class ListQuery(Query, frozen=True, kw_only=True):
    """Of a list that is sent. ``form``: of the result; else as the list's, of a workbook CSV. ``at``: another
    instant than now, with its zone.
    """

    campaign: str = ""
    trunk: str = ""
    at: Moment | None = None
    form: Form = ""


class BatchBody(Body, frozen=True, kw_only=True):
    """A batch of the lead register: as of now, for its own campaign. When it is done the batch is released,
    where its campaign has its leads held until then.
    """

    batch: int
    caller_id: str
    trunk: str = ""
    agent: str = ""
    form: Form = ""


class ScrubShown(JobShown, frozen=True, kw_only=True):
    """``batch``: of leads; null: a list was sent. ``result``: once it is done."""

    campaign: str
    batch: int | None
    result: Scrubbed | None


class Scrubs(msgspec.Struct, frozen=True, kw_only=True):
    items: Sequence[ScrubShown]
    next: str


async def post(asked: Asked[ListQuery, BatchBody]) -> Answer:
    jobs = job_shown.desk(asked.site)
    body: BatchBody | None = asked.body  # None: a list was sent
    asked.context.actor.need(Right.LEADS if body else Right.CHECK)
    campaign, request = await _wanted(asked, body)
    asked.key.need_business(campaign.business)
    detail = ScrubAsked(request=request, batch=body.batch if body else 0)
    job = await queue.submit(
        asked.context,
        jobs.files,
        "scrub",
        msgspec.to_builtins(detail),
        id=asked.again.act,
        key=asked.key.id,
        businesses=(campaign.business,),
        sent=asked.upload.file if asked.upload else None,
    )
    jobs.wake()
    return Answer(status=202, body=_shown(asked, job), headers={"Location": f"/v1/scrubs/{job.id}"})


async def _wanted(
    asked: Asked[ListQuery, BatchBody], body: BatchBody | None
) -> tuple[Campaign, ScrubRequest]:
    """Fault for a campaign or a batch that is not there; for a batch of another's, as if it were not."""
    given: dict[str, Any] = {"language": asked.language, "numbers": Scope.NUMBERS in asked.key.scopes}
    query, leads = asked.query, asked.context.store.leads
    if body is None:
        if CALLER_ID not in asked.headers:
            missing = problem.text("error.missing-field", asked.language)
            wrong = Wrong(code="missing-field", detail=missing, parameter="Dialpact-Caller-ID")
            raise Refusal(422, "invalid", errors=(wrong,))
        given |= {name: getattr(query, name) for name in ("trunk", "form")}
        given["at"] = moment(query.at.isoformat(), "at") if query.at else None
        given |= {"caller_id": asked.headers.get(CALLER_ID, ""), "agent": asked.headers.get(AGENT, "")}
        return await _campaign(asked, query.campaign), ScrubRequest(campaign=query.campaign, **given)
    if query != ListQuery():
        raise Fault("scrub-query")
    batch = await leads.get(body.batch)
    campaign = await _campaign(asked, batch.campaign)
    if not asked.key.may_see(campaign.business):
        raise Fault("no-batch", entry=str(body.batch))
    given |= {name: getattr(body, name) for name in ("caller_id", "trunk", "agent", "form")}
    return campaign, ScrubRequest(campaign=campaign.id, **given)


async def _campaign(asked: Asked[Any, Any], id: str) -> Campaign:
    for found in (await asked.context.store.campaigns.list(id=id)).rows if id else ():
        return found
    raise Fault("unknown-campaign", value=id)


async def listed(asked: Asked[Paged, None]) -> Answer:
    page = await queue.listed(
        asked.context,
        "scrub",
        businesses=asked.key.businesses,
        after=asked.query.after,
        most=asked.query.limit,
    )
    return Answer(body=Scrubs(items=[_shown(asked, job) for job in page.rows], next=page.next))


async def show(asked: Asked[NoQuery, None]) -> Answer:
    return Answer(body=_shown(asked, await _job(asked)))


async def result(asked: Asked[NoQuery, None]) -> Answer:
    """What whole numbers are in is for who may see such."""
    files = job_shown.desk(asked.site).files
    job, _ = await queue.result(
        asked.context, files, "scrub", asked.path["id"], businesses=asked.key.businesses
    )
    told = msgspec.convert(job.detail, ScrubAsked)
    if told.request.numbers and Scope.NUMBERS not in asked.key.scopes:
        raise NotPermitted(f"{asked.key.id}: {Scope.NUMBERS}")
    assert job.result is not None
    ending = job.result["scrubbed"]["form"]
    return await job_shown.file(asked.headers, asked.method, job, files, f"scrub-{job.id[:12]}.{ending}")


async def cancel(asked: Asked[NoQuery, None]) -> Answer:
    jobs = job_shown.desk(asked.site)
    job = await queue.cancel(
        asked.context, jobs.files, "scrub", asked.path["id"], businesses=asked.key.businesses
    )
    jobs.cancel(job.id)
    return Answer(body=_shown(asked, job))


async def _job(asked: Asked[NoQuery, None]) -> Job:
    return await queue.show(asked.context, "scrub", asked.path["id"], businesses=asked.key.businesses)


def _shown(asked: Asked[Any, Any], job: Job) -> ScrubShown:
    told = msgspec.convert(job.detail, ScrubAsked) if job.detail else None
    made = {name: job.result[name] for name in ("scrubbed", "policy")} if job.result else None
    return ScrubShown(
        **job_shown.common(job, asked.site, asked.language),
        campaign=told.request.campaign if told else "",
        batch=(told.batch or None) if told else None,
        result=msgspec.convert(made, ScrubMade).scrubbed if made else None,
    )


def most_list(site: Site) -> int:
    """Bytes: what may be sent, and what there is room for beside the result. NoRoom."""
    files = job_shown.desk(site).files
    return min(site.config.api.most_upload_mb << 20, files.room() // 3)


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/scrubs",
        scope=(Scope.CHECK, Scope.LEADS),
        summary="A list (CSV, JSON lines, XLSX) or a batch of leads (JSON) is judged, row by row: a job.",
        handle=post,
        query=ListQuery,
        body=BatchBody,
        uploads=LISTS,
        fields=FIELDS,
        answers={202: ScrubShown},
        most_body=most_list,
        seconds=SENDING_SECONDS,
    ),
    Endpoint(
        method="GET",
        path="/v1/scrubs",
        scope=(Scope.CHECK, Scope.LEADS),
        summary="The scrubs of this key's businesses, the newest first.",
        handle=listed,
        query=Paged,
        answers={200: Scrubs},
    ),
    Endpoint(
        method="GET",
        path="/v1/scrubs/{id}",
        scope=(Scope.CHECK, Scope.LEADS),
        summary="How far a scrub is, and what came out.",
        handle=show,
        answers={200: ScrubShown},
    ),
    Endpoint(
        method="GET",
        path="/v1/scrubs/{id}/result",
        scope=(Scope.CHECK, Scope.LEADS),
        summary="Each row of the list: may it be called, or why not and when; whole or a range.",
        handle=result,
        answers={200: tuple(MEDIA_TYPES.values()), 206: tuple(MEDIA_TYPES.values()), 304: None},
        problems=(409, 410, 412, 416),
        seconds=FILE_SECONDS,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/scrubs/{id}",
        scope=(Scope.CHECK, Scope.LEADS),
        summary="Cancels a scrub; of one that is done it takes the result away.",
        handle=cancel,
        answers={200: ScrubShown},
    ),
)
