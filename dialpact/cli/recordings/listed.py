"""``dialpact recordings list``, ``show``: the recordings, and one of them with all that was done about it."""

from __future__ import annotations

from pathlib import PurePath
from typing import Annotated, Any, Literal

import typer

from dialpact.cli import entry, heard
from dialpact.cli.flag import Limit
from dialpact.cli.recordings import witness
from dialpact.cli.recordings.holds import tell
from dialpact.cli.session import FOUND, Session
from dialpact.compliance.clock import instant
from dialpact.compliance.registers.change import Change
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import moment
from dialpact.compliance.retention import earliest_day
from dialpact.store.sqlite import Store, holds, ledger, recordings

ALL = -1  # SQLite's LIMIT: none
State = Literal["starting", "running", "kept", "unanswered", "unseen", "failed", "disposed"]
Id = Annotated[str, typer.Argument(help="The recording's id.")]
FACTS = (
    *("id", "decision", "state", "settled", "part", "number", "caller_id", "campaign"),
    *("started_at", "answered_at", "ended_at"),
    *("talk_seconds", "seconds", "bytes", "path", "sha256", "keep_until", "disposed_at"),
)
TIMES = ("started_at", "answered_at", "ended_at", "disposed_at")


async def list_(
    session: Session,
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
) -> None:
    """Recordings, the newest first."""
    async with session.store() as store:
        found = await recordings.list_recordings(
            store,
            number=entry.callee(number),
            decision=decision,
            state=state or "",
            since=moment(since, "since") if since else None,
            until=moment(until, "until", end_of_day=True) if until else None,
            due=earliest_day((await witness.look(session, store)).now) if due else None,
            held=held,
            most=limit + 1 if limit else ALL,
        )
    shown = session.limited(found, limit)
    columns = (
        *("started_at", "number", "part", "state", "seconds", "bytes", "keep_until", "holds"),
        *("path", "id"),
    )
    rows = [[_told(session, row, name) for name in columns] for row in shown]
    session.table(columns, rows, [heard.told(row) for row in shown])


async def show(session: Session, id: Id) -> int:
    """One recording, its holds, its leaf and its history. Exit 3 when it does not fit its leaf."""
    wanted = id.strip().lower()
    async with session.store() as store:
        found = await recordings.list_recordings(store, id=wanted) if wanted else []
        if not found:
            raise Fault("not-registered", entry=id)
        (row,) = found
        others = await recordings.list_recordings(store, decision=row["decision"], most=ALL)
        bearing = await holds.list_holds(store, recording=wanted, released=True)
        history = await _history(store, row)
        leaf, flaw = await store.transact(
            lambda connection: (
                ledger.entry_of(connection, "recording", wanted),
                ledger.flaw(connection, "recording", wanted) if row["ended_at"] else "",
            )
        )
    index = leaf.leaf_index if leaf else None
    if session.as_json:
        session.json(
            heard.told(row) | {"leaf_index": index, "flaw": flaw, "held_by": bearing, "history": history}
        )
        return FOUND if flaw else 0
    session.facts([(name, _told(session, row, name)) for name in FACTS])
    names = {other["id"]: PurePath(other["path"]).name for other in others}
    session.facts([("heard", line) for line in heard.lines(row["sound"], session.language, names)])
    session.facts([("leaf_index", index), ("problem", session.text(f"problem.{flaw}") if flaw else "")])
    if bearing:
        tell(session, bearing)
    if history:
        session.note(session.text("say.history"))
        entry.changes(session, history)
    return FOUND if flaw else 0


async def _history(store: Store, row: dict[str, Any]) -> list[Change]:
    """What was done about it, about its call and about its callee."""
    return await store.changes.of("recording", *filter(None, (row["id"], row["decision"], row["number"])))


def _told(session: Session, row: dict[str, Any], name: str) -> object:
    if name == "part":
        return session.text(f"part.{row[name]}")
    return instant(row[name]) if name in TIMES and row[name] else row[name]
