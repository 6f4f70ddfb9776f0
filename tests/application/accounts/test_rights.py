"""What each role may do at all, by whatever page it comes: the second gate, behind that of the pages."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dialpact.application.accounts import rights
from dialpact.application.actor import Actor, Door, Right
from dialpact.compliance.errors import NotPermitted
from dialpact.compliance.registers.account import Account, Role

READS = {Right.CHECK, Right.CALLS}
MAY = {
    Role.ADMINISTRATOR: READS | {Right.OPERATE, Right.ACCESS, Right.WEBHOOKS, Right.LEDGER},
    Role.OFFICER: set(Right) - {Right.ACCESS},
    Role.SUPERVISOR: READS | {Right.EVIDENCE, Right.OPT_OUT, Right.COMPLAINTS},
    Role.AUDITOR: READS | {Right.EVIDENCE},
}


def of(role: Role) -> Actor:
    added = datetime(2026, 1, 1, tzinfo=UTC)
    return rights.actor(Account(id="li", name="", role=role, added_at=added, added_by="root"))


@pytest.mark.parametrize("role", Role)
def test_what_a_role_may(role: Role) -> None:
    """Who makes accounts hears no recordings and is no officer; an auditor changes nothing."""
    actor = of(role)
    assert (actor.name, actor.door, set(actor.rights)) == ("li", Door.PAGE, MAY[role])
    for right in set(Right) - MAY[role]:
        with pytest.raises(NotPermitted):
            actor.need(right)
    for right in MAY[role]:
        actor.need(right)
