"""``dialpact campaign``: for which business, in which industry, to what purpose."""

from __future__ import annotations

from typing import Annotated

import typer

from compliance.model import Campaign, Purpose
from compliance.registers.campaign import campaign as checked
from compliance.registers.cell import identifier
from compliance.store.sqlite import registers
from console import entry
from console.command import command, group
from console.flag import By
from console.session import Session

app = group("The campaigns: for which business, in which industry, to what purpose.")


@command(app, "add")
async def add(
    session: Session,
    id: Annotated[str, typer.Argument(help="As the dialplan names it.")],
    *,
    business: Annotated[str, typer.Option(help="A registered business.")],
    industry: Annotated[str, typer.Option(help="What consents and refusals go by.")],
    purpose: Annotated[Purpose, typer.Option(help="The covenant binds marketing.")],
    script: Annotated[str, typer.Option(help="The script that agents read.")] = "",
    by: By,
) -> None:
    """Register a campaign."""
    new = checked(id, business, industry, purpose, script)
    async with session.store() as store:
        outcome = await registers.add_campaign(store, new, by=by, at=session.clock.now())
    entry.done(session, "campaign", outcome, new)


@command(app, "list")
async def list_(
    session: Session, *, business: Annotated[str, typer.Option(help="Only this business's.")] = ""
) -> None:
    """All campaigns."""
    wanted = identifier(business, "business") if business else ""
    async with session.store() as store:
        entry.listed(session, Campaign, await registers.list_campaigns(store, business=wanted))


@command(app, "show")
async def show(session: Session, id: Annotated[str, typer.Argument()]) -> int:
    """One campaign and the history of its entry."""
    wanted = identifier(id, "id")
    async with session.store() as store:
        found = await registers.list_campaigns(store, id=wanted)
        return await entry.shown(session, store, "campaign", wanted, Campaign, found)
