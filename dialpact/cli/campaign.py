"""``dialpact campaign``: for which business, in which industry, to what purpose."""

from __future__ import annotations

from typing import Annotated

import typer

from dialpact.application import campaigns
from dialpact.cli import entry, suspension
from dialpact.cli.command import command, group
from dialpact.cli.command_context import CommandContext
from dialpact.cli.flag import After, By, Limit, Why
from dialpact.compliance.model import Purpose
from dialpact.compliance.registers.campaign import CampaignEntry

app = group("The campaigns: for which business, in which industry, to what purpose.")


@command(app, "add")
async def add(
    session: CommandContext,
    id: Annotated[str, typer.Argument(help="As the dialplan names it.")],
    *,
    business: Annotated[str, typer.Option(help="A registered business.")],
    industry: Annotated[str, typer.Option(help="What consents and opt-outs go by.")],
    purpose: Annotated[Purpose, typer.Option(help="The covenant binds marketing.")],
    script: Annotated[str, typer.Option(help="The script that agents read.")] = "",
    scrub_leads: Annotated[
        bool, typer.Option("--scrub-leads", help="A list counts only when it was scrubbed: leads scrub.")
    ] = False,
    by: By,
) -> None:
    """Register a campaign."""
    async with session.context(by) as context:
        done = await campaigns.add(
            context,
            id,
            business=business,
            industry=industry,
            purpose=purpose,
            script=script,
            scrub_leads=scrub_leads,
        )
    entry.done(session, "campaign", done.outcome, done.entry)


@command(app, "change")
async def change(
    session: CommandContext,
    id: Annotated[str, typer.Argument()],
    *,
    purpose: Annotated[Purpose | None, typer.Option(help="It decides which rules bind.")] = None,
    industry: Annotated[str | None, typer.Option()] = None,
    script: Annotated[str | None, typer.Option(help="Another script; '' for none.")] = None,
    scrub_leads: Annotated[
        bool | None,
        typer.Option("--scrub-leads/--no-scrub-leads", help="Lists imported from now on: scrubbed first?"),
    ] = None,
    reason: Why,
    by: By,
) -> None:
    """Change a campaign, logged with before and after. Its business stays: that would be another campaign."""
    async with session.context(by) as context:
        done = await campaigns.change(
            context,
            id,
            industry=industry,
            purpose=purpose,
            script=script,
            scrub_leads=scrub_leads,
            reason=reason,
        )
    entry.done(session, "campaign", done.outcome, done.entry)


@command(app, "suspend")
async def suspend(
    session: CommandContext, id: Annotated[str, typer.Argument()], *, reason: Why, by: By
) -> None:
    """Block all its calls until it is lifted: suspension lift campaign ID."""
    await suspension.suspend(session, "campaign", id, reason=reason, by=by)


@command(app, "list")
async def list_(
    session: CommandContext,
    *,
    business: Annotated[str, typer.Option(help="Only this business's.")] = "",
    limit: Limit = 0,
    after: After = "",
) -> None:
    """All campaigns."""
    async with session.context() as context:
        found = await campaigns.listed(context, business=business, after=after, most=limit)
    entry.listed(session, CampaignEntry, found.rows)
    session.more(found)


@command(app, "show")
async def show(session: CommandContext, id: Annotated[str, typer.Argument()]) -> int:
    """One campaign and the history of its entry."""
    async with session.context() as context:
        found = await campaigns.show(context, id)
    return entry.shown(session, CampaignEntry, found)
