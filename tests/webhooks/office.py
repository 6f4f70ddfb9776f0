"""An installation with receivers, whose every turn a test takes by hand, at a time that it sets."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.policy import load_policy
from dialpact.application.webhooks import desk
from dialpact.application.webhooks.making import Maker
from dialpact.application.webhooks.receiver import Receiver, Timings
from dialpact.compliance.config import Config, StoreConfig, Trunk
from dialpact.compliance.model import Decision
from dialpact.compliance.webhooks.delivery import HookState
from dialpact.compliance.webhooks.settings import WebhookConfig
from dialpact.store.sqlite import Store, create
from dialpact.testing.clock import FixedClock
from tests.compliance.store_values import Fixed, Still, attempt, decision, waiting

PATIENT = Timings(tick=20.0, gather=0.0, answer=20.0, end=1.0)  # a turn ends when something has come


class Office:
    def __init__(self, store: Store, config: Config) -> None:
        self.store, self.config, self.clock = store, config, FixedClock()
        self.policy = load_policy(config)
        self.context = Context(store, Actor(name="chen", door=Door.SHELL), self.clock)

    def receiver(self, name: str = "crm", timings: Timings = PATIENT) -> Receiver:
        return Receiver(self.context, self.config, name, lambda: self.policy, timings, chance=lambda: 0.0)

    def maker(self, name: str = "crm") -> Maker:
        return Maker(self.context, name, self.config.webhooks[name], lambda: self.policy)

    async def rounds(self, receiver: Receiver) -> None:
        """Until there is nothing more to do now."""
        while await receiver.turn():
            pass

    async def sent(self, name: str = "crm") -> None:
        """As a process does that has just been started."""
        await self.rounds(self.receiver(name))

    async def block(self, number: str = "+8613800138000", **changes: Any) -> Decision:
        """A call that the gate blocks now."""
        asked = msgspec.structs.replace(attempt(number), **changes)
        made = msgspec.structs.replace(decision(asked, allowed=False), decided_at=self.clock.now())
        await self.store.decisions.decide([waiting(asked)], Fixed(made), Still())
        return made

    async def state(self, name: str = "crm") -> HookState:
        return next(one for one in await self.store.webhooks.states() if one.name == name)

    def write(self, statement: str, *given: object) -> None:
        """Past all guards: what a test has no other way to."""
        connection = sqlite3.connect(self.config.database)
        try:
            with connection:
                guards = connection.execute(
                    "SELECT name, sql FROM sqlite_schema WHERE type = 'trigger' AND tbl_name = 'decision'"
                ).fetchall()
                for name, _ in guards:
                    connection.execute(f"DROP TRIGGER {name}")
                connection.execute(statement, given)
                for _, sql in guards:
                    connection.execute(sql)
        finally:
            connection.close()

    def rows(self, statement: str, *given: object) -> list[tuple[Any, ...]]:
        connection = sqlite3.connect(self.config.database)
        try:
            return connection.execute(statement, given).fetchall()
        finally:
            connection.close()


def configured(folder: Path, database: str, **hooks: WebhookConfig) -> Config:
    return Config(
        trunks={"carrier": Trunk(endpoint="PJSIP/carrier")},
        store=StoreConfig(url=f"sqlite:{database}"),
        webhooks=hooks,
        origin=str(folder / "d.toml"),
    )


@asynccontextmanager
async def office(folder: Path, **hooks: WebhookConfig) -> AsyncIterator[Office]:
    """With its keys, so that it is told what happens from now on."""
    config = configured(folder, "d.db", **hooks)
    create(config.database)
    async with await Store.open(config.database) as store:
        made = Office(store, config)
        for name in hooks:
            await desk.keys(made.context, config, name)
        yield made
