"""``dialpact business``: who calls, and in which capacity."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.cli import entry
from dialpact.cli.command import command, group
from dialpact.cli.flag import By
from dialpact.cli.session import Session
from dialpact.compliance.model import Business, Capacity
from dialpact.compliance.registers.business import business as checked
from dialpact.compliance.registers.cell import identifier
from dialpact.store.sqlite import registers

app = group("The businesses that call, and in which capacity.")


@command(app, "add")
async def add(
    session: Session,
    id: Annotated[str, typer.Argument(help="Letters of any script, digits, '.', '_', '-'.")],
    *,
    name: Annotated[str, typer.Option(help="Its full name.")],
    actor: Annotated[Capacity, typer.Option(help="Calls for itself, or is a licensed call centre.")],
    by: By,
) -> None:
    """Register a business."""
    new = checked(id, name, actor)
    async with session.store() as store:
        outcome = await registers.add_business(store, new, by=by, at=session.clock.now())
    entry.done(session, "business", outcome, new)


@command(app, "list")
async def list_(session: Session) -> None:
    """All businesses."""
    async with session.store() as store:
        entry.listed(session, Business, await registers.list_businesses(store))


@command(app, "show")
async def show(session: Session, id: Annotated[str, typer.Argument()]) -> int:
    """One business and the history of its entry."""
    wanted = identifier(id, "id")
    async with session.store() as store:
        found = await registers.list_businesses(store, id=wanted)
        return await entry.of_register(session, store, "business", wanted, Business, found)
