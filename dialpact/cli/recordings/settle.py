"""``dialpact recordings settle``: what became of a call whose end nobody saw."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import recordings
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import By
from dialpact.cli.recording_object import plain


async def settle(
    session: CommandContext,
    id: Annotated[str, typer.Argument(help="The recording's id.")],
    *,
    answered: Annotated[
        bool, typer.Option("--answered/--unanswered", help="By the carrier's bill, or by the sound.")
    ],
    reason: Annotated[str, typer.Option("--reason", help="How it is known, for the log.")],
    by: By,
) -> None:
    """Say what became of a call whose end nobody saw. It is kept as long as before, whatever is said."""
    wanted = id.strip().lower()
    async with session.context(by) as context:
        done = await recordings.settle(context, wanted, answered, reason=reason)
    said = session.text(
        "say.settled-answered" if done.entry.settled == "answered" else "say.settled-unanswered",
        entry=done.entry.id,
        until=done.entry.keep_until or "-",
    )
    session.answer({"register": "recording", "result": done.outcome, "entry": plain(done.entry)}, said)
