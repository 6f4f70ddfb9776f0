"""``dialpact recordings list``, ``show``: the recordings, and one of them with all that was done about it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated

import typer

from dialpact.application import recordings
from dialpact.cli import entry
from dialpact.cli.command_context import FOUND, CommandContext
from dialpact.cli.flag import After, Limit
from dialpact.cli.recording_object import plain
from dialpact.cli.recordings.holds import tell
from dialpact.compliance.recording import Recording, State
from dialpact.compliance.registers.moment import since_until
from dialpact.presentation import heard

Id = Annotated[str, typer.Argument(help="The recording's id.")]
COLUMNS = (
    *("started_at", "number", "part", "state", "seconds", "bytes", "keep_until", "holds"),
    *("path", "id"),
)
FACTS = (
    *("id", "decision", "state", "settled", "part", "number", "caller_id", "campaign"),
    *("started_at", "answered_at", "ended_at"),
    *("talk_seconds", "seconds", "bytes", "path", "sha256", "keep_until", "disposed_at"),
)


async def list_(
    session: CommandContext,
    *,
    number: Annotated[str, typer.Option(help="Of calls to this callee.")] = "",
    decision: Annotated[str, typer.Option(help="Of this decision.")] = "",
    state: Annotated[State | None, typer.Option()] = None,
    since: Annotated[str, typer.Option(help="Started from then on; without a zone: Asia/Shanghai.")] = "",
    until: Annotated[
        str, typer.Option(help="Started before then; a bare date: to the end of that day.")
    ] = "",
    due: Annotated[bool, typer.Option("--due", help="Only those whose time is over.")] = False,
    held: Annotated[bool, typer.Option("--held", help="Only those under a legal hold.")] = False,
    limit: Limit = 100,
    after: After = "",
) -> None:
    """Recordings, the newest first."""
    first, last = since_until(since, until)
    async with session.context() as context:
        found = await recordings.listed(
            context,
            number=number,
            decision=decision,
            state=state or "",
            since=first,
            until=last,
            due=due,
            held=held,
            after=after,
            most=limit,
        )
    rows = [[_told(session, one, name) for name in COLUMNS] for one in found.rows]
    session.table(COLUMNS, rows, [heard.told(plain(one)) for one in found.rows])
    session.more(found)


async def show(session: CommandContext, id: Id) -> int:
    """One recording, its holds, its leaf and its history. Exit 3 when it does not fit its leaf."""
    async with session.context() as context:
        found = await recordings.show(context, id)
    one, flaw = found.recording, found.flaw
    if session.as_json:
        proof = {"leaf_index": found.leaf, "flaw": flaw, "remains": found.remains}
        session.json(heard.told(plain(one)) | proof | {"held_by": found.holds, "history": found.history})
        return FOUND if flaw else 0
    session.facts([(name, _told(session, one, name)) for name in FACTS])
    names = {other.id: PurePath(other.path).name for other in found.call}
    session.facts([("heard", line) for line in heard.lines(one.sound, session.language, names)])
    session.facts([("leaf_index", found.leaf), ("problem", session.text(f"problem.{flaw}") if flaw else "")])
    if found.remains == "unproven":
        session.note(session.text("say.remains-unproven"))
    if found.holds:
        tell(session, found.holds)
    if found.history:
        session.note(session.text("say.history"))
        entry.changes(session, found.history)
    return FOUND if flaw else 0


def _told(session: CommandContext, found: Recording, name: str) -> object:
    return session.text(f"part.{found.part}") if name == "part" else getattr(found, name)
