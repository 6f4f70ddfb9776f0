"""What is known of calls whose time is over: looked at, and, when two officers agree, erased."""

from __future__ import annotations

from typing import Any

import msgspec

from dialpact.application.jobs import erasing, queue
from dialpact.application.jobs.erasing import KIND, ErasureAsked, ErasureMade
from dialpact.compliance.jobs import UNDER_WAY, Job
from dialpact.compliance.judge import new_id
from dialpact.compliance.registers.account import Role
from dialpact.web.console import jobs
from dialpact.web.console.ledger.readers import KEEPERS, ROWS
from dialpact.web.console.page import Asked, Form, NoForm, Page, Paged, Redirect, Shown

TEMPLATE, ONE = "ledger/erasures.html", "ledger/erasure.html"


class Reason(Form, frozen=True, kw_only=True):
    reason: str


async def show(asked: Asked[NoForm]) -> Shown:
    return Shown(template=TEMPLATE, values=await _values(asked, ""))


async def more(asked: Asked[Paged]) -> Shown:
    return Shown(template=TEMPLATE, values=await _values(asked, asked.form.after), part="rows")


async def look(asked: Asked[NoForm]) -> Redirect:
    desk = jobs.desk(asked.site)
    job = await erasing.look(asked.context, desk.files, id=new_id())
    desk.wake()
    return Redirect(to=f"/ledger/erasures/{job.id}", said="erasure.looking")


async def one(asked: Asked[NoForm]) -> Shown:
    job = await queue.show(asked.context, KIND, asked.path["id"])
    values = {
        **_shown(job),
        "under_way": job.state in UNDER_WAY,
        "why": jobs.why(asked, job),
        "officer": asked.account.role is Role.OFFICER,
    }
    return Shown(template=ONE, values=values, part="erasure")


async def ask(asked: Asked[Reason]) -> Redirect:
    """Another officer confirms it, on his own page."""
    await erasing.ask(asked.context, asked.path["id"], reason=asked.form.reason)
    return Redirect(to="/approvals", said="approvals.asked")


async def cancel(asked: Asked[NoForm]) -> Redirect:
    desk = jobs.desk(asked.site)
    job = jobs.tell(desk, await erasing.cancel(asked.context, desk.files, asked.path["id"]))
    return Redirect(to=f"/ledger/erasures/{job.id}")


async def _values(asked: Asked[Any], after: str) -> dict[str, Any]:
    page = await queue.listed(asked.context, KIND, after=after, most=ROWS)
    pending = await erasing.pending_since(asked.context)
    return {"rows": [_shown(job) for job in page.rows], "next": page.next, "pending": pending}


def _shown(job: Job) -> dict[str, Any]:
    """``request``: what two officers have agreed on; 0: a look; None: that is not kept any more."""
    request = msgspec.convert(job.detail, ErasureAsked).request if job.detail else None
    made = msgspec.convert(dict(job.result), ErasureMade) if job.result else None
    return {"job": job, "request": request, "made": made}


PAGES = (
    Page(method="GET", path="/ledger/erasures", action="ledger.erasures.list", roles=KEEPERS, handle=show),
    Page(
        method="POST",
        path="/ledger/erasures/more",
        action="ledger.erasures.more",
        roles=KEEPERS,
        handle=more,
        form=Paged,
    ),
    Page(
        method="POST",
        path="/ledger/erasures",
        action="ledger.erasures.look",
        roles=KEEPERS,
        handle=look,
        changes=True,
    ),
    Page(
        method="GET",
        path="/ledger/erasures/{id}",
        action="ledger.erasures.show",
        roles=KEEPERS,
        handle=one,
    ),
    Page(
        method="POST",
        path="/ledger/erasures/{id}/ask",
        action="ledger.erasures.ask",
        roles=frozenset({Role.OFFICER}),
        handle=ask,
        form=Reason,
        changes=True,
    ),
    Page(
        method="POST",
        path="/ledger/erasures/{id}/cancel",
        action="ledger.erasures.cancel",
        roles=KEEPERS,
        handle=cancel,
        changes=True,
    ),
)
