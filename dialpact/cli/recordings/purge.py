"""``dialpact recordings purge``: what may go, what not and why not; with ``--yes`` it goes."""

from __future__ import annotations

from typing import Annotated

import msgspec
import typer

from dialpact.application import disposal
from dialpact.application.disposal import Purged
from dialpact.application.ledger.proven import Unproven, believed
from dialpact.application.policy import load_policy
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.flag import By, Limit
from dialpact.cli.progress import watched
from dialpact.cli.unproven import tell
from dialpact.compliance.disposal import Item


async def purge(
    session: CommandContext,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Dispose of them; else only say what would go.")] = False,
    by: By,
    limit: Limit = 100,
) -> int:
    """Dispose of the recordings whose time is over. Exit 3 when a file is not what was recorded; 1, and
    nothing goes, when holds, days or clock readings are not what the ledger says.
    """
    config = session.config
    policy = load_policy(config)
    async with session.context(by) as context:
        try:
            with watched(session, "say.purging") as progress:
                done = await disposal.purge(
                    context,
                    config.recordings,
                    config.node.name,
                    policy,
                    dispose=yes,
                    most=limit,
                    believed=believed(config),
                    progress=progress,
                )
        except Unproven as error:
            return tell(session, error)
    if session.as_json:
        session.json(_object(done))
    else:
        _tell(session, done)
    return FOUND if done.findings else DONE


def _object(done: Purged) -> dict[str, object]:
    return {
        "done": done.done,
        "clock": {
            "wall": done.wall,
            "trusted": done.trusted,
            "witnessed": done.trusted,  # (its old name, for one version)
            "behind_seconds": done.behind,
        },
        "counts": done.counts,
        "bytes": done.bytes,
        "first_kept_until": done.first,
        "recordings": [_item(item) for item in done.items],
        "left_out": done.left_out,
    }


def _item(item: Item) -> dict[str, object]:
    goes_from = item.goes_from.isoformat() if item.goes_from else ""
    return msgspec.structs.asdict(item) | {"goes_from": goes_from}


def _tell(session: CommandContext, done: Purged) -> None:
    rows = [
        [
            session.text(f"fate.{item.state}"),
            session.text(f"problem.{item.problem}") if item.problem else item.goes_from,
            item.keep_until,
            item.path,
            item.id,
        ]
        for item in done.items
    ]
    if rows:
        session.table(("state", "why_not", "keep_until", "path", "id"), rows, None)
    if done.left_out:
        session.note(session.text("say.left-out", count=done.left_out))
    if waiting := done.counts.get("clock"):
        session.note(
            session.text(
                "say.clock-not-witnessed",
                wall=session.cell(done.wall),
                witnessed=session.cell(done.trusted),
                days=f"{done.behind / 86400:.1f}",
                count=waiting,
            )
        )
    for state in ("disposed", "due", "held", "clock", "finding", "unfinished"):
        if count := done.counts.get(state):
            typer.echo(f"{session.text(f'fate.{state}')}: {count}")
    typer.echo(session.text("say.not-due", count=done.counts["not-due"], first=done.first or "-"))
    if not done.done:
        session.note(session.text("say.dry-run"))
