"""``dialpact business``: who calls, and in which capacity."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import businesses
from dialpact.cli import entry
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import After, By, Limit
from dialpact.compliance.model import Business, Capacity

app = group("The businesses that call, and in which capacity.")


@command(app, "add")
async def add(
    session: CommandContext,
    id: Annotated[str, typer.Argument(help="Letters of any script, digits, '.', '_', '-'.")],
    *,
    name: Annotated[str, typer.Option(help="Its full name.")],
    actor: Annotated[Capacity, typer.Option(help="Calls for itself, or is a licensed call centre.")],
    by: By,
) -> None:
    """Register a business."""
    async with session.context(by) as context:
        done = await businesses.add(context, id, name=name, capacity=actor)
    entry.done(session, "business", done.outcome, done.entry)


@command(app, "list")
async def list_(session: CommandContext, *, limit: Limit = 0, after: After = "") -> None:
    """All businesses."""
    async with session.context() as context:
        found = await businesses.listed(context, after=after, most=limit)
    entry.listed(session, Business, found.rows)
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, id: Annotated[str, typer.Argument()]) -> int:
    """One business and the history of its entry."""
    async with session.context() as context:
        found = await businesses.show(context, id)
    return entry.shown(session, Business, found)
