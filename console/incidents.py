"""``dialpact incidents``: what a human has to know, each one listed, all of them counted."""

from __future__ import annotations

from typing import Annotated

import typer

from compliance.clock import instant
from compliance.registers.moment import moment
from compliance.store.sqlite import incidents
from console.command import command, group
from console.flag import Limit
from console.session import Session

app = group("The incidents: what went wrong, with which call, and how often.")

ALL = -1  # SQLite's LIMIT: none
Since = Annotated[str, typer.Option(help="From then on; without a zone: Asia/Shanghai.")]
Until = Annotated[str, typer.Option(help="Before then; a bare date: to the end of that day.")]


@command(app, "list")
async def list_(
    session: Session,
    *,
    kind: Annotated[str, typer.Option(help="Only of this kind, such as recording-missing.")] = "",
    since: Since = "",
    until: Until = "",
    limit: Limit = 100,
) -> None:
    """Incidents, the newest first."""
    async with session.store() as store:
        found = await incidents.list_incidents(
            store,
            kind=kind,
            since=moment(since, "since") if since else None,
            until=moment(until, "until", end_of_day=True) if until else None,
            most=limit + 1 if limit else ALL,
        )
    shown = session.limited(found, limit)
    columns = ("at", "kind", "detail", "channel", "decision")
    rows = [[instant(row["at"]), *(row[name] for name in columns[1:])] for row in shown]
    session.table(columns, rows, shown)


@command(app, "count")
async def count(session: Session, *, since: Since = "", until: Until = "") -> None:
    """How many there are of each kind."""
    async with session.store() as store:
        found = await incidents.count_incidents(
            store,
            since=moment(since, "since") if since else None,
            until=moment(until, "until", end_of_day=True) if until else None,
        )
    columns = ("kind", "incidents", "first_at", "last_at")
    rows = [[row["kind"], row["count"], instant(row["first"]), instant(row["last"])] for row in found]
    session.table(columns, rows, found)
