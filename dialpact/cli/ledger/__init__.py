"""``dialpact ledger``: the log that proves itself, its keys and its signed tree heads."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application.ledger import signing
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import By, Why
from dialpact.cli.ledger.checkpoint import checkpoint, resume
from dialpact.cli.ledger.erase import erase
from dialpact.cli.ledger.prove import prove
from dialpact.cli.ledger.shown import list_, show
from dialpact.cli.ledger.stamps import timestamp, timestamp_verify
from dialpact.cli.ledger.verify import verify

app = group("The log that proves itself: checkpoints, verification, keys.")

command(app, "checkpoint")(checkpoint)


@command(app, "key")
async def key(session: CommandContext) -> None:
    """Print the verifier key: what an inspector needs, and may have."""
    async with session.context() as context:
        signer = await signing.key(context, session.config)
    session.answer({"name": signer.name, "verifier_key": signer.vkey}, signer.vkey)


@command(app, "rotate")
async def rotate(
    session: CommandContext,
    *,
    by: By,
    reason: Why,
    lost: Annotated[
        bool, typer.Option("--lost", help="The old key is gone: nothing vouches for the new one.")
    ] = False,
) -> None:
    """Put a new key in force. The old one signs a last time, and vouches for the new one in the log."""
    async with session.context(by) as context:
        done = await signing.rotate(context, session.config, reason=reason, lost=lost)
    answer = {"old": done.old, "new": done.new, "vouched": bool(done.word)}
    session.answer(answer, session.text("say.ledger-rotated", old=done.old, new=done.new))
    if lost:
        session.note(session.text("say.ledger-lost"))


command(app, "resume")(resume)
command(app, "verify")(verify)
command(app, "prove")(prove)
command(app, "list")(list_)
command(app, "show")(show)
command(app, "erase")(erase)
command(app, "timestamp")(timestamp)
command(app, "timestamp-verify")(timestamp_verify)
