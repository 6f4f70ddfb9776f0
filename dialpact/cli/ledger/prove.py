"""``dialpact ledger prove``: that one head of the log is a beginning of another."""

from __future__ import annotations

import base64
from typing import Annotated

import typer

from dialpact.application.ledger import proving
from dialpact.cli.command_context import DONE, CommandContext
from dialpact.cli.ledger.checkpoint import forked
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.heads import LedgerForked

Head = Annotated[str, typer.Argument(metavar="SIZE|FILE", help="Entries, or a checkpoint's file.")]


async def prove(session: CommandContext, old: Head, new: Head) -> int:
    """Prove that the log of OLD entries is a beginning of that of NEW, in a form that witnesses take."""
    async with session.context() as context:
        try:
            done = await proving.prove(context, session.config, old, new)
        except LedgerForked as fork:
            return forked(session, fork)
    steps = [base64.b64encode(step).decode() for step in done.steps]
    if session.as_json:
        session.json(
            {
                "origin": done.new.origin,
                "old": _object(done.old),
                "new": _object(done.new),
                "proof": steps,
                "checkpoint": done.text if done.signed else None,
            }
        )
        return DONE
    typer.echo("".join(f"{line}\n" for line in (f"old {done.old.size}", *steps, "")) + done.text, nl=False)
    if not done.signed:
        session.note(session.text("say.ledger-unsigned-head", size=done.new.size))
    return DONE


def _object(head: Checkpoint) -> dict[str, object]:
    return {"size": head.size, "root": base64.b64encode(head.root).decode()}
