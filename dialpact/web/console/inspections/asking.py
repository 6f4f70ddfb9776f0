"""``/inspections``: the reports that there are, and another one is asked for."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

from dialpact.application.jobs import inspecting, queue
from dialpact.application.jobs.inspecting import KIND, InspectionAsked
from dialpact.compliance.inspection.period import month_before
from dialpact.web.api.scrubs import most_list
from dialpact.web.console import jobs
from dialpact.web.console.inspections.whose import ASK, LOOK
from dialpact.web.console.page import Asked, Form, Page, Paged, Redirect, Shown, Upload

ROWS = 50
SENDING_SECONDS = 900.0  # for files to come
ZONE = "Asia/Shanghai"


class Period(Form, frozen=True, kw_only=True):
    """``month``, or ``first`` and ``last``, both included. ``columns``: of the call records, said by hand;
    ``timezone``: of theirs. With it may come ``cdr``, files of calls, and ``list``, carriers' lists.
    """

    month: str = ""
    first: str = ""
    last: str = ""
    full: bool = False
    columns: str = ""
    timezone: str = ZONE


async def listed(asked: Asked[Paged]) -> Shown:
    found = await queue.listed(asked.context, KIND, after=asked.form.after, most=ROWS)
    rows = [(job, inspecting.about(job)) for job in found.rows]
    values = {"rows": rows, "next": found.next, "month": month_before(asked.now.date()), "zone_name": ZONE}
    return Shown(template="inspections/list.html", values=values)


async def ask(asked: Asked[Period]) -> Redirect:
    form = asked.form
    cdr, lists = sent(asked.files, "cdr"), sent(asked.files, "list")
    order = InspectionAsked(
        first=date.min,
        last=date.min,
        full=form.full,
        language=asked.language,
        cdr=tuple(one.name for one in cdr),
        lists=tuple(one.name for one in lists),
        columns=tuple(form.columns.split()),
        timezone=form.timezone,
    )
    first, last = (form.month, "") if form.month else (form.first, form.last)
    order = await inspecting.asked(asked.context, asked.zone, first, last, order)
    if (same := await inspecting.under_way(asked.context, order)) is not None:
        return Redirect(to=f"/inspections/{same.id}")
    job = await jobs.begin(asked, KIND, order, sent=[one.file for one in (*cdr, *lists)])
    return Redirect(to=f"/inspections/{job.id}")


def sent(files: dict[str, Upload] | Any, field: str) -> Sequence[Upload]:
    """Those of one field, in their order."""
    return [upload for name, upload in files.items() if name.partition(".")[0] == field]


PAGES = (
    Page(
        method="GET",
        path="/inspections",
        action="inspections.list",
        roles=LOOK,
        handle=listed,
        form=Paged,
        nav="nav.inspection",
    ),
    Page(
        method="POST",
        path="/inspections",
        action="inspections.ask",
        roles=ASK,
        handle=ask,
        form=Period,
        uploads=True,
        most_body=most_list,
        seconds=SENDING_SECONDS,
    ),
)
