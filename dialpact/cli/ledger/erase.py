"""``dialpact ledger erase``."""

from __future__ import annotations

from functools import partial
from typing import Annotated

import msgspec
import typer

from dialpact.application.policy import load_policy
from dialpact.cli.flag import By, Why
from dialpact.cli.recordings import witness
from dialpact.cli.session import Session
from dialpact.compliance.clock import instant
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import HOME
from dialpact.compliance.retention import keep_until
from dialpact.store.sqlite import erasure


async def erase(
    session: Session,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. Without it, only say what would be.")] = False,
    by: By,
    reason: Why = "",
) -> None:
    """Erase what is known of calls whose time is over. The log still verifies; it can not be undone."""
    policy = load_policy(session.config)
    if not any(profile.recording and profile.recording.retention_months for profile in policy.profiles):
        raise Fault("no-retention")
    if yes and not reason.strip():
        raise Fault("no-reason")
    now, last_day = session.clock.now(), partial(keep_until, policy=policy)
    async with session.store() as store:
        # As late as the host's clocks bear out: a clock that was set forward erases nothing early.
        seen = await (witness.take(session, store, "erase") if yes else witness.look(session, store))
        today = seen.now.astimezone(HOME).date()
        if yes:
            done = await erasure.erase(store, last_day, today, by=by, reason=reason, at=now)
        else:
            done = await erasure.due(store, last_day, today)
    if session.as_json:
        session.json({"erased": yes, **msgspec.to_builtins(done)})
        return
    key = "say.ledger-erased" if yes else "say.ledger-erasable"
    typer.echo(session.text(key, decisions=done.decisions, recordings=done.recordings, needed=done.needed))
    session.facts(
        [
            ("oldest", instant(done.oldest) if done.oldest else ""),
            ("newest", instant(done.newest) if done.newest else ""),
        ]
    )
