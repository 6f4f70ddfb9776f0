"""The ledger verified: a run begun, watched, ended; what it found, what it covered, and what it did not."""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from starlette.responses import Response

from dialpact.application.jobs import queue, verifying
from dialpact.application.jobs.verifying import KIND
from dialpact.application.ledger import entries
from dialpact.application.ledger.audit.found import AuditFinding
from dialpact.compliance.jobs import UNDER_WAY
from dialpact.compliance.registers.account import Role
from dialpact.presentation.audit_finding import finding_text
from dialpact.web.console import jobs
from dialpact.web.console.ledger import words
from dialpact.web.console.ledger.readers import READERS, ROWS
from dialpact.web.console.page import Asked, Form, NoForm, Page, Paged, Redirect, Shown

Leaf = Annotated[int, msgspec.Meta(ge=0, le=(1 << 62))]
TEMPLATE, RUN = "ledger/verifications.html", "ledger/verification.html"


class Begin(Form, frozen=True, kw_only=True):
    """As ``dialpact ledger verify`` takes them. ``checkpoint``: its text; ``key``: whom to believe."""

    first: Leaf | None = None
    last: Leaf | None = None
    checkpoint: str = ""
    key: str = ""


async def show(asked: Asked[NoForm]) -> Shown:
    return Shown(template=TEMPLATE, values=await _values(asked, ""))


async def more(asked: Asked[Paged]) -> Shown:
    return Shown(template=TEMPLATE, values=await _values(asked, asked.form.after), part="rows")


async def _values(asked: Asked[Any], after: str) -> dict[str, Any]:
    page = await queue.listed(asked.context, KIND, after=after, most=ROWS)
    whole = await verifying.last_whole(asked.context)
    size = await entries.size(asked.context)
    made = verifying.made_of(whole) if whole else None
    return {
        "runs": [(job, verifying.made_of(job)) for job in page.rows],
        "next": page.next,
        "whole": whole,
        "made": made,
        "size": size,
        "since": size - made.entries if made else None,
    }


async def begin(asked: Asked[Begin]) -> Redirect:
    form = asked.form
    told = verifying.asked(form.first, form.last, form.checkpoint, form.key)
    job = await jobs.begin(asked, KIND, told)
    return Redirect(to=f"/ledger/verifications/{job.id}", said="verification.begun")


async def run(asked: Asked[NoForm]) -> Shown:
    job = await queue.show(asked.context, KIND, asked.path["id"])
    made = verifying.made_of(job)
    found = await verifying.listed(jobs.desk(asked.site).files, job) if job.state == "done" else None
    size = await entries.size(asked.context)
    values = {
        "job": job,
        "made": made,
        "why": jobs.why(asked, job),
        "size": size,
        "under_way": job.state in UNDER_WAY,
        "watched": job.state in UNDER_WAY and asked.account.role is not Role.AUDITOR,
        "findings": None if found is None else [_finding(asked, one) for one in found],
        "may_end": jobs.may_end(asked, job),
    }
    return Shown(template=RUN, values=values, part="run")


def _finding(asked: Asked[Any], one: AuditFinding) -> tuple[AuditFinding, str, str]:
    """With its record's kind and what is wrong, in words."""
    return one, words.kind(asked, one.kind), finding_text(one, asked.language)


async def file(asked: Asked[NoForm]) -> Response:
    return await jobs.result(asked, KIND, f"verification-{asked.path['id'][:12]}.json")


async def cancel(asked: Asked[NoForm]) -> Redirect:
    """Of one that is over, its findings go; what it covered stays."""
    await jobs.need_own(asked, KIND)
    job = await jobs.cancel(asked, KIND)
    return Redirect(to=f"/ledger/verifications/{job.id}", said="verification.ended")


PAGES = (
    Page(
        method="GET",
        path="/ledger/verifications",
        action="ledger.verifications.list",
        roles=READERS,
        handle=show,
    ),
    Page(
        method="POST",
        path="/ledger/verifications/more",
        action="ledger.verifications.more",
        roles=READERS,
        handle=more,
        form=Paged,
    ),
    Page(
        method="POST",
        path="/ledger/verifications",
        action="ledger.verifications.begin",
        roles=READERS,
        handle=begin,
        form=Begin,
    ),
    Page(
        method="GET",
        path="/ledger/verifications/{id}",
        action="ledger.verifications.show",
        roles=READERS,
        handle=run,
    ),
    Page(
        method="GET",
        path="/ledger/verifications/{id}/file",
        action="ledger.verifications.file",
        roles=READERS,
        handle=file,
        seconds=900.0,
    ),
    Page(
        method="POST",
        path="/ledger/verifications/{id}/cancel",
        action="ledger.verifications.cancel",
        roles=READERS,
        handle=cancel,
    ),
)
