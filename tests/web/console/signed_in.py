"""Sessions of the console for tests: an account of each role, and the cookie that a browser would have."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from datetime import UTC, datetime

from dialpact.application.accounts import sessions
from dialpact.application.accounts.keys import Keys
from dialpact.compliance import config as configuration
from dialpact.compliance.registers.account import Role, wanted
from dialpact.compliance.registers.session import Way
from dialpact.store.sqlite import Store
from tests.cli.conftest import Home

UNTIL = "2099-12-31"
LIMITS = {Role.SUPERVISOR: {"campaigns": ("spring",)}, Role.AUDITOR: {"until": UNTIL}}
NAMES = {
    Role.ADMINISTRATOR: "管理员 周",
    Role.OFFICER: "合规 陈",
    Role.SUPERVISOR: "班长 李",
    Role.AUDITOR: "检查员 王",
}


def tokens(
    home: Home, roles: Collection[Role] = tuple(Role), now: datetime | None = None
) -> dict[Role, tuple[str, str]]:
    """By role, name and value of a cookie. The accounts are added where they are not there; as of ``now``."""
    return asyncio.run(_tokens(home, roles, now or datetime.now(UTC)))


async def _tokens(home: Home, roles: Collection[Role], now: datetime) -> dict[Role, tuple[str, str]]:
    config = configuration.load(home.config)
    found, keys = {}, Keys(config)
    async with Store(config.database) as store:
        for role in roles:
            kept = await store.accounts.find(role.value)
            if kept is None:
                order = wanted(name=NAMES[role], role=role.value, **LIMITS.get(role, {}))
                account = await store.accounts.add(role.value, order, (), by="test", at=now)
            else:
                account = kept.account
            token = await sessions.begin(
                store, keys, account, Way.PASSWORD, config.web, now=now, address="127.0.0.1", browser="test"
            )
            found[role] = (sessions.cookie(config.web.secure), token)
    return found
