"""``dialpact recordings keep``: one recording for longer, or all for as long as the profiles ask now."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import retention
from dialpact.application.policy import load_policy
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import By
from dialpact.cli.recording_object import plain
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import day


async def keep(
    session: CommandContext,
    id: Annotated[str, typer.Argument(help="The recording's id.")] = "",
    *,
    until: Annotated[str, typer.Option(help="The last day on which it must still be there.")] = "",
    by_profiles: Annotated[
        bool, typer.Option("--by-profiles", help="All, for as long as the profiles in force ask.")
    ] = False,
    reason: Annotated[str, typer.Option("--reason", help="Why, for the log.")] = "",
    by: By,
) -> None:
    """Keep a recording until a later day. Never an earlier one, also not by other profiles."""
    wanted = id.strip().lower()
    if by_profiles == bool(wanted) or (by_profiles and until):
        raise Fault("keep-which")
    async with session.context(by) as context:
        if by_profiles:
            raised = await retention.apply_policy(context, load_policy(session.config))
            session.answer({"raised": raised}, session.text("say.raised", count=raised))
            return
        kept = await retention.keep(context, wanted, day(until, "until"), reason=reason)
    answer = {"register": "recording", "result": kept.outcome, "entry": plain(kept.entry)}
    session.answer(answer, session.text("say.kept-until", entry=kept.entry.id, until=kept.entry.keep_until))
