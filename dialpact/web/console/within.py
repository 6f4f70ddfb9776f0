"""What an account may see: whose calls, and which numbers in them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from dialpact.application import listings
from dialpact.compliance.registers.account import Account, Role
from dialpact.compliance.veil import Veil
from dialpact.store.ports.listings import Wanted, WholeCall
from dialpact.web.console.page import Asked


def limits(account: Account) -> Wanted:
    """Whose calls, as lists are asked for them."""
    return Wanted(businesses=account.businesses, campaigns=account.campaigns, agents=account.agents)


async def call(asked: Asked[Any]) -> WholeCall:
    """That of the address. Fault for one that is not there, or that the account may not see."""
    whose = asked.account
    return await listings.call(
        asked.context,
        asked.path["id"],
        whose.businesses,
        campaigns=whose.campaigns,
        agents=whose.agents,
    )


async def veil(asked: Asked[Any], numbers: Iterable[str], caller_ids: Iterable[str]) -> Veil:
    """Who leads a team needs no number of a person; whoever else is here sees them whole. ``numbers``: whom
    it is about. Of the ``caller_ids`` the registered ones are shown.
    """
    if asked.account.role is not Role.SUPERVISOR:
        return Veil(full=True)
    shown = set(filter(None, caller_ids))
    return Veil(filter(None, numbers), await listings.ours(asked.context, shown) if shown else ())
