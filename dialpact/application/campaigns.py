"""Campaigns: for which business, in which industry, to what purpose."""

from __future__ import annotations

from dialpact.application.actor import Right
from dialpact.application.context import Context
from dialpact.application.entry import Entered, ShownEntry, shown
from dialpact.compliance.registers.campaign import CampaignEntry, campaign, changes
from dialpact.compliance.registers.cell import any_identifier, free_text, identifier
from dialpact.store.ports.page import ALL, Page


async def add(
    context: Context,
    id: str,
    *,
    business: str,
    industry: str,
    purpose: str,
    script: str = "",
    scrub_leads: bool = False,
) -> Entered[CampaignEntry]:
    """Fault when its business is not registered, or the id is taken by another one."""
    context.actor.need(Right.REGISTERS)
    new = campaign(id, business, industry, purpose, script, scrub_leads=scrub_leads)
    outcome = await context.store.campaigns.add(new, by=context.by, at=context.now())
    return Entered(outcome=outcome, entry=new)


async def change(
    context: Context,
    id: str,
    *,
    industry: str | None = None,
    purpose: str | None = None,
    script: str | None = None,
    scrub_leads: bool | None = None,
    reason: str,
) -> Entered[CampaignEntry]:
    """None stays as it is. Never the business: that would be another campaign.

    ``scrub_leads`` is of what is imported from then on: a batch stays as it is.
    """
    context.actor.need(Right.REGISTERS)
    wanted, why = identifier(id, "id"), free_text(reason, "reason")
    outcome, new = await context.store.campaigns.change(
        wanted, changes(industry, purpose, script, scrub_leads), reason=why, by=context.by, at=context.now()
    )
    return Entered(outcome=outcome, entry=new)


async def listed(
    context: Context, *, business: str = "", after: str = "", most: int = ALL
) -> Page[CampaignEntry]:
    """By their ids."""
    context.actor.need(Right.CALLS)
    holder = any_identifier(business, "business")
    return await context.store.campaigns.list(business=holder, after=after, most=most)


async def find(context: Context, id: str) -> CampaignEntry | None:
    """One that is registered now."""
    context.actor.need(Right.CALLS)
    rows = (await context.store.campaigns.list(id=id)).rows
    return rows[0] if rows else None


async def show(context: Context, id: str) -> ShownEntry[CampaignEntry]:
    """Fault when there never was one."""
    context.actor.need(Right.CALLS)
    wanted = identifier(id, "id")
    found = await context.store.campaigns.list(id=wanted)
    return await shown(context, "campaign", wanted, found.rows)
