"""A server that stands still: whoever waits for it is told so, and is served when it goes on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator

import pytest

from dialpact.compliance.errors import StoreBusy
from dialpact.store.postgres import connection
from dialpact.store.postgres.engine import Store
from dialpact.store.units import ledger
from tests.compliance.store_values import BY
from tests.compliance.test_store_registers import ACME
from tests.postgres.server import Server, running

HUNG = 60.0


@pytest.fixture
def server() -> Iterator[Server]:
    with running() as server:
        yield server


@pytest.fixture
async def store(server: Server, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    monkeypatch.setattr(connection, "LOOKING", 1)
    monkeypatch.setattr(connection, "STAGING", 1)
    with server.database() as database:
        async with await Store.open(database.url, "pbx1", seconds=30) as store:
            store._seconds = 1.0
            yield store
            server.thaw()


ASKED: dict[str, Callable[[Store], object]] = {
    "read": lambda store: store.read(ledger.size),
    "aside": lambda store: store.aside(ledger.size),
    "transact": lambda store: store.businesses.add(ACME, **BY),
}


@pytest.mark.parametrize("how", ASKED)
async def test_who_waits_is_told(server: Server, store: Store, how: str) -> None:
    await store.read(ledger.size)
    server.freeze()
    async with asyncio.timeout(HUNG):
        with pytest.raises(StoreBusy, match="no answer"):
            await ASKED[how](store)  # type: ignore[misc]
    server.thaw()
    store._seconds = 30
    async with asyncio.timeout(HUNG):
        await ASKED[how](store)  # type: ignore[misc]


@pytest.mark.parametrize("how", ASKED)
async def test_who_waits_no_longer_is_not_told_anything_else(server: Server, store: Store, how: str) -> None:
    store._seconds = 30
    await store.read(ledger.size)
    server.freeze()
    asked = asyncio.ensure_future(ASKED[how](store))  # type: ignore[arg-type]
    await asyncio.sleep(0.2)
    asked.cancel()
    async with asyncio.timeout(HUNG):
        with pytest.raises(asyncio.CancelledError):
            await asked
