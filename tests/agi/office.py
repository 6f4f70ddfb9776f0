"""A call centre small enough for one test: registers in which one call passes, a clock, the gate's parts."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

from msgspec import structs

from agi.limits import LIMITS, Limits
from agi.protocol import Request
from agi.server import Server
from agi.service import serving
from dialpact.application.gate import Gate
from dialpact.application.opt_out import OptOutQueue
from dialpact.compliance import calendars, config, profile
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import CallAttempt
from dialpact.compliance.profile import Policy
from dialpact.store import ports
from dialpact.store.sqlite import Store, create
from dialpact.store.sqlite.connection import BUSY_MS as BUSY_MS_OF_DAEMONS
from dialpact.testing.asterisk import FakeAsterisk
from tests import registers
from tests.patience import WAIT

SINCE = registers.SINCE
BUSY_MS = 150  # for a lock
NUMBER, STRANGER, CALLER_ID = "13800138000", "13800138001", "02788880007"
REQUEST = Request("outbound", "PJSIP/a-1", "1.1", CALLER_ID, (NUMBER, "spring", "1001", "carrier"))


@cache
def policy() -> Policy:
    return Policy((profile.load("cn-hubei-2018"),), calendars.load())


class SetClock:
    def __init__(self, at: str = "2026-11-24 10:00:00") -> None:  # a Tuesday
        self.set(at)

    def set(self, at: str) -> None:
        """Local time in Shanghai."""
        self._now = datetime.fromisoformat(f"{at}+08:00").astimezone(UTC)

    def now(self) -> datetime:
        return self._now


class Office:
    def __init__(self, folder: Path, limits: Limits = LIMITS) -> None:
        self.limits = limits
        self.database = folder / "dialpact.db"
        self.clock = SetClock()
        self.config = config.Config(
            trunks={"carrier": config.Trunk(endpoint="carrier"), "backup": config.Trunk(endpoint="backup")},
            node=config.NodeConfig(name="pbx1"),
            gate=config.GateConfig(listen="127.0.0.1:0", deadline_ms=2500),
            origin=str(folder / "dialpact.toml"),
        )
        self.judge = Judge(policy(), self.config.trunks, "pbx1")
        create(self.database)
        registers.fill(self.database, caller_ids=[CALLER_ID], numbers=[NUMBER])
        self.sql("INSERT INTO lead VALUES (?, ?)", int(f"86{STRANGER}"), registers.BATCH)

    def sql(self, statement: str, *values: Any) -> list[tuple[Any, ...]]:
        with contextlib.closing(sqlite3.connect(self.database)) as db, db:
            return db.execute(statement, values).fetchall()

    def add_campaign(self, id: str, business: str = "acme", industry: str = "loans") -> None:
        """With the same script, and the same numbers on a list of its own."""
        with contextlib.closing(sqlite3.connect(self.database)) as db, db:
            registers.campaign(db, id, business, industry)

    def add_consent(self, number: str, withdrawn: str | None = None) -> None:
        """Of somebody on the lead list."""
        with contextlib.closing(sqlite3.connect(self.database)) as db, db:
            registers.agree(db, number, withdrawn)
            registers.lead(db, number)

    def add_caller_id(self, number: str, **changes: Any) -> None:
        row = {"trunks": '["*"]', "authenticated": 1, "valid_to": None, "business": "acme"} | changes
        values = (number, row["business"], row["authenticated"], row["trunks"], row["valid_to"], SINCE)
        self.sql(
            "INSERT INTO caller_id VALUES (?, ?, 'L-1', 'CT', ?, ?, '[\"*\"]', '2026-01-01', ?, ?, '[]')",
            *values,
        )

    def opt_out(self, number: str, scope: str = "all", value: str = "") -> None:
        with contextlib.closing(sqlite3.connect(self.database)) as db, db:
            registers.refuse(db, number, scope, value)

    def decisions(self) -> list[tuple[str, str]]:
        """Verdict and reasons of each row, in order; asserts that no row is missing."""
        found = self.sql("SELECT seq, verdict, reasons FROM decision ORDER BY seq")
        assert [seq for seq, *_ in found] == list(range(1, len(found) + 1))
        return [(verdict, reasons) for _, verdict, reasons in found]

    def reasons(self) -> list[str]:
        return [
            reasons.strip('[]"').replace('", "', ",").replace('","', ",") for _, reasons in self.decisions()
        ]

    def undelivered(self) -> list[tuple[str, str]]:
        return self.sql("SELECT decision, reason FROM undelivered")  # type: ignore[return-value]

    def attempt(self, number: str = NUMBER, campaign: str = "spring", **words: str) -> CallAttempt:
        return self.judge.attempt(number, campaign, CALLER_ID, **{"trunk": "carrier", **words})

    @contextlib.contextmanager
    def locked(self) -> Any:
        """Another process has the database."""
        with contextlib.closing(sqlite3.connect(self.database, isolation_level=None)) as db:
            db.execute("BEGIN IMMEDIATE")
            yield
            db.execute("COMMIT")

    @contextlib.asynccontextmanager
    async def store(self, busy_ms: int = BUSY_MS) -> AsyncIterator[Store]:
        async with await Store.open(self.database, busy_ms) as store:
            yield store

    def _given(self, store: ports.Store | None, busy_ms: int = BUSY_MS) -> Any:
        return self.store(busy_ms) if store is None else contextlib.nullcontext(store)

    @contextlib.asynccontextmanager
    async def gate(
        self,
        store: ports.Store | None = None,
        *,
        judge: Judge | None = None,
        limits: Limits | None = None,
        busy_ms: int = BUSY_MS,
    ) -> AsyncIterator[Gate]:
        """A gate that decides, without a server, on a store of its own if none is given."""
        async with self._given(store, busy_ms) as used:
            gate = Gate(used, judge or self.judge, self.clock, limits or self.limits)
            running = asyncio.create_task(gate.run())
            try:
                yield gate
            finally:
                assert not running.done(), running
                running.cancel()
                await asyncio.wait([running])
                await gate.close()

    @contextlib.asynccontextmanager
    async def opt_outs(self, store: ports.Store | None = None, **limits: int) -> AsyncIterator[OptOutQueue]:
        """Takes opt-outs and stores them, without a server, on a store of its own if none is given."""
        async with self._given(store) as used:
            opt_outs = OptOutQueue(used, self.judge.node, self.clock, **limits)
            running = asyncio.create_task(opt_outs.run())
            try:
                yield opt_outs
            finally:
                assert not running.done(), running
                running.cancel()
                await asyncio.wait([running])
                await opt_outs.close()

    @contextlib.asynccontextmanager
    async def server(self, limits: Limits | None = None, **settings: Any) -> AsyncIterator[Server]:
        """A server whose inside can be looked at, with a real gate behind it."""
        settings = {"listen": "127.0.0.1:0", "deadline_ms": 2500} | settings
        changed = structs.replace(self.config, gate=config.GateConfig(**settings))
        limits = limits or self.limits
        async with self.gate(limits=limits) as gate, self.opt_outs() as opt_outs:
            server = Server(changed, self.judge, gate, opt_outs, limits)
            self.host, self.port = await server.start()
            try:
                yield server
            finally:
                await server.close()
                await until(lambda: not server.open)
                assert not server.calls and not server.headless

    def fake(self, **knobs: Any) -> FakeAsterisk:
        return FakeAsterisk(self.host, self.port, **knobs)

    @contextlib.asynccontextmanager
    async def serving(self, store: ports.Store | None = None) -> AsyncIterator[tuple[str, int]]:
        """The service, on a store as the daemons open it if none is given; gives its address."""
        async with (
            self._given(store, BUSY_MS_OF_DAEMONS) as used,
            serving(self.config, policy(), used, self.clock, limits=self.limits) as address,
        ):
            yield address


def soon(seconds: float = 5.0) -> float:
    """A deadline, event loop time."""
    return asyncio.get_running_loop().time() + seconds


async def until(condition: Any, what: str = "") -> None:
    """Lets the loop turn until it is so."""
    async with asyncio.timeout(WAIT):
        while not condition():
            await asyncio.sleep(0.005)
