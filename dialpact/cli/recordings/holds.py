"""``dialpact recordings hold``, ``release``, ``holds``: what must stay whatever its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from msgspec.structs import fields

from dialpact.application import retention
from dialpact.cli import entry
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import After, By, Limit, Why
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.hold import Hold, HoldScope


async def hold(
    session: CommandContext,
    id: Annotated[str, typer.Argument(help="The recording's id.")] = "",
    *,
    call: Annotated[str, typer.Option(help="All recordings of this decision.")] = "",
    callee: Annotated[str, typer.Option(help="All of calls to this number, also those to come.")] = "",
    complaint: Annotated[int | None, typer.Option(min=1, help="All of this complaint's call.")] = None,
    reason: Why,
    by: By,
) -> None:
    """Put a legal hold on recordings: they are not disposed of until it is released."""
    async with session.context(by) as context:
        if complaint and call:
            raise Fault("hold-which")
        about = await retention.call_of(context, complaint) if complaint else call
        named: dict[HoldScope, str] = {"recording": id, "call": about, "callee": callee}
        made = await retention.hold(context, named, reason=reason)
    _tell(session, made, "added")


async def release(
    session: CommandContext,
    hold: Annotated[str, typer.Argument(help="The hold's number, or the id of the recording that has one.")],
    *,
    reason: Why,
    by: By,
) -> None:
    """Release one hold. Others on the same recordings stay."""
    async with session.context(by) as context:
        ended = await retention.release(context, hold.strip().lower(), reason=reason)
    _tell(session, ended, "released")


async def holds(
    session: CommandContext,
    *,
    recording: Annotated[str, typer.Option(help="Only those that bear on this recording.")] = "",
    released: Annotated[bool, typer.Option("--all", help="Also those that were released.")] = False,
    limit: Limit = 0,
    after: After = "",
) -> None:
    """The legal holds, the oldest first."""
    wanted = recording.strip().lower()
    async with session.context() as context:
        found = await retention.holds(context, recording=wanted, released=released, after=after, most=limit)
    tell(session, found.rows)
    session.more(found)


def tell(session: CommandContext, found: Sequence[Hold]) -> None:
    columns = ("id", "held_thing", *(field.name for field in fields(Hold)[3:]))
    rows = [
        [one.id, f"{session.text(f'scope.{one.scope}')} {one.key}", *msgspec.structs.astuple(one)[3:]]
        for one in found
    ]
    session.table(columns, rows, found)


def _tell(session: CommandContext, hold: Hold, result: str) -> None:
    entry.done(session, "hold", result, hold)
    if not session.as_json:
        scope = session.text(f"scope.{hold.scope}")
        session.note(session.text("say.hold-bears", scope=scope, entry=hold.key, count=hold.recordings))
