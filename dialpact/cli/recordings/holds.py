"""``dialpact recordings hold``, ``release``, ``holds``: what must stay whatever its time."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Annotated

import msgspec
import typer
from msgspec.structs import fields

from dialpact.cli import entry
from dialpact.cli.flag import By, Why
from dialpact.cli.session import Session
from dialpact.compliance.registers.cell import free_text
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite import Store
from dialpact.store.sqlite import holds as register
from dialpact.store.sqlite.holds import Hold, Scope


async def hold(
    session: Session,
    id: Annotated[str, typer.Argument(help="The recording's id.")] = "",
    *,
    call: Annotated[str, typer.Option(help="All recordings of this decision.")] = "",
    callee: Annotated[str, typer.Option(help="All of calls to this number, also those to come.")] = "",
    reason: Why,
    by: By,
) -> None:
    """Put a legal hold on recordings: they are not disposed of until it is released."""
    scopes: dict[Scope, str] = {
        "recording": id.strip().lower(),
        "call": call.strip().lower(),
        "callee": entry.callee(callee),
    }
    named = [(scope, key) for scope, key in scopes.items() if key]
    if len(named) != 1:
        raise Fault("hold-which")
    ((scope, key),) = named
    why = free_text(reason, "reason")
    async with session.store() as store:
        made = await register.hold(store, scope, key, reason=why, by=by, at=session.clock.now())
    _tell(session, made, "added")


async def release(
    session: Session,
    hold: Annotated[str, typer.Argument(help="The hold's number, or the id of the recording that has one.")],
    *,
    reason: Why,
    by: By,
) -> None:
    """Release one hold. Others on the same recordings stay."""
    why = free_text(reason, "reason")
    async with session.store() as store:
        number = await _number(store, hold.strip().lower())
        ended = await register.release(store, number, reason=why, by=by, at=session.clock.now())
    _tell(session, ended, "released")


async def _number(store: Store, which: str) -> int:
    """A recording's id stands for its hold as long as there is no doubt which one is meant."""
    if which.isascii() and which.isdecimal() and len(which) < 19:
        return int(which)
    found = [one for one in await register.list_holds(store, recording=which) if one.scope == "recording"]
    if len(found) > 1:
        raise Fault("hold-several", entry=which, numbers=", ".join(str(one.id) for one in found))
    if not found:
        raise Fault("no-hold", entry=which)
    return found[0].id


async def holds(
    session: Session,
    *,
    recording: Annotated[str, typer.Option(help="Only those that bear on this recording.")] = "",
    released: Annotated[bool, typer.Option("--all", help="Also those that were released.")] = False,
) -> None:
    """The legal holds, the oldest first."""
    async with session.store() as store:
        found = await register.list_holds(store, recording=recording.strip().lower(), released=released)
    tell(session, found)


def tell(session: Session, found: Sequence[Hold]) -> None:
    columns = ("id", "held_thing", *(field.name for field in fields(Hold)[3:]))
    rows = [
        [one.id, f"{session.text(f'scope.{one.scope}')} {one.key}", *msgspec.structs.astuple(one)[3:]]
        for one in found
    ]
    session.table(columns, rows, found)


def _tell(session: Session, hold: Hold, result: str) -> None:
    entry.done(session, "hold", result, hold)
    if not session.as_json:
        scope = session.text(f"scope.{hold.scope}")
        session.note(session.text("say.hold-bears", scope=scope, entry=hold.key, count=hold.recordings))
