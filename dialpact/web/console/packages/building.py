"""Evidence packages made: everything about a call, a complaint or a person's calls, proven by the ledger."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from dialpact.application.evidence import matching
from dialpact.application.jobs import package, queue
from dialpact.compliance.jobs import UNDER_WAY, Job, JobKind
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.cell import free_text
from dialpact.web.console import jobs
from dialpact.web.console.ledger.readers import PACKAGERS, ROWS
from dialpact.web.console.page import Asked, Form, NoForm, Page, Paged, Redirect, Shown

KIND: JobKind = "evidence-package"
TEMPLATE, ONE = "packages/packages.html", "packages/package.html"
Number = Annotated[int, msgspec.Meta(ge=1, le=(1 << 62))]
Minutes = Annotated[int, msgspec.Meta(ge=0, le=527_040)]


class Filled(Form, frozen=True, kw_only=True):
    """What the form begins with."""

    call: str = ""
    complaint: Number | None = None


class Make(Form, frozen=True, kw_only=True):
    """As ``dialpact evidence export`` takes it: one of ``call``, ``complaint`` and ``callee``."""

    call: str = ""
    complaint: Number | None = None
    callee: str = ""
    caller_id: str = ""
    around: datetime | None = None
    within: Minutes | None = None
    reason: str


async def show(asked: Asked[Filled]) -> Shown:
    return Shown(template=TEMPLATE, values=await _values(asked, "") | {"form": asked.form})


async def more(asked: Asked[Paged]) -> Shown:
    values = await _values(asked, asked.form.after) | {"form": Filled()}
    return Shown(template=TEMPLATE, values=values, part="rows")


async def make(asked: Asked[Make]) -> Redirect:
    form = asked.form
    reason = free_text(form.reason, "reason")
    question = await matching.asked(
        asked.context,
        form.call.strip(),
        form.complaint,
        form.callee,
        form.caller_id,
        form.around.isoformat() if form.around else "",
        form.within,
    )
    told, businesses = await package.asked(
        asked.context, question, businesses=(), reason=reason, language=asked.language
    )
    job = await jobs.begin(asked, KIND, told, businesses=businesses)
    return Redirect(to=f"/ledger/packages/{job.id}", said="packages.asked")


async def one(asked: Asked[NoForm]) -> Shown:
    job = await queue.show(asked.context, KIND, asked.path["id"])
    under_way = job.state in UNDER_WAY
    values = {
        **_shown(job),
        "under_way": under_way,
        "why": jobs.why(asked, job),
        "watched": under_way and asked.account.role is not Role.AUDITOR,
        "may_end": jobs.may_end(asked, job),
        "days": asked.site.config.api.results_days,
    }
    return Shown(template=ONE, values=values, part="package")


async def file(asked: Asked[NoForm]) -> Response:
    return await jobs.result(asked, KIND, f"evidence-{asked.path['id'][:12]}.zip")


async def cancel(asked: Asked[NoForm]) -> Redirect:
    """Of one that is done, the file goes; that it was given out stays in the log."""
    await jobs.need_own(asked, KIND)
    job = await jobs.cancel(asked, KIND)
    return Redirect(to=f"/ledger/packages/{job.id}", said="packages.ended")


async def _values(asked: Asked[Any], after: str) -> dict[str, Any]:
    page = await queue.listed(asked.context, KIND, after=after, most=ROWS)
    return {"rows": [_shown(job) for job in page.rows], "next": page.next}


def _shown(job: Job) -> Mapping[str, Any]:
    """``question``: None once nothing of how it was asked for is kept."""
    told = msgspec.convert(job.detail, package.PackageAsked) if job.detail else None
    return {"job": job, "told": told, "question": told.question if told else None, "made": job.result}


PAGES = (
    Page(
        method="GET",
        path="/ledger/packages",
        action="packages.list",
        roles=PACKAGERS,
        handle=show,
        form=Filled,
    ),
    Page(
        method="POST",
        path="/ledger/packages/more",
        action="packages.more",
        roles=PACKAGERS,
        handle=more,
        form=Paged,
    ),
    Page(
        method="POST",
        path="/ledger/packages",
        action="packages.make",
        roles=PACKAGERS,
        handle=make,
        form=Make,
    ),
    Page(method="GET", path="/ledger/packages/{id}", action="packages.show", roles=PACKAGERS, handle=one),
    Page(
        method="GET",
        path="/ledger/packages/{id}/file",
        action="packages.file",
        roles=PACKAGERS,
        handle=file,
        seconds=900.0,
    ),
    Page(
        method="POST",
        path="/ledger/packages/{id}/cancel",
        action="packages.cancel",
        roles=PACKAGERS,
        handle=cancel,
    ),
)
