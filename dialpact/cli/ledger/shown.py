"""``dialpact ledger list`` and ``show``: what is in the log."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from dialpact.application.ledger import entries
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import After, Limit
from dialpact.presentation.ledger_proof import encoded, leaf_object


async def list_(
    session: CommandContext,
    *,
    first: Annotated[
        int | None, typer.Option("--from", min=0, metavar="LEAF", help="From this leaf on; else the newest.")
    ] = None,
    limit: Limit = 100,
    after: After = "",
) -> None:
    """Entries of the log: which leaf is of which record."""
    async with session.context() as context:
        found = await entries.listed(context, first, after=after, most=limit)
    rows = [[each.leaf, each.kind, each.key, each.erased, each.hash.hex()] for each in found.rows]
    answer = [msgspec.structs.asdict(each) | {"hash": each.hash.hex()} for each in found.rows]
    session.table(("leaf", "record", "key-of-record", "erased", "leaf-hash"), rows, answer)
    session.more(found)


async def show(
    session: CommandContext, leaf: Annotated[int, typer.Argument(min=0, help="Its number.")]
) -> None:
    """One entry: its record as it was hashed, and the proof that it is in the log as it was last signed."""
    async with session.context() as context:
        found = await entries.show(context, leaf)
    entry = found.entry
    if session.as_json:
        session.json(leaf_object(found))
        return
    session.facts(
        [
            ("leaf", leaf),
            ("record", entry.kind),
            ("key-of-record", entry.key),
            ("leaf-hash", encoded(entry.hash)),
            ("salt", encoded(found.salt) if found.salt else None),
            ("proof", list(map(encoded, found.steps))),
        ]
    )
    erased = session.text("say.ledger-erased-record") if found.salt is None else ""
    typer.echo(msgspec.json.format(found.record, indent=1).decode() if found.record else erased)
    if found.checkpoint:
        typer.echo(f"\n{found.checkpoint}", nl=False)
    else:
        session.note(session.text("say.ledger-unsigned"))
