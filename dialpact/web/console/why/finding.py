"""The calls that may be meant: by a number, an id, or as lists are asked for."""

from __future__ import annotations

from datetime import date
from typing import Any, Literal

from msgspec import structs

from dialpact.application import why
from dialpact.compliance.calls import Verdict
from dialpact.compliance.registers.account import Role
from dialpact.store.ports.listings import Wanted
from dialpact.web.console import within
from dialpact.web.console.call_row import row
from dialpact.web.console.days import span
from dialpact.web.console.page import Asked, Form, NoForm, Shown
from dialpact.web.console.why.choices import choices

MOST = 50  # calls of a part
TEMPLATE = "why/why.html"


class Search(Form, frozen=True, kw_only=True):
    """``what``: a number in any form, an id. ``since``, ``until``: days, both included."""

    what: str = ""
    campaign: str = ""
    verdict: Verdict | Literal[""] = ""
    since: date | None = None
    until: date | None = None
    after: str = ""


async def search(asked: Asked[NoForm]) -> Shown:
    """Before anything is looked for: the newest that were blocked."""
    return await _shown(asked, Search(verdict="BLOCK"), "")


async def found(asked: Asked[Search]) -> Shown:
    return await _shown(asked, asked.form, "rows" if asked.form.after else "found")


async def _shown(asked: Asked[Any], form: Search, part: str) -> Shown:
    page = await why.meant(asked.context, form.what, _wanted(asked, form), after=form.after, most=MOST)
    veil = await within.veil(asked, (), {one.caller_id for one in page.rows})
    values: dict[str, Any] = {
        "calls": [row(one, veil) for one in page.rows],
        "next": page.next,
        "form": form,
        "sent": {name: str(value or "") for name, value in structs.asdict(form).items() if name != "after"},
        "limited": asked.account.role is Role.SUPERVISOR,
    }
    if not (asked.htmx and part):
        values["choices"] = await choices(asked)
    return Shown(template=TEMPLATE, values=values, part=part)


def _wanted(asked: Asked[Any], form: Search) -> Wanted:
    """Fault for a span that ends before it begins."""
    days = span(asked, form.since, form.until)
    return structs.replace(
        within.limits(asked.account),
        campaign=form.campaign.strip(),
        verdict=form.verdict,
        since=days.since,
        until=days.until,
    )
