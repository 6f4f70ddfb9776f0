"""``dialpact campaign``: for which business, in which industry, to what purpose."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.cli import entry, suspension
from dialpact.cli.command import command, group
from dialpact.cli.flag import By, Why
from dialpact.cli.session import Session
from dialpact.compliance.model import Campaign, Purpose
from dialpact.compliance.registers.campaign import campaign as checked
from dialpact.compliance.registers.campaign import changes
from dialpact.compliance.registers.cell import free_text, identifier
from dialpact.store.sqlite import registers

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


@command(app, "change")
async def change(
    session: Session,
    id: Annotated[str, typer.Argument()],
    *,
    purpose: Annotated[Purpose | None, typer.Option(help="It decides which rules bind.")] = None,
    industry: Annotated[str | None, typer.Option()] = None,
    script: Annotated[str | None, typer.Option(help="Another script; '' for none.")] = None,
    reason: Why,
    by: By,
) -> None:
    """Change a campaign, logged with before and after. Its business stays: that would be another campaign."""
    wanted, why = identifier(id, "id"), free_text(reason, "reason")
    wished = changes(industry, purpose, script)
    async with session.store() as store:
        outcome, new = await registers.change_campaign(
            store, wanted, wished, reason=why, by=by, at=session.clock.now()
        )
    entry.done(session, "campaign", outcome, new)


@command(app, "suspend")
async def suspend(session: Session, id: Annotated[str, typer.Argument()], *, reason: Why, by: By) -> None:
    """Refuse all its calls until it is lifted: suspension lift campaign ID."""
    await suspension.suspend(session, "campaign", id, reason=reason, by=by)


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
        return await entry.of_register(session, store, "campaign", wanted, Campaign, found)
