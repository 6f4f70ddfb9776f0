"""``dialpact ledger erase``."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec.structs import asdict

from dialpact.application.ledger import erasure
from dialpact.application.policy import load_policy
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import By, Why
from dialpact.compliance.clock import stamp


async def erase(
    session: CommandContext,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. Without it, only say what would be.")] = False,
    by: By,
    reason: Why = "",
) -> None:
    """Erase what is known of calls whose time is over. The log still verifies; it can not be undone."""
    policy = load_policy(session.config)
    async with session.context(by) as context:
        done = await erasure.erase(context, policy, reason=reason, really=yes)
    if session.as_json:
        times = {"oldest": done.oldest, "newest": done.newest}
        told = {name: stamp(at) if at else None for name, at in times.items()}
        session.json({"erased": yes, **asdict(done), **told})
        return
    key = "say.ledger-erased" if yes else "say.ledger-erasable"
    typer.echo(session.text(key, decisions=done.decisions, recordings=done.recordings, needed=done.needed))
    session.facts([("oldest", done.oldest), ("newest", done.newest)])
