"""``dialpact ledger erase``."""

from __future__ import annotations

from typing import Annotated

import typer
from msgspec.structs import asdict

from dialpact.application.ledger import erasure
from dialpact.application.ledger.proven import Unproven, believed
from dialpact.application.policy import load_policy
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.flag import By, Why
from dialpact.cli.unproven import tell
from dialpact.compliance.clock import stamp


async def erase(
    session: CommandContext,
    *,
    yes: Annotated[bool, typer.Option("--yes", help="Erase. Without it, only say what would be.")] = False,
    by: By,
    reason: Why = "",
) -> int:
    """Erase what is known of calls whose time is over. The log still verifies; it can not be undone. Exit 3
    when it is not yet overwritten in the files; 1, and nothing goes, when what says that it may is not what
    the ledger says.
    """
    config = session.config
    policy = load_policy(config)
    async with session.context(by) as context:
        try:
            done = await erasure.erase(
                context,
                policy,
                reason=reason,
                really=yes,
                node=config.node.name,
                believed=believed(config),
            )
        except Unproven as error:
            return tell(session, error)
    pending = done.pending_since is not None
    if session.as_json:
        times = {"oldest": done.oldest, "newest": done.newest, "pending_since": done.pending_since}
        told = {name: stamp(at) if at else None for name, at in times.items()}
        session.json({"erased": yes, **asdict(done), **told, "overwritten": not pending})
        return FOUND if pending else DONE
    key = "say.ledger-erased" if yes else "say.ledger-erasable"
    typer.echo(session.text(key, decisions=done.decisions, recordings=done.recordings, needed=done.needed))
    session.facts([("oldest", done.oldest), ("newest", done.newest)])
    if pending:
        session.note(session.text("say.ledger-not-overwritten", since=session.cell(done.pending_since)))
    return FOUND if pending else DONE
