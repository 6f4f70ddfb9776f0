"""What an officer does about a reconciliation that he has looked at: a job of its own."""

from __future__ import annotations

import msgspec

from dialpact.application.jobs import reconciliation_acts
from dialpact.application.jobs.reconciliation_acts import ActsDone
from dialpact.compliance.jobs import UNDER_WAY, JobKind
from dialpact.compliance.registers.account import Role
from dialpact.web.console import jobs
from dialpact.web.console.inspections.whose import job_of
from dialpact.web.console.page import Asked, Form, NoForm, Page, Redirect, Shown
from dialpact.web.console.reconciliations.asking import KIND

ACTS: JobKind = "reconciliation-acts"
ACT = frozenset({Role.OFFICER})


class Acts(Form, frozen=True, kw_only=True):
    """``write``: each finding is kept as an incident; ``settle``: recordings are settled by the CDRs."""

    write: bool = False
    settle: bool = False
    reason: str = ""


async def act(asked: Asked[Acts]) -> Redirect:
    of, form = await job_of(asked, KIND), asked.form
    told = await reconciliation_acts.asked(
        asked.context, of, write=form.write, settle=form.settle, reason=form.reason
    )
    job = await jobs.begin(asked, ACTS, told)
    return Redirect(to=f"/reconciliations/acts/{job.id}")


async def done(asked: Asked[NoForm]) -> Shown:
    job = await job_of(asked, ACTS)
    result = (job.result or {}).get("done")
    values = {
        "job": job,
        "why": jobs.why(asked, job),
        "under_way": job.state in UNDER_WAY,
        "of": job.detail.get("of", ""),
        "done": msgspec.convert(result, ActsDone) if result else None,
    }
    return Shown(template="reconciliations/acts.html", values=values, part="state")


PAGES = (
    Page(
        method="POST",
        path="/reconciliations/{id}/acts",
        action="reconciliations.act",
        roles=ACT,
        handle=act,
        form=Acts,
        changes=True,
    ),
    Page(
        method="GET",
        path="/reconciliations/acts/{id}",
        action="reconciliations.acts",
        roles=ACT,
        handle=done,
    ),
)
