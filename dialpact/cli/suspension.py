"""``dialpact suspension``: which agents, campaigns and caller IDs may not call until an officer lifts it."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import suspensions
from dialpact.cli import entry
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import After, By, Limit, Why
from dialpact.compliance.model import Suspendable
from dialpact.compliance.registers.suspension import SuspensionEntry

app = group("The suspensions: who may not call until an officer lifts it.")

Kind = Annotated[Suspendable, typer.Argument()]
Key = Annotated[str, typer.Argument(help="The agent, the campaign's id or the caller ID.")]


@command(app, "add")
async def add(session: CommandContext, kind: Kind, key: Key, *, reason: Why, by: By) -> None:
    """Suspend an agent, a campaign or a caller ID: it counts from the next attempt on."""
    await suspend(session, kind, key, reason=reason, by=by)


@command(app, "lift")
async def lift(session: CommandContext, kind: Kind, key: Key, *, reason: Why, by: By) -> None:
    """End a suspension, with who and why; the count that led to it starts anew."""
    async with session.context(by) as context:
        lifted = await suspensions.lift(context, kind, key, reason=reason)
    _done(session, "lifted", lifted)


@command(app, "list")
async def list_(
    session: CommandContext,
    *,
    all: Annotated[bool, typer.Option("--all", help="Also those that were lifted.")] = False,
    limit: Limit = 0,
    after: After = "",
) -> None:
    """The suspensions in force."""
    async with session.context() as context:
        found = await suspensions.listed(context, lifted=all, after=after, most=limit)
    entry.listed(session, SuspensionEntry, found.rows)
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, kind: Kind, key: Key) -> int:
    """All suspensions of one, with their evidence and history."""
    async with session.context() as context:
        found = await suspensions.show(context, kind, key)
    return entry.shown(session, SuspensionEntry, found)


async def suspend(session: CommandContext, kind: Suspendable, key: str, *, reason: str, by: str) -> None:
    """Also for ``campaign suspend`` and ``caller-id suspend``."""
    async with session.context(by) as context:
        done = await suspensions.suspend(context, kind, key, reason=reason)
    _done(session, "suspended" if done.outcome == "added" else "already", done.entry)


def _done(session: CommandContext, outcome: str, found: SuspensionEntry) -> None:
    """A suspension has no id of its own: it goes by what is suspended."""
    name = session.text(f"kind.{found.kind}")
    session.answer(
        {"register": "suspension", "result": outcome, "entry": found},
        session.text(f"done.{outcome}", register=name, entry=found.key),
    )
