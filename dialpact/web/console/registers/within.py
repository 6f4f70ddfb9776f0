"""What a supervisor may see of the registers: what is of his businesses, campaigns and agents."""

from __future__ import annotations

from typing import Any

from dialpact.application import browsing
from dialpact.application.limits import Only
from dialpact.compliance.registers.account import MOST_NAMED, Role
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.veil import Veil
from dialpact.store.ports.browsing import ANYTHING, Within
from dialpact.web.console.page import Asked

NONE = ("",)  # no campaign is called so
# What people have written in their own words, with whatever numbers.
TOLD = frozenset({"reason", "cause", "lift_reason", "evidence", "note", "answer", "closing", "source"})
_VEIL = Veil()


def told(asked: Asked[Any], name: str, value: Any) -> Any:
    """What stands in field ``name``, as this account may read it."""
    if asked.account.role is Role.SUPERVISOR and name in TOLD and isinstance(value, str):
        return _VEIL.text(value)
    return value


def within(asked: Asked[Any]) -> Within:
    """Whoever is limited by agents alone sees no campaign: which are theirs is nowhere said."""
    account = asked.account
    if account.role is not Role.SUPERVISOR:
        return ANYTHING
    campaigns = account.campaigns or (() if account.businesses else NONE)
    return Within(businesses=account.businesses, campaigns=campaigns, agents=account.agents)


def need(key: str, *, seen: bool) -> None:
    """Fault, as for one that is not there: whose it is is not for him."""
    if not seen:
        raise Fault("not-registered", entry=key)


async def need_campaign(asked: Asked[Any], id: str) -> None:
    limits = within(asked)
    if limits is ANYTHING:
        return
    found = (await browsing.campaign(asked.context, id)).entries
    need(
        id,
        seen=any(
            (not limits.businesses or row.business in limits.businesses)
            and (not limits.campaigns or row.id in limits.campaigns)
            for row in found
        ),
    )


async def speaks_for(asked: Asked[Any]) -> Only:
    """The businesses for which he may enter a person's no: a supervisor's own, or those of his campaigns."""
    limits = within(asked)
    if limits is ANYTHING or limits.businesses:
        return limits.businesses or None
    found = await browsing.campaigns(asked.context, within=limits, most=MOST_NAMED)
    return frozenset(row.business for row in found.rows)
