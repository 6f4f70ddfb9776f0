"""A request that waits for a second officer: the release of a hold."""

from __future__ import annotations

import asyncio

from dialpact.application import approvals, retention
from dialpact.application.accounts import rights
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.compliance.clock import SystemClock
from dialpact.compliance.registers.account import Account, Role
from dialpact.compliance.registers.approval import HoldRelease
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home

CALLEE = "13900139000"  # of nobody else's test


def release(home: Home, by: str) -> int:
    """The request's number. ``by``: whose it is, who need not be there."""

    async def ask() -> int:
        clock = SystemClock()
        async with await Store.open(home.path / "dialpact.db") as store:
            root = Context(store, Actor(name="root", door=Door.SHELL), clock)
            hold = await retention.hold(root, {"callee": CALLEE}, reason="诉讼")
            account = Account(id=by, name="", role=Role.OFFICER, added_at=clock.now(), added_by="root")
            asking = Context(store, rights.actor(account), clock)
            made = await approvals.ask(asking, HoldRelease(hold=hold.id), reason="诉讼已结案")
            return made.id

    return asyncio.run(ask())
