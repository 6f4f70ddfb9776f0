"""What a supervisor may see of the registers: what is of his businesses, campaigns and agents."""

from __future__ import annotations

from typing import Any

from dialpact.compliance.registers.account import Role
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.browsing import ANYTHING, Within
from dialpact.web.console.page import Asked


def within(asked: Asked[Any]) -> Within:
    account = asked.account
    if account.role is not Role.SUPERVISOR:
        return ANYTHING
    return Within(businesses=account.businesses, campaigns=account.campaigns, agents=account.agents)


def need(asked: Asked[Any], key: str, *, seen: bool) -> None:
    """Fault, as for one that is not there: whose it is is not for him."""
    if not seen:
        raise Fault("not-registered", entry=key)
