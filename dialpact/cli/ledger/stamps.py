"""``dialpact ledger timestamp`` and ``timestamp-verify``: an authority's time on a checkpoint (RFC 3161)."""

from __future__ import annotations

import urllib.error
import urllib.request
from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.ledger import rotation
from dialpact.cli.ledger.verify import Keys, read_note, trusted
from dialpact.cli.session import Session
from dialpact.compliance.clock import stamp
from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger import timestamp as authority
from dialpact.store.sqlite import checkpoints

SECONDS = 30.0


async def timestamp(
    session: Session,
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
        text, kept = read_note(checkpoint), checkpoint
        note.split(text)
    else:
        async with session.store() as store:
            signer = await rotation.resume(session.config, store)
            text = await checkpoints.checkpoint(store, signer, session.clock.now())
        kept = output.with_suffix(".note")
    asked = authority.ask(text)
    answer = _post(tsa, asked.raw)
    at = authority.check_answer(answer, text, asked.nonce)
    output.write_bytes(answer)
    if not checkpoint:
        kept.write_text(text, "utf-8")
    said = {"at": stamp(at), "file": str(output), "checkpoint": str(kept)}
    session.answer(
        said, session.text("say.ledger-stamped", at=session.cell(at), file=output, checkpoint=kept)
    )


def timestamp_verify(
    session: Session,
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
    note.verify(text, trusted(session, key))
    with file.open("rb") as opened:
        raw = opened.read(authority.MOST_BYTES + 1)
    at = authority.verify(raw, text, ca.read_bytes())
    session.answer({"at": stamp(at)}, session.text("say.ledger-was-there", at=session.cell(at)))


def _post(url: str, body: bytes) -> bytes:
    if not url.startswith(("http://", "https://")):
        raise LedgerError(f"{url}: not an http or https address")
    request = urllib.request.Request(url, body, {"Content-Type": authority.REQUEST})  # noqa: S310 - checked above
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            kind = answer.headers.get_content_type()
            raw: bytes = answer.read(authority.MOST_BYTES + 1)
    except urllib.error.HTTPError as error:
        with error:
            raise LedgerError(f"{url}: {error}") from error
    except (urllib.error.URLError, OSError, ValueError) as error:
        raise LedgerError(f"{url}: {getattr(error, 'reason', None) or error}") from error
    if kind != authority.RESPONSE:
        raise LedgerError(f"{url}: answers with {kind}, not with a timestamp")
    return raw
