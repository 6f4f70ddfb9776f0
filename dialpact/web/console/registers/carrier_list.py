"""``/registers/caller-id/reconcile``: the register against the carrier's own list. It changes nothing."""

from __future__ import annotations

from datetime import date
from itertools import islice
from typing import Any

from dialpact.application import carrier_list, mappings
from dialpact.application.imports import How
from dialpact.compliance.numbers import HOME
from dialpact.compliance.registers.columns import mapping
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.formats import CARRIER_LIST
from dialpact.compliance.registers.sheet import row_of
from dialpact.web.console.page import Asked, Form, Page, Shown
from dialpact.web.console.registers.declared import OFFICERS

MOST_BODY = 64 << 20
SECONDS = 300.0  # a month of calls is counted
BAD = 20  # rows that are said
FOUND = 500  # differences that are shown; the file of the command line has all


class Asking(Form, frozen=True, kw_only=True):
    since: date | None = None
    until: date | None = None
    skip_bad: bool = False
    numbers_only: bool = False
    as_written: bool = False
    mapping: str = ""
    map: str = ""  # a line each: column=its name in the file
    sheet: str = ""


async def form(asked: Asked[Any]) -> Shown:
    return Shown(template="registers/carrier_list.html", values={"done": None})


async def compare(asked: Asked[Asking]) -> Shown:
    sent, file = asked.form, asked.files.get("file")
    if file is None:
        raise Fault("empty", column="file")
    as_written = sent.as_written or asked.context.regions()[:1] != HOME
    mapped = mapping([line for line in sent.map.splitlines() if line.strip()])
    given = await mappings.given(
        asked.context, CARRIER_LIST, mapped=mapped, saved=sent.mapping, numbers_only=sent.numbers_only
    )
    with await carrier_list.compare_list(
        asked.context,
        file.file,
        name=file.name,
        since=sent.since.isoformat() if sent.since else "",
        until=sent.until.isoformat() if sent.until else "",
        skip_bad=sent.skip_bad,
        how=How(sheets=[sent.sheet] if sent.sheet else (), as_written=as_written, given=given),
    ) as done:
        first = islice(done.bad_rows, BAD)
        bad = [(row_of(row.line)[1], asked.fault(row.fault)) for row in first]
        values = {
            "done": done,
            "file": file.name,
            "found": done.about,
            "differences": done.about.differences[:FOUND],
            "bad": bad,
        }
        return Shown(template="registers/carrier_list.html", values=values, part="compared")


PAGES = (
    Page(
        method="GET",
        path="/registers/caller-id/reconcile",
        action="registers.caller-id.reconcile-form",
        roles=OFFICERS,
        handle=form,
    ),
    Page(
        method="POST",
        path="/registers/caller-id/reconcile",
        action="registers.caller-id.reconcile",
        roles=OFFICERS,
        handle=compare,
        form=Asking,
        changes=True,
        uploads=True,
        most_body=MOST_BODY,
        seconds=SECONDS,
    ),
)
