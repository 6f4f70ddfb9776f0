"""``/complaints``: what is due first is on top."""

from __future__ import annotations

from typing import Any, Literal

from dialpact.application import complaints
from dialpact.store.ports.complaints import InboxWanted
from dialpact.web.console.complaints.whose import theirs
from dialpact.web.console.page import EVERYBODY, Asked, Form, Page, Shown
from dialpact.web.console.within import veil

ROWS = 50
Stages = Literal["open", "answered", "closed", "all"]


class Tab(Form, frozen=True, kw_only=True):
    """Nothing that a person could be known by stands in an address."""

    stage: Stages = "open"
    overdue: bool = False
    unmatched: bool = False


class Search(Tab, frozen=True, kw_only=True):
    number: str = ""
    source: str = ""
    caller_id: str = ""
    campaign: str = ""
    agent: str = ""
    after: str = ""


async def opened(asked: Asked[Tab]) -> Shown:
    given = {name: getattr(asked.form, name) for name in Tab.__struct_fields__}
    return await _shown(asked, Search(**given))


async def searched(asked: Asked[Search]) -> Shown:
    return await _shown(asked, asked.form)


async def _shown(asked: Asked[Any], form: Search) -> Shown:
    whose, calendar = theirs(asked.account), asked.site.rules().policy.calendar
    wanted = InboxWanted(
        **{name: getattr(form, name).strip() for name in ("number", "source", "caller_id", "campaign")},
        agent=form.agent.strip(),
        stage=None if form.stage == "all" else form.stage,
        unmatched=form.unmatched,
        theirs=whose,
    )
    async with asked.context.looking() as context:
        found = await complaints.inbox(
            context, calendar, wanted, overdue=form.overdue, after=form.after, most=ROWS
        )
        waiting = await complaints.waiting(context, whose)
    seen = [one.complaint for one in found.rows]
    hidden = await veil(asked, (), (one.caller_id for one in seen))
    fields = {name: _sent(getattr(form, name)) for name in Search.__struct_fields__ if name != "after"}
    values = {"rows": found.rows, "next": found.next, "fields": fields, "waiting": waiting}
    values |= {"form": form, "hidden": hidden}
    return Shown(template="complaints/inbox.html", values=values, part="more" if form.after else "found")


def _sent(value: object) -> str:
    return ("true" if value else "") if isinstance(value, bool) else str(value)


PAGES = (
    Page(
        method="GET",
        path="/complaints",
        action="complaints.inbox",
        roles=EVERYBODY,
        handle=opened,
        form=Tab,
        nav="nav.complaints",
    ),
    Page(
        method="POST",
        path="/complaints",
        action="complaints.search",
        roles=EVERYBODY,
        handle=searched,
        form=Search,
    ),
)
