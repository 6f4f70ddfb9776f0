"""``/reconciliations/{id}``: what the call records show, a kind of finding at a time."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any, NamedTuple

from dialpact.application.cdr_file import untouched
from dialpact.application.jobs import queue
from dialpact.application.jobs.reconciling import Sums, sums
from dialpact.application.reconcile import kept
from dialpact.application.reconcile.kept import BAD, Section
from dialpact.compliance.jobs import UNDER_WAY, Job
from dialpact.compliance.reconcile import NOTES
from dialpact.compliance.registers.fault import Fault
from dialpact.presentation import reconciliation
from dialpact.presentation.hidden import Hidden
from dialpact.web.console import jobs
from dialpact.web.console.inspections.one import END
from dialpact.web.console.inspections.whose import LOOK, job_of
from dialpact.web.console.page import Asked, Form, NoForm, Page, Redirect, Shown
from dialpact.web.console.reconciliations.asking import KIND, about

ROWS = 50
SEEN = Hidden((), full=True)  # who sees these pages sees numbers


class Part(Form, frozen=True, kw_only=True):
    """``kind``: of findings; empty: the gravest that there is."""

    kind: str = ""
    after: str = ""


class Rows(NamedTuple):
    section: Section | None
    rows: Sequence[Any]
    next: str


async def show(asked: Asked[Part]) -> Shown | Redirect:
    job = await job_of(asked, KIND)
    values: dict[str, Any] = {"job": job, "about": about(job), "why": jobs.why(asked, job)}
    if job.state == "done" and job.result is not None:
        if asked.htmx:  # whoever waited for it is shown all of it
            return Redirect(to=f"/reconciliations/{job.id}")
        found = sums(job.result)
        values |= {"sums": found, "shown": await rows(asked, job, found), **_told(asked, job, found)}
        return Shown(template="reconciliations/report.html", values=values)
    values["under_way"] = job.state in UNDER_WAY
    return Shown(template="reconciliations/job.html", values=values, part="state")


async def rows(asked: Asked[Part], job: Job, found: Sums) -> Rows:
    """Fault for a kind of which there is none."""
    wanted = asked.form.kind
    section = next((one for one in found.sections if not wanted or one.kind == wanted), None)
    if section is None:
        if wanted:
            raise Fault("not-registered", entry=wanted[:40])
        return Rows(None, (), "")
    opened = await queue.opened(jobs.desk(asked.site).files, job)

    def read() -> Rows:
        with opened as file:
            if section.kind == BAD:
                lines = kept.bad_lines(file, section, after=asked.form.after, most=ROWS)
                told = [(one, asked.fault(Fault(one.code, **one.detail))) for one in lines.rows]
                return Rows(section, told, lines.next)
            page = kept.findings(file, section, after=asked.form.after, most=ROWS)
            return Rows(
                section,
                [reconciliation.told(one, SEEN, asked.language) for one in page.rows],
                page.next,
            )

    return await asyncio.to_thread(read)


def _told(asked: Asked[Any], job: Job, found: Sums) -> dict[str, Any]:
    """What must be said before anything is believed, and what may be done about it."""
    given = about(job)
    shifted = reconciliation.shifted(found.shift, found.since or 0, given.timezone) if given else ("?", "?")
    return {
        "span": [datetime.fromtimestamp(one or 0, UTC) for one in (found.since, found.until)],
        "unreadable": [one for one in found.files if one.lines and one.unreadable],
        "untouched": untouched(found.files),
        "shifted": shifted if found.shift else None,
        "notes": NOTES,
        "writable": found.writable,
        "settleable": found.settleable,
    }


async def cancel(asked: Asked[NoForm]) -> Redirect:
    await jobs.cancel(asked, KIND)
    return Redirect(to="/reconciliations", said="inspections.cancelled")


PAGES = (
    Page(
        method="GET",
        path="/reconciliations/{id}",
        action="reconciliations.show",
        roles=LOOK,
        handle=show,
        form=Part,
    ),
    Page(
        method="POST",
        path="/reconciliations/{id}/cancel",
        action="reconciliations.cancel",
        roles=END,
        handle=cancel,
        changes=True,
    ),
)
