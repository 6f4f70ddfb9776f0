"""``dialpact mapping``: what suppliers call the columns of their files."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any

import typer

from dialpact.application import mappings, plain_registers
from dialpact.cli import entry
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FAILED, CommandContext
from dialpact.cli.flag import After, By, Limit
from dialpact.cli.layout import Map
from dialpact.compliance.registers.columns import mapping
from dialpact.compliance.registers.mapping import MAPPING, SupplierMapping

app = group("The mappings: what a supplier calls the columns of its files.")

Name = Annotated[str, typer.Argument(metavar="NAME", help="The supplier, or what its files are known by.")]


@command(app, "add")
async def add(session: CommandContext, name: Name, *, map: Map, by: By) -> None:
    """Save a mapping under a name: import --mapping NAME reads the supplier's files by it."""
    async with session.context(by) as context:
        done = await mappings.save(context, name, mapping(map or ()))
    said(session, done.outcome, done.entry)


@command(app, "list")
async def list_(session: CommandContext, *, limit: Limit = 0, after: After = "") -> None:
    """All mappings."""
    async with session.context() as context:
        found = await plain_registers.listed(context, MAPPING, after=after, most=limit)
    rows = [[one.id, _line(one)] for one in found.rows]
    session.table(("id", "columns"), rows, [_plain(one) for one in found.rows])
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, name: Name) -> int:
    """One mapping and its history."""
    async with session.context() as context:
        found = await plain_registers.show(context, MAPPING, name)
    if session.as_json:
        entries = [_plain(one) for one in found.entries]
        session.json({"key": found.key, "entries": entries, "history": found.history})
    else:
        for one in found.entries:
            session.table(("column", "name"), list(one.mapped.items()), None)
        session.note(session.text("say.history"))
        entry.changes(session, found.history)
    return DONE if found.entries else FAILED


@command(app, "remove")
async def remove(
    session: CommandContext,
    name: Name,
    *,
    reason: Annotated[str, typer.Option(help="Why, for the log.")],
    by: By,
) -> None:
    """Take a mapping out; the log keeps what it was, who did it and why."""
    async with session.context(by) as context:
        removed = await plain_registers.remove(context, MAPPING, name, reason=reason)
    said(session, "removed", removed)


def said(session: CommandContext, outcome: str, saved: SupplierMapping) -> None:
    session.answer(
        {"register": MAPPING.noun, "result": outcome, "entry": _plain(saved)},
        session.text(f"done.{outcome}", register=session.text("register.mapping"), entry=saved.id),
    )


def _plain(saved: SupplierMapping) -> Mapping[str, Any]:
    return {"id": saved.id, "columns": saved.mapped}


def _line(saved: SupplierMapping) -> str:
    return ", ".join(f"{column}={name}" for column, name in saved.mapped.items())
