"""``dialpact ledger prove``: that one head of the log is a beginning of another."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application.ledger import proving
from dialpact.cli.command_context import DONE, CommandContext
from dialpact.cli.ledger.checkpoint import forked
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.heads import LedgerForked
from dialpact.presentation.ledger_proof import consistency_text, encoded

Head = Annotated[str, typer.Argument(metavar="SIZE|FILE", help="Entries, or a checkpoint's file.")]


async def prove(session: CommandContext, old: Head, new: Head) -> int:
    """Prove that the log of OLD entries is a beginning of that of NEW, in a form that witnesses take."""
    async with session.context() as context:
        try:
            done = await proving.prove(context, session.config, old, new)
        except LedgerForked as fork:
            return forked(session, fork)
    if session.as_json:
        session.json(
            {
                "origin": done.new.origin,
                "old": _object(done.old),
                "new": _object(done.new),
                "proof": list(map(encoded, done.steps)),
                "checkpoint": done.text if done.signed else None,
            }
        )
        return DONE
    typer.echo(consistency_text(done), nl=False)
    if not done.signed:
        session.note(session.text("say.ledger-unsigned-head", size=done.new.size))
    return DONE


def _object(head: Checkpoint) -> dict[str, object]:
    return {"size": head.size, "root": encoded(head.root)}
