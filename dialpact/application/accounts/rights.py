"""What each role may do."""

from __future__ import annotations

from collections.abc import Mapping

from dialpact.application.actor import EVERYTHING, Actor, Door, Right
from dialpact.compliance.registers.account import Account, Role

RIGHTS: Mapping[Role, frozenset[Right]] = {
    Role.ADMINISTRATOR: frozenset(
        {Right.CHECK, Right.CALLS, Right.OPERATE, Right.ACCESS, Right.WEBHOOKS, Right.LEDGER}
    ),
    Role.OFFICER: EVERYTHING - {Right.ACCESS},
    # Evidence: for hearing alone; all of it within his limits.
    Role.SUPERVISOR: frozenset({Right.CHECK, Right.CALLS, Right.OPT_OUT, Right.COMPLAINTS, Right.EVIDENCE}),
    Role.AUDITOR: frozenset({Right.CHECK, Right.CALLS, Right.EVIDENCE}),
}


def actor(account: Account) -> Actor:
    """As the log names him, with what his role permits."""
    return Actor(name=account.id, door=Door.PAGE, rights=RIGHTS[account.role])
