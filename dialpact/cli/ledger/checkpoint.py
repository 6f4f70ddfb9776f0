"""``dialpact ledger checkpoint`` and ``resume``: the log is signed, or goes on from a backup."""

from __future__ import annotations

import base64
from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.ledger import resumption, signing, witnesses
from dialpact.cli.command_context import DONE, FAILED, FOUND, CommandContext
from dialpact.cli.flag import By, Why
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger.heads import LedgerForked, SignedHead
from dialpact.compliance.witness import DISPUTES
from dialpact.presentation import texts

Out = Annotated[Path | None, typer.Option("-o", "--output", metavar="FILE", help="Write it there instead.")]


async def checkpoint(session: CommandContext, *, output: Out = None) -> int:
    """Sign the log as it is now: what no one can cut or rewrite behind the back of who has a copy.

    Witnesses are asked to cosign it. Exit 3 when the log does not continue what was signed before, or a
    witness holds another one of this name.
    """
    async with session.context() as context:
        try:
            done = await signing.checkpoint(context, session.config)
        except LedgerForked as fork:
            return forked(session, fork)
        asked = await witnesses.submit(context, session.config)
        text = await witnesses.cosigned(context, done.note)
        told = {
            "unlooked": done.unlooked,
            "witnesses": [{"name": one.name, "word": one.word, "detail": one.detail} for one in asked],
        }
        if output:
            output.write_text(text, "utf-8")
            session.answer({"file": str(output), **told}, session.text("say.ledger-written", file=output))
        else:
            session.answer({"note": text, **told}, text.removesuffix("\n"))
        for one in asked:
            if one.word != "cosigned":
                about = {"witness": one.name, "url": one.url, "word": one.word, "why": one.detail}
                session.note(session.text("say.ledger-not-cosigned", **about))
        for said in done.unlooked:
            session.note(session.text("say.ledger-unlooked", what=said))
        if done.strangers:
            names = ", ".join(done.strangers[:5])
            session.note(session.text("say.ledger-strangers", count=len(done.strangers), names=names))
        try:
            await signing.copy(context, session.config)
        except (OSError, LedgerError) as error:
            why = texts.os_error_text(error, session.language) if isinstance(error, OSError) else str(error)
            session.note(session.text("say.ledger-uncopied", why=why))
            return FAILED
    return FOUND if any(one.word in DISPUTES for one in asked) else DONE


async def resume(
    session: CommandContext,
    *,
    by: By,
    reason: Why,
    lost: Annotated[
        bool, typer.Option("--lost", help="The key of this log is gone: nothing vouches for the new one.")
    ] = False,
) -> None:
    """Go on from a backup that was restored: with a new key and name of the log, which says so for ever."""
    async with session.context(by) as context:
        done = await resumption.resume(context, session.config, reason=reason, lost=lost)
    fork = done.fork
    assert fork
    given_up = [{"size": size, "root": root} for size, root in fork.given_up]
    answer = {
        "old": done.old,
        "new": done.new,
        "vouched": bool(done.word),
        "size": fork.present[0],
        "given_up": given_up,
    }
    last, _ = fork.given_up[-1]
    session.answer(
        answer,
        session.text(
            "say.ledger-resumed", size=fork.present[0], heads=len(given_up), last=last, new=done.new
        ),
    )
    if lost:
        session.note(session.text("say.ledger-lost"))


def forked(session: CommandContext, fork: LedgerForked) -> int:
    """Each head that the log does not continue is named. The exit code."""
    if session.as_json:
        session.json({"error": session.error_text(fork), "forks": [_object(head) for head in fork.heads]})
    else:
        rows = [[head.where, head.size, _root(head)] for head in fork.heads]
        session.table(("signed-head", "entries-signed", "root"), rows, None)
    session.note(session.text("say.error", message=session.error_text(fork)))
    return FOUND


def _object(head: SignedHead) -> dict[str, object]:
    return {"where": head.where, "size": head.size, "root": _root(head)}


def _root(head: SignedHead) -> str:
    return base64.b64encode(head.root).decode()
