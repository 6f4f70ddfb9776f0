"""``dialpact store``: a backup of the database while calls go on, and one that is put back."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from dialpact.application.backups import acknowledging, making, missing, restoring
from dialpact.application.backups.restoring import Unsound
from dialpact.application.ledger.signing import trusted
from dialpact.cli.audit_finding import finding_object, finding_row
from dialpact.cli.command import command, group
from dialpact.cli.command_context import FOUND, CommandContext
from dialpact.cli.flag import By, Why
from dialpact.cli.ledger.verify import Keys
from dialpact.cli.progress import watched
from dialpact.compliance.backup import Lost

app = group("The database as a whole: a backup while calls go on, and one that is put back.")
File = Annotated[Path, typer.Argument(metavar="FILE", help="The backup; its manifest lies beside it.")]


@command(app, "backup")
async def backup(session: CommandContext, file: File) -> None:
    """Copy the database as it is at one moment, calls or not, with a manifest; never over a file."""
    with watched(session, "say.backing-up") as progress:
        made = await making.make(session.looking(), session.config, file, progress)
    session.answer(
        {"file": str(file), "manifest": str(making.manifest_of(file)), **_object(made)},
        session.text(
            "say.backup-made",
            file=file,
            bytes=made.bytes,
            decisions=made.decisions,
            size=made.ledger.size,
            sha256=made.sha256,
            absent=", ".join(made.not_in_it),
        ),
    )


@command(app, "restore")
async def restore(session: CommandContext, file: File, *, by: By, reason: Why = "", key: Keys = None) -> int:
    """Put a backup in the place of the database, which is kept aside. The daemons must be stopped. Every call
    is blocked until `store acknowledge`. Exit 3 when the backup's ledger is not as it was logged.
    """
    config = session.config
    try:
        with watched(session, "say.restoring") as progress:
            done = await restoring.restore(
                session.looking(by),
                config,
                file,
                reason=reason,
                trusted=trusted(config, key or ()),
                progress=progress,
            )
    except Unsound as error:
        return _unsound(session, error)
    answer = {"file": str(file), "aside": done.aside, "manifest": _object(done.manifest)}
    lost = {**_object(done.lost), "days": round(done.lost.days, 2)}
    session.answer(
        answer | {"lost": lost, "blocked": True},
        session.text(
            "say.restored", file=file, made_at=session.cell(done.manifest.made_at), aside=done.aside
        ),
    )
    for line in _missing(session, done.lost):
        session.note(line)
    return 0


@command(app, "acknowledge")
async def acknowledge(
    session: CommandContext,
    *,
    by: By,
    reason: Why = "",
    lost: Annotated[
        bool, typer.Option("--lost", help="The key of this log is gone: nothing vouches for the new one.")
    ] = False,
) -> None:
    """Answer for what is missing since the backup that was restored: calls are let through again, and the
    ledger goes on, where it was forked, with a new key and name.
    """
    async with session.context(by) as context:
        done = await acknowledging.acknowledge(context, session.config, reason=reason, lost=lost)
    resumed = done.resumed.new if done.resumed else None
    session.answer(
        {"restored": _object(done.restored), "new": resumed},
        session.text("say.restore-acknowledged"),
    )
    if resumed:
        session.note(session.text("say.restore-resumed", new=resumed))


def _unsound(session: CommandContext, error: Unsound) -> int:
    found = error.found
    if session.as_json:
        listed = [finding_object(session, each) for each in found.listed]
        session.json({"error": str(error), "findings": found.findings, "listed": listed})
    else:
        columns = ("problem", "leaf", "record", "key-of-record", "text")
        session.table(columns, [finding_row(session, each) for each in found.listed], None)
    session.note(session.text("say.backup-unsound", findings=found.findings))
    return FOUND


def _missing(session: CommandContext, lost: Lost) -> list[str]:
    days = f"{lost.days:.1f}"
    if lost.entries is None:
        lines = [session.text("say.lost-unknown", since=session.cell(lost.since), days=days)]
    else:
        where = session.text("say.lost-by-replaced") if lost.where == missing.REPLACED else lost.where
        about = {"entries": lost.entries, "days": days, "where": where}
        lines = [session.text("say.lost", since=session.cell(lost.since), **about)]
    if lost.kinds:
        told = ", ".join(f"{name} {count}" for name, count in {**lost.kinds, **(lost.acts or {})}.items())
        lines.append(session.text("say.lost-kinds", told=told))
    if lost.recordings:
        lines.append(session.text("say.lost-recordings", count=lost.recordings))
    return [*lines, session.text("say.restore-blocked")]


def _object(value: object) -> dict[str, object]:
    import msgspec

    made = msgspec.to_builtins(value)
    assert isinstance(made, dict)
    return made
