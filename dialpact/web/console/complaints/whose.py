"""Whose complaints an account sees, and which roles may do what."""

from __future__ import annotations

from dialpact.compliance.registers.account import Account, Role
from dialpact.store.ports.complaints import Theirs

ENTER = frozenset({Role.OFFICER, Role.SUPERVISOR})
ACT = frozenset({Role.OFFICER})


def theirs(account: Account) -> Theirs:
    return Theirs(businesses=account.businesses, campaigns=account.campaigns, agents=account.agents)
