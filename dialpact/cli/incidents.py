"""``dialpact incidents``: what a human has to know: calls round the gate, flawed recordings, and more."""

from __future__ import annotations

import re
from typing import Annotated, Any

import typer

from dialpact.cli import texts
from dialpact.cli.command import command, group
from dialpact.cli.flag import Limit
from dialpact.cli.session import Session
from dialpact.compliance.clock import instant
from dialpact.compliance.numbers import masked
from dialpact.compliance.reconcile import incidents as cdr_incidents
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import moment
from dialpact.store.sqlite import incidents

app = group("The incidents: calls that went round the gate, recordings with a flaw, and the like.")

ALL = -1  # SQLite's LIMIT: none
TABLE = "incident."
_NUMBER = re.compile(r"(?<![\w=.+-])\+?[0-9]{7,}(?![\w.])")  # not the digits of a unique id
Since = Annotated[str, typer.Option(help="From then on; without a zone: Asia/Shanghai.")]
Until = Annotated[str, typer.Option(help="Up to then; a bare date includes that day.")]
COLUMNS = ("at", "kind", "meaning", "channel", "detail", "decision")


@command(app, "list")
async def list_(
    session: Session,
    *,
    kind: Annotated[str, typer.Option(help="Of this kind, as in docs/incidents.md.")] = "",
    since: Since = "",
    until: Until = "",
    full: Annotated[bool, typer.Option("--full", help="Show numbers unmasked.")] = False,
    limit: Limit = 100,
) -> None:
    """Incidents, the newest first."""
    if kind and kind not in kinds():
        raise Fault("incident-kind", value=kind, known=", ".join(kinds()))
    async with session.store() as store:
        found = await incidents.list_incidents(
            store,
            kind=kind,
            since=moment(since, "since") if since else None,
            until=moment(until, "until", end_of_day=True) if until else None,
            most=limit + 1 if limit else ALL,
        )
    shown = [_told(session, row, full) for row in session.limited(found, limit)]
    rows = [[instant(row["at"]), *(row[name] for name in COLUMNS[1:])] for row in shown]
    session.table(COLUMNS, rows, shown)


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


def kinds() -> list[str]:
    """All that can be written, in the catalogue's order; last what a reconciliation writes."""
    own = [key.removeprefix(TABLE) for key in texts.catalogue("en") if key.startswith(TABLE)]
    return [*own, *cdr_incidents.WRITTEN]


def _told(session: Session, row: dict[str, Any], full: bool) -> dict[str, Any]:
    detail = row["detail"] if full else _NUMBER.sub(lambda number: masked(number[0]), row["detail"])
    return {**row, "meaning": texts.incident_text(row["kind"], session.language), "detail": detail}
