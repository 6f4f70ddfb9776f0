"""``dialpact ledger``: the log that proves itself, its keys and its signed tree heads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.ledger import signing
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import By, Why
from dialpact.cli.ledger.erase import erase
from dialpact.cli.ledger.shown import list_, show
from dialpact.cli.ledger.stamps import timestamp, timestamp_verify
from dialpact.cli.ledger.verify import verify

app = group("The log that proves itself: checkpoints, verification, keys.")

Out = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it there instead.")]


@command(app, "checkpoint")
async def checkpoint(session: CommandContext, *, output: Out = None) -> None:
    """Sign the log as it is now: what no one can cut or rewrite behind the back of who has a copy."""
    async with session.context() as context:
        text = await signing.checkpoint(context, session.config)
    if output:
        output.write_text(text, "utf-8")
        session.answer({"file": str(output)}, session.text("say.ledger-written", file=output))
    else:
        session.answer({"note": text}, text.removesuffix("\n"))


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


command(app, "verify")(verify)
command(app, "list")(list_)
command(app, "show")(show)
command(app, "erase")(erase)
command(app, "timestamp")(timestamp)
command(app, "timestamp-verify")(timestamp_verify)
