"""The recordings as they are looked for, and the holds that are in force."""

from __future__ import annotations

from datetime import date
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta

from dialpact.application import recordings, retention
from dialpact.store.ports.recording_search import Sought
from dialpact.web.console.days import span
from dialpact.web.console.page import Asked, Page, Paged, Shown
from dialpact.web.console.recordings.who import ACTS_SHOWN, KINDS, READERS, whose

MOST = 50


class Search(Paged, frozen=True, kw_only=True):
    """``since``, ``until``: days of the calls, both included. ``complaint``: its number."""

    since: date | None = None
    until: date | None = None
    campaign: str = ""
    state: Literal["kept", "unanswered", "unseen", "failed", "running", "starting", "disposed", ""] = ""
    held: bool = False
    complained: bool = False
    due: bool = False
    complaint: Annotated[int, Meta(ge=0, lt=1 << 62)] = 0


class Searched(Search, frozen=True, kw_only=True):
    """What may name a person goes into no address."""

    number: str = ""
    agent: str = ""


class Holds(Paged, frozen=True, kw_only=True):
    """``released``: also those that are over."""

    released: bool = False


async def find(asked: Asked[Search]) -> Shown:
    return await _shown(asked, "", "")


async def found(asked: Asked[Searched]) -> Shown:
    return await _shown(asked, asked.form.number, asked.form.agent)


async def _shown(asked: Asked[Any], number: str, agent: str) -> Shown:
    form: Search = asked.form
    days = span(asked, form.since, form.until)
    sought = Sought(
        whose=whose(asked),
        campaign=form.campaign.strip(),
        agent=agent.strip(),
        state=form.state,
        held=form.held,
        complained=form.complained,
        complaint=form.complaint,
        since=days.since,
        until=days.until,
    )
    async with asked.context.looking() as context:
        page = await recordings.search(
            context, sought, number=number, due=form.due, after=form.after, most=MOST
        )
    given = {"number": "", "agent": "", **msgspec.structs.asdict(form)}
    del given["after"]
    return Shown(
        template="recordings/list.html",
        values={
            "found": page.rows,
            "next": page.next,
            "form": given,
            "again": {name: _sent(value) for name, value in given.items() if value},
            "states": [("", asked.text("recordings.any-state")), *states(asked)],
            "kinds": KINDS,
        },
        part="rows" if form.after else "found",
    )


def states(asked: Asked[Any]) -> list[tuple[str, str]]:
    return [(state, asked.text(f"recordings-state.{state}")) for state in KINDS]


def _sent(value: object) -> str:
    return "true" if value is True else str(value)


async def holds(asked: Asked[Holds]) -> Shown:
    async with asked.context.looking() as context:
        page = await retention.holds(context, released=asked.form.released, after=asked.form.after, most=MOST)
    return Shown(
        template="recordings/holds.html",
        values={
            "holds": page.rows,
            "next": page.next,
            "released": asked.form.released,
        },
    )


PAGES = (
    Page(
        method="GET",
        path="/recordings",
        action="recordings.list",
        roles=READERS,
        handle=find,
        form=Search,
        nav="nav.recordings",
    ),
    Page(
        method="POST",
        path="/recordings",
        action="recordings.search",
        roles=READERS,
        handle=found,
        form=Searched,
    ),
    Page(
        method="GET",
        path="/recordings/holds",
        action="recordings.holds",
        roles=ACTS_SHOWN,
        handle=holds,
        form=Holds,
    ),
)
