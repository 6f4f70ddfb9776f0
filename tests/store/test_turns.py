"""Work over several transactions of one store: what two do at once, neither takes for its own."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.compliance.clock import Uptime
from dialpact.compliance.errors import StoreBusy
from dialpact.compliance.registers.formats import REGISTERS
from dialpact.compliance.registers.table import FileRead
from dialpact.compliance.trusted_time import Reading
from dialpact.store.ports.audits import Snapshot
from dialpact.store.sqlite import Store, create
from tests.compliance.store_values import AT, BY, NUMBER
from tests.compliance.test_store_leads import DELIVERY
from tests.compliance.test_store_registers import ACME, RENEWAL

FILE = FileRead(file="file.csv", sha256="a" * 64, rows=1, skip_bad=False)
ROWS = [(2, REGISTERS["dnc"].read([NUMBER, "all", "", "", ""], AT))]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create(tmp_path / "a.db")
    return tmp_path / "a.db"


@pytest.fixture
async def store(path: Path) -> AsyncIterator[Store]:
    async with await Store.open(path, 10_000) as store:
        yield store


async def test_an_import_whose_place_another_took_does_nothing(store: Store) -> None:
    first = await store.imports.begin("dnc")
    await first.stage(ROWS)
    second = await store.imports.begin("dnc")
    with pytest.raises(StoreBusy, match="import of dnc"):
        await first.stage(ROWS)
    with pytest.raises(StoreBusy, match="import of dnc"):
        await first.apply(FILE, bad=0, skip_bad=False, **BY)
    await second.stage(ROWS)
    applied = await second.apply(FILE, bad=0, skip_bad=False, **BY)
    assert (applied.applied, applied.already, len((await store.dnc.list()).rows)) == (1, 0, 1)


async def test_imports_of_two_registers_do_not_meet(store: Store) -> None:
    first = await store.imports.begin("dnc")
    await store.imports.begin("consent")
    await first.stage(ROWS)
    assert (await first.apply(FILE, bad=0, skip_bad=False, **BY)).applied == 1


async def test_nor_do_leads(store: Store) -> None:
    await store.businesses.add(ACME, **BY)
    await store.campaigns.add(RENEWAL, **BY)
    first = await store.leads.begin(DELIVERY, "a" * 64)
    await first.stage([(2, NUMBER)], [])
    await store.leads.begin(DELIVERY, "b" * 64)
    for late in (
        first.stage([(2, NUMBER)], []),
        first.numbers(0, 10),
        first.unassigned(),
        first.apply(FILE, {}, "", bad=0, **BY),
    ):
        with pytest.raises(StoreBusy, match="import of leads"):
            await late


async def test_who_looks_for_strange_files_sees_his_own_or_says_so(store: Store) -> None:
    begun, go_on = threading.Event(), threading.Event()

    def files() -> Iterator[str]:
        begun.set()
        go_on.wait(30)
        yield "/r/strange"

    first = asyncio.create_task(store.custody.foreign(files()))
    await asyncio.to_thread(begun.wait, 30)
    assert await store.custody.foreign(["/r/other"]) == ["/r/other"]
    go_on.set()
    with pytest.raises(StoreBusy, match="no row names"):
        await first


async def test_the_clocks_are_read_when_the_lock_is_there(store: Store, path: Path) -> None:
    """Readings that waited would be noted in another order, and time be borne out twice."""
    read: list[str] = []

    def reading(name: str) -> Reading:
        assert held.in_transaction is False, f"{name} was read before the lock was there"
        read.append(name)
        return Reading(AT, Uptime("boot", timedelta(seconds=len(read))))

    held = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    held.execute("BEGIN IMMEDIATE")
    waiting = [
        asyncio.create_task(store.clocks.take(lambda: reading("take"), "purge")),
        asyncio.create_task(store.clocks.take_turn(lambda: reading("turn"), "keeper", timedelta(minutes=9))),
    ]
    await asyncio.sleep(0.2)
    held.rollback()
    await asyncio.gather(*waiting)
    held.close()
    assert read == ["take", "turn"]


async def test_who_no_longer_waits_for_an_audit_ends_it(store: Store) -> None:
    begun, ended = asyncio.Event(), threading.Event()
    loop = asyncio.get_running_loop()

    def work(snapshot: Snapshot) -> None:
        try:
            while True:
                snapshot.entries(0, 1, 1)
                loop.call_soon_threadsafe(begun.set)
        finally:
            ended.set()

    audit = asyncio.create_task(store.audits.inspect(work))
    await begun.wait()
    audit.cancel()
    await asyncio.gather(audit, return_exceptions=True)
    assert await asyncio.to_thread(ended.wait, 30)
