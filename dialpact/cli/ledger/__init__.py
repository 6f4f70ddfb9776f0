"""``dialpact ledger``: the log that proves itself, its keys and its signed tree heads."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.ledger import signing, witnesses
from dialpact.cli.command import command, group
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.flag import By, Why
from dialpact.cli.ledger.erase import erase
from dialpact.cli.ledger.shown import list_, show
from dialpact.cli.ledger.stamps import timestamp, timestamp_verify
from dialpact.cli.ledger.verify import verify
from dialpact.compliance.witness import DISPUTES

app = group("The log that proves itself: checkpoints, verification, keys.")

Out = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it there instead.")]


@command(app, "checkpoint")
async def checkpoint(session: CommandContext, *, output: Out = None) -> int:
    """Sign the log as it is now: what no one can cut or rewrite behind the back of who has a copy.

    Witnesses are asked to cosign it. Exit 3 when one holds another log of this name.
    """
    async with session.context() as context:
        text = await signing.checkpoint(context, session.config)
        asked = await witnesses.submit(context, session.config)
        text = await witnesses.cosigned(context, text)
    for one in asked:
        if one.word != "cosigned":
            told = {"witness": one.name, "url": one.url, "word": one.word, "why": one.detail}
            session.note(session.text("say.ledger-not-cosigned", **told))
    answer: dict[str, object] = {
        "witnesses": [{"name": one.name, "word": one.word, "detail": one.detail} for one in asked]
    }
    if output:
        output.write_text(text, "utf-8")
        answer = {"file": str(output), **answer}
        session.answer(answer, session.text("say.ledger-written", file=output))
    else:
        session.answer({"note": text, **answer}, text.removesuffix("\n"))
    return FOUND if any(one.word in DISPUTES for one in asked) else DONE


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
