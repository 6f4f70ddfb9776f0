"""``/reconciliations``: those that there are, and files are sent for another."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import msgspec

from dialpact.application.cdr_file import TOLERANCE, the_zone
from dialpact.application.jobs import queue
from dialpact.application.jobs.reconciling import ReconciliationAsked
from dialpact.application.outside_line import the_prefixes
from dialpact.compliance.cdr import Columns
from dialpact.compliance.jobs import Job, JobKind
from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.fault import Fault
from dialpact.web.api.scrubs import most_list
from dialpact.web.console import jobs
from dialpact.web.console.inspections.asking import ROWS, SENDING_SECONDS, ZONE, sent
from dialpact.web.console.inspections.whose import LOOK
from dialpact.web.console.page import Asked, Form, Page, Paged, Redirect, Shown

KIND: JobKind = "reconciliation"
SEND = frozenset({Role.OFFICER, Role.AUDITOR})
MOST_TOLERANCE = 600  # seconds


class Records(Form, frozen=True, kw_only=True):
    """With it come ``cdr``, the files. ``columns``, ``inbound``, ``prefix``: with blanks between."""

    since: datetime | None = None
    until: datetime | None = None
    trunk: str = ""
    node: str = ""
    timezone: str = ZONE
    inbound: str = ""
    prefix: str = ""
    tolerance: int = TOLERANCE
    columns: str = ""


async def listed(asked: Asked[Paged]) -> Shown:
    found = await queue.listed(asked.context, KIND, after=asked.form.after, most=ROWS)
    values = {
        "rows": [(job, about(job)) for job in found.rows],
        "next": found.next,
        "trunks": [(name, name) for name in asked.site.config.trunks],
        "node_name": asked.site.config.node.name,
        "blank": Records(),
    }
    return Shown(template="reconciliations/list.html", values=values)


def about(job: Job) -> ReconciliationAsked | None:
    """How it was asked for; None once nothing of it is kept."""
    return msgspec.convert(job.detail, ReconciliationAsked) if job.detail else None


async def send(asked: Asked[Records]) -> Redirect:
    given = sent(asked.files, "cdr")
    order = _order(asked, [one.name for one in given])
    job = await jobs.begin(asked, KIND, order, sent=[one.file for one in given])
    return Redirect(to=f"/reconciliations/{job.id}")


def _order(asked: Asked[Any], names: list[str]) -> ReconciliationAsked:
    """Fault for what can be said at once, while what was typed is still there."""
    form: Records = asked.form
    if not names:
        raise Fault("reconciliation-no-file")
    if not 0 <= form.tolerance <= MOST_TOLERANCE:
        raise Fault("page-value", field="tolerance", why=f"0 … {MOST_TOLERANCE}")
    if form.since and form.until and form.until <= form.since:
        raise Fault("ends-before-start", start=form.since.isoformat(), end=form.until.isoformat())
    trunks = asked.site.config.trunks
    if form.trunk and form.trunk not in trunks:
        raise Fault("no-trunk", value=form.trunk[:40], known=", ".join(trunks))
    the_zone(form.timezone)
    columns, prefixes = tuple(form.columns.split()), tuple(form.prefix.split())
    if columns:
        Columns(columns)
    the_prefixes(prefixes)
    return ReconciliationAsked(
        files=tuple(names),
        columns=columns,
        timezone=form.timezone,
        node=form.node.strip(),
        since=form.since,
        until=form.until,
        trunk=form.trunk,
        inbound=tuple(form.inbound.split()),
        prefixes=prefixes,
        tolerance=form.tolerance,
        language=asked.language,
    )


PAGES = (
    Page(
        method="GET",
        path="/reconciliations",
        action="reconciliations.list",
        roles=LOOK,
        handle=listed,
        form=Paged,
    ),
    Page(
        method="POST",
        path="/reconciliations",
        action="reconciliations.send",
        roles=SEND,
        handle=send,
        form=Records,
        uploads=True,
        most_body=most_list,
        seconds=SENDING_SECONDS,
    ),
)
