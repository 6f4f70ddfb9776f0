"""``dialpact recordings keep``: one recording for longer, or all for as long as the profiles ask now."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import typer

from dialpact.application.policy import load_policy
from dialpact.cli.flag import By
from dialpact.cli.session import Session
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import day
from dialpact.compliance.retention import keep_until
from dialpact.store.sqlite import keeping, recordings


async def keep(
    session: Session,
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
    wanted, now = id.strip().lower(), session.clock.now()
    if by_profiles == bool(wanted) or (by_profiles and until):
        raise Fault("keep-which")
    async with session.store() as store:
        if by_profiles:
            policy = load_policy(session.config)
            names = [profile.id for profile in policy.profiles]
            raised = await keeping.raise_to(store, partial(keep_until, policy=policy), names, by=by, at=now)
            session.answer({"raised": raised}, session.text("say.raised", count=raised))
            return
        last = day(until, "until")
        why = free_text(reason, "reason")
        outcome = await keeping.keep(store, wanted, last, reason=why, by=by, at=now)
        (row,) = await recordings.list_recordings(store, id=wanted)
    answer = {"register": "recording", "result": outcome, "entry": row}
    session.answer(answer, session.text("say.kept-until", entry=wanted, until=row["keep_until"]))
