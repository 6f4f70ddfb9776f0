"""``dialpact consent verify``, and the file that ``consent add`` registers the hash of, and perhaps keeps."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from contextlib import contextmanager
from io import BufferedReader
from pathlib import Path

import typer

from dialpact.application import consent_evidence
from dialpact.application.context import Context
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.progress import watched
from dialpact.compliance.config import Config
from dialpact.compliance.registers.consent_evidence import media_type_of
from dialpact.compliance.registers.fault import Fault


def folder(config: Config) -> Path:
    return config.path(config.api.consent_evidence)


def digest(file: Path | None, given: str) -> str:
    """The SHA-256 of the file, read in pieces: it may be a recording. One given beside it must agree."""
    if file is None:
        return given
    with opened(file) as content:
        found = hashlib.file_digest(content, "sha256").hexdigest()
    if given and given.strip().lower() != found:
        raise Fault("another-file", file=str(file), sha256=found)
    return found


async def keep(session: CommandContext, context: Context, file: Path, wanted: str) -> None:
    """In the folder of the proofs. Fault where it is no longer the file of that SHA-256."""
    kind = media_type_of(file.name)
    with opened(file) as content:
        done = await consent_evidence.keep(context, folder(session.config), content, kind)
    if done.entry.id != wanted:
        raise Fault("another-file", file=str(file), sha256=done.entry.id)


async def verify(session: CommandContext) -> int:
    """Hash the kept proofs of the consents anew.

    Exit 3 when one is missing, changed or unknown, and when a consent names one that was never kept here.
    """
    async with session.context() as context:
        with watched(session, "consent.verifying") as progress:
            done = await consent_evidence.verify(context, folder(session.config), progress)
    if session.as_json:
        session.json(done)
    else:
        rows = [
            [
                session.text(f"evidence-file.{found.problem}"),
                found.sha256,
                session.text("consent.named") if found.named else "",
            ]
            for found in done.findings
        ]
        if rows:
            session.table(("problem", "sha256", "note"), rows, None)
        typer.echo(session.text("consent.verified", checked=done.checked, findings=len(done.findings)))
        if done.elsewhere:
            session.note(session.text("consent.elsewhere", count=done.elsewhere))
    return DONE if done.clean else FOUND


@contextmanager
def opened(file: Path) -> Iterator[BufferedReader]:
    try:
        with file.open("rb") as found:
            yield found
    except OSError as error:
        raise Fault("file", file=str(file), error=error.strerror or str(error)) from error
