"""``dialpact registration``: who is registered with an authority, until when."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import registrations
from dialpact.cli import entry
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import After, By, Limit, Why
from dialpact.compliance.model import Registrant, Registration

app = group("The registrations with authorities: of a business or a campaign, with their ends.")

Holder = Annotated[Registrant, typer.Argument()]
Id = Annotated[str, typer.Argument(help="The business's or the campaign's id.")]
Kind = Annotated[str, typer.Argument(help="As the profile asks for it.")]


@command(app, "add")
async def add(
    session: CommandContext,
    holder: Holder,
    id: Id,
    kind: Kind,
    *,
    number: Annotated[str, typer.Option(help="Of the certificate.")] = "",
    valid_from: Annotated[str, typer.Option(help="First valid day.")],
    valid_to: Annotated[str, typer.Option(help="Last valid day; left out: without an end.")] = "",
    by: By,
) -> None:
    """Enter a registration; a renewal is one more."""
    async with session.context(by) as context:
        done = await registrations.add(
            context, holder, id, kind, number=number, valid_from=valid_from, valid_to=valid_to
        )
    entry.done(session, "registration", done.outcome, done.entry)


@command(app, "remove")
async def remove(
    session: CommandContext,
    holder: Holder,
    id: Id,
    kind: Kind,
    *,
    valid_from: Annotated[str, typer.Option(help="Which one, where there are several.")] = "",
    reason: Why,
    by: By,
) -> None:
    """Take one away, with who and why: it counts from the next attempt on."""
    async with session.context(by) as context:
        removed = await registrations.remove(context, holder, id, kind, valid_from=valid_from, reason=reason)
    entry.done(session, "registration", "removed", removed)


@command(app, "list")
async def list_(
    session: CommandContext,
    *,
    kind: Annotated[str, typer.Option(help="Only of this kind.")] = "",
    limit: Limit = 0,
    after: After = "",
) -> None:
    """All registrations."""
    async with session.context() as context:
        found = await registrations.listed(context, kind=kind, after=after, most=limit)
    entry.listed(session, Registration, found.rows)
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, holder: Holder, id: Id) -> int:
    """All registrations of one, and their history."""
    async with session.context() as context:
        found = await registrations.show(context, holder, id)
    return entry.shown(session, Registration, found)
