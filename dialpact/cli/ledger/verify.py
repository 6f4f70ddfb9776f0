"""``dialpact ledger verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.ledger import verification
from dialpact.application.ledger.signing import read_note, trusted
from dialpact.cli.audit_finding import finding_object, finding_row
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.progress import watched

SUMS = ("entries", "checked", "erased", "checkpoints", "findings")
From = Annotated[int | None, typer.Option("--from", min=0, metavar="LEAF", help="First leaf; else 0.")]
To = Annotated[int | None, typer.Option("--to", min=0, metavar="LEAF", help="Last leaf; else the newest.")]
Notes = Annotated[
    list[Path] | None,
    typer.Option("--checkpoint", metavar="FILE", help="An older checkpoint that was kept elsewhere."),
]
Keys = Annotated[
    list[str] | None,
    typer.Option("--key", metavar="VKEY|FILE", help="Whom to believe; else this installation's own key."),
]


async def verify(
    session: CommandContext,
    *,
    first: From = None,
    last: To = None,
    checkpoint: Notes = None,
    key: Keys = None,
) -> int:
    """Check each record, the tree, and what was signed. Changes nothing. Exit 3 when something is wrong."""
    believed = trusted(session.config, key or ())
    given = [(str(path), read_note(path)) for path in checkpoint or ()]
    with watched(session, "say.verifying") as progress:
        done = await verification.verify(session.looking(), believed, given, first, last, progress=progress)
    sums = {name: getattr(done, name) for name in SUMS}
    if session.as_json:
        listed = [finding_object(session, finding) for finding in done.listed]
        session.json(
            sums | {"unproven": done.unproven, "keys": [each.vkey for each in believed], "listed": listed}
        )
        return FOUND if done.findings else DONE
    if done.findings:
        columns = ("problem", "leaf", "record", "key-of-record", "text")
        session.table(columns, [finding_row(session, finding) for finding in done.listed], None)
    if done.findings > len(done.listed):
        session.note(session.text("say.ledger-more", more=done.findings - len(done.listed)))
    typer.echo(session.text("say.ledger-verified", **sums))
    if done.unproven:
        typer.echo(session.text("say.ledger-unproven", count=done.unproven))
    return FOUND if done.findings else DONE
