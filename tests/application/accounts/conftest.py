"""An installation with an administrator, and what signing in needs."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from contextlib import closing
from dataclasses import dataclass
from typing import Any

import msgspec
import pytest

from dialpact.application.accounts import rights, sessions
from dialpact.application.accounts.keys import Keys
from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.compliance import config as configuration
from dialpact.compliance.config import Config
from dialpact.compliance.registers.account import Account, wanted
from dialpact.compliance.registers.session import SignedIn, Way
from dialpact.store.sqlite import Store
from dialpact.testing import FixedClock
from tests.cli.conftest import Home
from tests.cli.conftest import home as home


@dataclass
class Office:
    home: Home
    config: Config
    context: Context  # of whoever is at the shell
    clock: FixedClock
    keys: Keys

    @property
    def store(self) -> Any:
        return self.context.store

    def by(self, account: Account) -> Context:
        return msgspec.structs.replace(self.context, actor=rights.actor(account))

    async def account(self, id: str, role: str = "officer", **more: Any) -> Account:
        new = wanted(name=more.pop("name", id), role=role, **more)
        account: Account = await self.store.accounts.add(id, new, (), by="root", at=self.clock.now())
        return account

    async def begin(self, account: Account, way: Way = Way.PASSWORD) -> str:
        return await sessions.begin(
            self.store,
            self.keys,
            account,
            way,
            self.config.web,
            now=self.clock.now(),
            address="10.0.0.7",
            browser="Firefox",
        )

    async def who(self, token: str) -> SignedIn | None:
        now, limits = self.clock.now(), self.config.web
        return await sessions.who(self.store, self.keys, token, now, limits)

    async def run(self, *arguments: str, code: int = 0) -> Any:
        """A command, in a thread: it has a loop of its own."""
        return await asyncio.to_thread(self.home, *arguments, code=code)

    def sql(self, statement: str, *values: object) -> list[Any]:
        """What an operator does who has SQL; the guards are gone first."""
        with closing(sqlite3.connect(self.home.path / "dialpact.db")) as connection, connection:
            for (name,) in connection.execute(
                "SELECT name FROM sqlite_schema WHERE type = 'trigger' AND name LIKE '%stays'"
            ).fetchall():
                connection.execute(f"DROP TRIGGER {name}")
            return connection.execute(statement, values).fetchall()

    def acts(self, register: str = "sign-in") -> list[tuple[str, str, str]]:
        """Action, key, who: in their order."""
        return self.sql(
            "SELECT action, key, actor FROM register_change WHERE register = ? ORDER BY seq", register
        )


@pytest.fixture
async def office(home: Home) -> AsyncIterator[Office]:
    clock, config = FixedClock(), configuration.load(home.config)
    async with Store(config.database) as store:
        context = Context(store, Actor(name="root", door=Door.SHELL), clock)
        yield Office(home, config, context, clock, Keys(config))
