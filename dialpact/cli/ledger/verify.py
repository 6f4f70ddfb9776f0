"""``dialpact ledger verify``."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from dialpact.application.ledger import copies, verification
from dialpact.application.ledger.signing import read_note, trusted
from dialpact.application.ledger.verification import VerifiedLedger
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


Alone = Annotated[
    bool,
    typer.Option("--alone", help="Not against the folder of copies and ledger.head: of a backup's copy."),
]


async def verify(
    session: CommandContext,
    *,
    first: From = None,
    last: To = None,
    checkpoint: Notes = None,
    key: Keys = None,
    alone: Alone = False,
) -> int:
    """Check each record, the tree, and what was signed. Changes nothing. Exit 3 when something is wrong."""
    believed = trusted(session.config, key or ())
    given = [(str(path), read_note(path)) for path in checkpoint or ()]
    around, unread = ([], []) if alone else copies.around(session.config)
    with watched(session, "say.verifying") as progress:
        done = await verification.verify(
            session.looking(), believed, given, first, last, around=around, progress=progress
        )
    sums = {name: getattr(done, name) for name in SUMS}
    if session.as_json:
        listed = [finding_object(session, finding) for finding in done.listed]
        beside = {
            "unproven": done.unproven,
            "forks": done.forks,
            "given_up": done.given_up,
            "strangers": done.strangers,
            "unlooked": unread,
            "registers": None if done.registers is None else msgspec.to_builtins(done.registers),
        }
        session.json(sums | {"keys": [each.vkey for each in believed]} | beside | {"listed": listed})
        return FOUND if done.findings else DONE
    if done.findings:
        columns = ("problem", "leaf", "record", "key-of-record", "text")
        session.table(columns, [finding_row(session, finding) for finding in done.listed], None)
    if done.findings > len(done.listed):
        session.note(session.text("say.ledger-more", more=done.findings - len(done.listed)))
    typer.echo(session.text("say.ledger-verified", **sums))
    if done.unproven:
        typer.echo(session.text("say.ledger-unproven", count=done.unproven))
    typer.echo(_registers(session, done))
    if done.forks:
        session.note(session.text("say.ledger-forks", count=done.forks, names=", ".join(done.given_up[:5])))
    if done.strangers:
        names = ", ".join(done.strangers[:5])
        session.note(session.text("say.ledger-strangers", count=len(done.strangers), names=names))
    for said in unread:
        session.note(session.text("say.ledger-unlooked", what=said))
    return FOUND if done.findings else DONE


def _registers(session: CommandContext, done: VerifiedLedger) -> str:
    if done.registers is None:
        return session.text("say.registers-not-looked-at")
    rows = sum(one.rows for one in done.registers.values())
    unbound = {name: one.unbound for name, one in done.registers.items() if one.unbound}
    said = session.text("say.registers-verified", rows=rows)
    if unbound:
        named = ", ".join(f"{name} {count}" for name, count in unbound.items())
        said += " " + session.text("say.registers-unbound", unbound=sum(unbound.values()), named=named)
    return said
