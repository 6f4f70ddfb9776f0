"""Whose data an actor may touch: a program's key can be of some businesses alone."""

from __future__ import annotations

from collections.abc import Collection

from dialpact.application.context import Context
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.model import Campaign
from dialpact.compliance.registers.cell import identifier

Only = Collection[str] | None  # businesses; None: all, whatever comes


def may(only: Only, business: str) -> bool:
    return only is None or business in only


def need(context: Context, only: Only, business: str) -> None:
    """Raises NotPermitted, which does not say whose it is."""
    if not may(only, business):
        raise NotPermitted(f"{context.by}: of another business")


async def need_industry(context: Context, only: Only, industry: str) -> None:
    """One in which a campaign of these businesses calls. Raises NotPermitted."""
    if only is None:
        return
    for business in only:
        found = await context.store.campaigns.list(business=business)
        if any(campaign.industry == industry for campaign in found.rows):
            return
    raise NotPermitted(f"{context.by}: industry {industry}")


async def need_campaign(context: Context, only: Only, id: str) -> Campaign | None:
    """None when it is not registered. Raises NotPermitted, also then: whose it would be nobody knows."""
    found = (await context.store.campaigns.list(id=identifier(id, "campaign"))).rows
    if not found:
        need(context, only, "")
        return None
    need(context, only, found[0].business)
    return found[0]
