"""``dialpact recordings verify``: is every recording still what was recorded, and nothing else there?"""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import custody
from dialpact.cli.command_context import DONE, FOUND, CommandContext
from dialpact.cli.progress import watched
from dialpact.compliance.registers.moment import since_until


async def verify(
    session: CommandContext,
    *,
    sample: Annotated[
        int, typer.Option(min=0, max=100_000, help="Hash only so many, taken at random; 0: all.")
    ] = 0,
    since: Annotated[str, typer.Option(help="Started from then on; without a zone: Asia/Shanghai.")] = "",
    until: Annotated[
        str, typer.Option(help="Started before then; a bare date: to the end of that day.")
    ] = "",
) -> int:
    """Hash every kept recording anew.

    Exit 3 when one is missing, changed, unknown to the database, not as the ledger has it, or still there
    after its disposal.
    """
    first, last = since_until(since, until)
    async with session.context() as context:
        with watched(session, "say.verifying") as progress:
            done = await custody.verify(
                context,
                session.config.recordings,
                sample=sample,
                since=first,
                until=last,
                progress=progress,
            )
    if session.as_json:
        session.json(done)
    else:
        rows = [
            [session.text(f"problem.{found.problem}"), found.path, found.decision] for found in done.findings
        ]
        if rows:
            session.table(("problem", "path", "decision"), rows, None)
        said = {"checked": done.checked, "files": done.files, "findings": len(done.findings)}
        typer.echo(session.text("say.verified", **said))
    return FOUND if done.findings else DONE
