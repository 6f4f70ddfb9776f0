"""``/v1/evidence-packages``: everything about calls, proven by the ledger, for others to check: a job."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated, Any

import msgspec

from dialpact.application.evidence import matching
from dialpact.application.jobs import package, queue
from dialpact.application.jobs.package import MEDIA_TYPE
from dialpact.compliance.jobs import Job, JobKind
from dialpact.compliance.registers.api_key import Scope
from dialpact.compliance.registers.cell import free_text
from dialpact.web.api import job_shown
from dialpact.web.api.endpoint import Answer, Asked, Body, Endpoint, NoQuery, Paged
from dialpact.web.api.entries import Moment
from dialpact.web.api.job_shown import FILE_SECONDS, JobShown

Minutes = Annotated[int, msgspec.Meta(ge=0, le=527_040)]
KIND: JobKind = "evidence-package"


class PackageBody(Body, frozen=True, kw_only=True):
    """Of one ``call`` (a decision's id), of a ``complaint``, or of all calls to a ``callee``; these over a
    ``caller_id`` alone, or ``within`` minutes either side of ``around``.
    """

    call: str = ""
    complaint: Annotated[int, msgspec.Meta(ge=1)] | None = None
    callee: str = ""
    caller_id: str = ""
    around: Moment | None = None
    within: Minutes | None = None
    reason: str = ""


class AbsentFile(msgspec.Struct, frozen=True, kw_only=True):
    path: str
    why: str


class PackageMade(msgspec.Struct, frozen=True, kw_only=True):
    """``absent``: files that are not in it, and why; ``findings``: codes of `dialpact evidence verify`."""

    bytes: int
    sha256: str
    calls: int
    records: int
    absent: tuple[AbsentFile, ...]
    findings: tuple[str, ...]


class PackageShown(JobShown, frozen=True, kw_only=True):
    """``calls``: the ids of those it is about. ``result``: once it is done."""

    calls: Sequence[str]
    result: PackageMade | None


class Packages(msgspec.Struct, frozen=True, kw_only=True):
    items: Sequence[PackageShown]
    next: str


async def post(asked: Asked[NoQuery, PackageBody]) -> Answer:
    jobs, body = job_shown.desk(asked.site), asked.body
    question = await matching.asked(
        asked.context,
        body.call,
        body.complaint,
        body.callee,
        body.caller_id,
        body.around.isoformat() if body.around else "",
        body.within,
    )
    told, businesses = await package.asked(
        asked.context,
        question,
        businesses=asked.key.businesses,
        reason=free_text(body.reason, "reason", needed=False),
        language=asked.language,
    )
    job = await queue.submit(
        asked.context,
        jobs.files,
        KIND,
        msgspec.to_builtins(told),
        id=asked.again.act,
        key=asked.key.id,
        businesses=businesses,
    )
    jobs.wake()
    return Answer(
        status=202, body=_shown(asked, job), headers={"Location": f"/v1/evidence-packages/{job.id}"}
    )


async def listed(asked: Asked[Paged, None]) -> Answer:
    page = await queue.listed(
        asked.context, KIND, businesses=asked.key.businesses, after=asked.query.after, most=asked.query.limit
    )
    return Answer(body=Packages(items=[_shown(asked, job) for job in page.rows], next=page.next))


async def show(asked: Asked[NoQuery, None]) -> Answer:
    job = await queue.show(asked.context, KIND, asked.path["id"], businesses=asked.key.businesses)
    return Answer(body=_shown(asked, job))


async def file(asked: Asked[NoQuery, None]) -> Answer:
    files = job_shown.desk(asked.site).files
    job, path = await queue.result(
        asked.context, files, KIND, asked.path["id"], businesses=asked.key.businesses
    )
    return await job_shown.file(asked.headers, asked.method, job, files, path.name)


async def cancel(asked: Asked[NoQuery, None]) -> Answer:
    jobs = job_shown.desk(asked.site)
    job = await queue.cancel(
        asked.context, jobs.files, KIND, asked.path["id"], businesses=asked.key.businesses
    )
    jobs.cancel(job.id)
    return Answer(body=_shown(asked, job))


def _shown(asked: Asked[Any, Any], job: Job) -> PackageShown:
    made = None
    if job.result:
        made = msgspec.convert(
            {name: job.result[name] for name in PackageMade.__struct_fields__}, PackageMade
        )
    return PackageShown(
        **job_shown.common(job, asked.site, asked.language),
        calls=job.detail.get("calls", ()),
        result=made,
    )


ENDPOINTS = (
    Endpoint(
        method="POST",
        path="/v1/evidence-packages",
        scope=Scope.EVIDENCE,
        summary="Everything about calls, proven by the ledger, as a package: a job.",
        handle=post,
        body=PackageBody,
        answers={202: PackageShown},
    ),
    Endpoint(
        method="GET",
        path="/v1/evidence-packages",
        scope=Scope.EVIDENCE,
        summary="The packages about this key's businesses, the newest first.",
        handle=listed,
        query=Paged,
        answers={200: Packages},
    ),
    Endpoint(
        method="GET",
        path="/v1/evidence-packages/{id}",
        scope=Scope.EVIDENCE,
        summary="How far a package is, and what is in it.",
        handle=show,
        answers={200: PackageShown},
    ),
    Endpoint(
        method="GET",
        path="/v1/evidence-packages/{id}/file",
        scope=Scope.EVIDENCE,
        summary="The package, whole or a range of it.",
        handle=file,
        answers={200: MEDIA_TYPE, 206: MEDIA_TYPE, 304: None},
        problems=(409, 410, 412, 416),
        seconds=FILE_SECONDS,
    ),
    Endpoint(
        method="DELETE",
        path="/v1/evidence-packages/{id}",
        scope=Scope.EVIDENCE,
        summary="Cancels a package; of one that is done it takes the file away.",
        handle=cancel,
        answers={200: PackageShown},
    ),
)
