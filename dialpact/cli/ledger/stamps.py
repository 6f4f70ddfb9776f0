"""``dialpact ledger timestamp`` and ``timestamp-verify``: an authority's time on a checkpoint (RFC 3161)."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.ledger import stamps
from dialpact.application.ledger.signing import read_note, trusted
from dialpact.cli.command_context import CommandContext
from dialpact.cli.ledger.verify import Keys
from dialpact.compliance.clock import stamp
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger import timestamp as authority
from dialpact.compliance.ledger.timestamp import Stamp


async def timestamp(
    session: CommandContext,
    *,
    tsa: Annotated[str, typer.Option(metavar="URL", help="The authority's address.")],
    output: Annotated[
        Path, typer.Option("-o", "--output", metavar="FILE.tsr", help="The authority's answer.")
    ],
    checkpoint: Annotated[
        Path | None,
        typer.Option(metavar="FILE", help="Of this checkpoint; else of a new one, kept as FILE.note."),
    ] = None,
) -> None:
    """Let an authority say that a checkpoint exists now (needs the extra `timestamp`)."""
    if checkpoint:
        done, kept = await stamps.stamp(read_note(checkpoint), tsa), checkpoint
    else:
        async with session.context() as context:
            done = await stamps.stamp_now(context, session.config, tsa)
        kept = output.with_suffix(".note")
    output.write_bytes(done.answer)
    if not checkpoint:
        kept.write_text(done.note, "utf-8")
    said = _said(done.stamp) | {"file": str(output), "checkpoint": str(kept)}
    at = session.cell(_shown(done.stamp))
    session.answer(said, session.text("say.ledger-stamped", at=at, file=output, checkpoint=kept))


def timestamp_verify(
    session: CommandContext,
    file: Annotated[Path, typer.Argument(metavar="FILE.tsr")],
    *,
    checkpoint: Annotated[Path, typer.Option(metavar="FILE", help="The checkpoint that was stamped.")],
    ca: Annotated[
        Path, typer.Option(metavar="FILE.pem", help="The authority's certificates, as you got them.")
    ],
    key: Keys = None,
) -> None:
    """Check an authority's timestamp and the checkpoint that it is of. Exit 1 when one does not hold."""
    text = read_note(checkpoint)
    note.verify(text, trusted(session.config, key or ()))
    with file.open("rb") as opened:
        raw = opened.read(authority.MOST_BYTES + 1)
    found = authority.verify(raw, text, ca.read_bytes())
    session.answer(_said(found), session.text("say.ledger-was-there", at=session.cell(_shown(found))))


def _said(found: Stamp) -> dict[str, object]:
    accuracy = None if found.accuracy is None else found.accuracy.total_seconds()
    return {"at": stamp(found.at), "accuracy_seconds": accuracy, "latest": stamp(found.latest)}


def _shown(found: Stamp) -> datetime:
    """To the second, and never earlier than it was."""
    return found.latest + timedelta(microseconds=-found.latest.microsecond % 1_000_000)
