"""``dialpact suspension``: which agents, campaigns and caller IDs may not call until an officer lifts it."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.cli import entry
from dialpact.cli.command import command, group
from dialpact.cli.flag import By, Why
from dialpact.cli.session import Session
from dialpact.compliance.model import Suspendable
from dialpact.compliance.registers.cell import free_text, identifier
from dialpact.compliance.registers.number import caller_id as exact
from dialpact.store.sqlite import registers
from dialpact.store.sqlite.registers import SuspensionEntry

app = group("The suspensions: who may not call until an officer lifts it.")

Kind = Annotated[Suspendable, typer.Argument()]
Key = Annotated[str, typer.Argument(help="The agent, the campaign's id or the caller ID.")]


@command(app, "add")
async def add(session: Session, kind: Kind, key: Key, *, reason: Why, by: By) -> None:
    """Suspend an agent, a campaign or a caller ID: it counts from the next attempt on."""
    await suspend(session, kind, key, reason=reason, by=by)


@command(app, "lift")
async def lift(session: Session, kind: Kind, key: Key, *, reason: Why, by: By) -> None:
    """End a suspension, with who and why; the count that led to it starts anew."""
    wanted, why = known(kind, key), free_text(reason, "reason")
    async with session.store() as store:
        lifted = await registers.lift_suspension(
            store, kind, wanted, reason=why, by=free_text(by, "by"), at=session.clock.now()
        )
    done(session, "lifted", kind, wanted, lifted)


@command(app, "list")
async def list_(
    session: Session,
    *,
    all: Annotated[bool, typer.Option("--all", help="Also those that were lifted.")] = False,
) -> None:
    """The suspensions in force."""
    async with session.store() as store:
        found = await registers.list_suspensions(store, lifted=all)
    entry.listed(session, SuspensionEntry, found)


@command(app, "show")
async def show(session: Session, kind: Kind, key: Key) -> int:
    """All suspensions of one, with their evidence and history."""
    wanted = known(kind, key)
    async with session.store() as store:
        found = await registers.list_suspensions(store, kind=kind, key=wanted, lifted=True)
        name = registers.entry_key(kind, wanted)
        return await entry.shown(session, store, "suspension", name, SuspensionEntry, found)


async def suspend(session: Session, kind: Suspendable, key: str, *, reason: str, by: str) -> None:
    """Also for ``campaign suspend`` and ``caller-id suspend``."""
    wanted, why = known(kind, key), free_text(reason, "reason")
    async with session.store() as store:
        outcome = await registers.add_suspension(
            store, kind, wanted, cause=why, by=free_text(by, "by"), at=session.clock.now()
        )
        (found,) = await registers.list_suspensions(store, kind=kind, key=wanted)
    done(session, "suspended" if outcome == "added" else "already", kind, wanted, found)


def known(kind: Suspendable, key: str) -> str:
    """The key as the gate compares it."""
    if kind == "campaign":
        return identifier(key, "campaign")
    return exact(key) if kind == "caller-id" else free_text(key, "agent")


def done(session: Session, outcome: str, kind: Suspendable, key: str, found: SuspensionEntry) -> None:
    """A suspension has no id of its own: it goes by what is suspended."""
    name = session.text(f"kind.{kind}")
    session.answer(
        {"register": "suspension", "result": outcome, "entry": found},
        session.text(f"done.{outcome}", register=name, entry=key),
    )
