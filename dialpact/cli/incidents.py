"""``dialpact incidents``: what a human has to know: calls round the gate, flawed recordings, and more."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import incidents
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import After, Limit
from dialpact.compliance.registers.moment import since_until
from dialpact.compliance.stamped import stamped
from dialpact.compliance.texts import incident_text

app = group("The incidents: calls that went round the gate, recordings with a flaw, and the like.")

Since = Annotated[str, typer.Option(help="From then on; without a zone: Asia/Shanghai.")]
Until = Annotated[str, typer.Option(help="Up to then; a bare date includes that day.")]
COLUMNS = ("at", "kind", "meaning", "channel", "detail", "decision")


@command(app, "list")
async def list_(
    session: CommandContext,
    *,
    kind: Annotated[str, typer.Option(help="Of this kind, as in docs/incidents.md.")] = "",
    since: Since = "",
    until: Until = "",
    full: Annotated[bool, typer.Option("--full", help="Show numbers unmasked.")] = False,
    limit: Limit = 100,
    after: After = "",
) -> None:
    """Incidents, the newest first."""
    incidents.known(kind)
    first, last = since_until(since, until)
    async with session.context() as context:
        found = await incidents.listed(
            context,
            kind=kind,
            since=first,
            until=last,
            full=full,
            after=after,
            most=limit,
        )
    meanings = [incident_text(one.kind, session.language) for one in found.rows]
    told = list(zip(found.rows, meanings, strict=True))
    rows = [[one.at, one.kind, meaning, one.channel, one.detail, one.decision] for one, meaning in told]
    session.table(COLUMNS, rows, [{**stamped(one), "meaning": meaning} for one, meaning in told])
    session.more(found)


@command(app, "count")
async def count(session: CommandContext, *, since: Since = "", until: Until = "") -> None:
    """How many there are of each kind."""
    first, last = since_until(since, until)
    async with session.context() as context:
        found = await incidents.counted(
            context,
            since=first,
            until=last,
        )
    columns = ("kind", "incidents", "first_at", "last_at")
    rows = [[one.kind, one.count, one.first, one.last] for one in found]
    session.table(columns, rows, [stamped(one) for one in found])
