"""What is committed comes to the disk without the lock: none waits for another's disk, or is told early."""

from __future__ import annotations

import asyncio
import contextlib
import os
import sqlite3
import threading
from collections.abc import AsyncIterator
from functools import partial
from pathlib import Path

import pytest

from dialpact.compliance.errors import StoreError, StoreGone
from dialpact.compliance.registers.leads import Delivery
from dialpact.store.ports import receipts
from dialpact.store.ports.idempotency import Request
from dialpact.store.sqlite import Store, create, flushing
from dialpact.testing import Registers, Site
from tests.compliance.store_values import AT
from tests.patience import WAIT


class Disk:
    """A disk that takes its time. ``begun``: how often it was asked."""

    def __init__(self) -> None:
        self.begun, self.free, self.failing = 0, threading.Semaphore(0), False

    def flush(self, file: int) -> None:
        self.begun += 1
        assert self.free.acquire(timeout=WAIT)
        if self.failing:
            raise OSError(5, "Input/output error")
        os.fsync(file)

    async def asked(self, times: int) -> None:
        async with asyncio.timeout(WAIT):
            while self.begun < times:
                await asyncio.sleep(0.001)


@pytest.fixture
def disk(monkeypatch: pytest.MonkeyPatch) -> Disk:
    slow = Disk()
    monkeypatch.setattr(flushing.os, "fdatasync", slow.flush)
    return slow


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with Store(tmp_path / "a.db", yields=True) as store:
        yield store


def add(store: Store, what: str) -> asyncio.Task[None]:
    return asyncio.create_task(store.incidents.add(at=AT, node="a", kind="listener-error", detail=what))


async def test_others_write_while_it_waits_for_the_disk(store: Store, disk: Disk) -> None:
    told = add(store, "a")
    await disk.asked(1)
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert other.execute("SELECT detail FROM incident").fetchall() == [("a",)]
        other.execute("COMMIT")
    assert not told.done()
    disk.free.release()
    await told


async def test_those_who_wait_at_once_wait_once(store: Store, disk: Disk) -> None:
    """What has begun has not what comes meanwhile, and all of that is the next one's."""
    first = add(store, "a")
    await disk.asked(1)
    rest = [add(store, str(number)) for number in range(20)]
    async with asyncio.timeout(WAIT):
        while len((await store.incidents.list()).rows) < 21:
            await asyncio.sleep(0.001)
    disk.free.release()
    await first
    await disk.asked(2)
    assert not any(each.done() for each in rest)
    disk.free.release()
    await asyncio.gather(*rest)
    assert disk.begun == 2


async def test_a_disk_that_fails_is_told_to_all_who_wait(store: Store, disk: Disk) -> None:
    disk.failing = True
    tasks = [add(store, "a"), add(store, "b")]
    await disk.asked(1)
    disk.free.release(5)
    for task in tasks:
        with pytest.raises(StoreError, match="Input/output"):
            await task
    disk.failing = False
    await add(store, "c")


async def test_who_waits_no_longer_costs_the_others_nothing(store: Store, disk: Disk) -> None:
    gone = add(store, "a")
    await disk.asked(1)
    gone.cancel()
    there = add(store, "b")
    await asyncio.wait([gone])
    disk.free.release(5)
    await there


async def test_what_was_found_there_is_on_disk_too(store: Store, disk: Disk) -> None:
    """It may be of one who still waits."""
    first = add(store, "a")
    await disk.asked(1)
    once = partial(store.incidents.add, at=AT, node="a", kind="listener-error", detail="a", once=True)
    again = asyncio.create_task(once())
    disk.free.release()
    await first
    await disk.asked(2)
    assert not again.done()
    disk.free.release()
    await again
    assert len((await store.incidents.list()).rows) == 1


async def test_what_one_who_was_cut_off_has_put_in_is_on_disk_before_another_tells_of_it(
    store: Store, disk: Disk
) -> None:
    request = Request("crm", "try-1", "d")
    claim = partial(store.idempotency.claim, request, busy=False, alive=lambda _: False, at=AT)
    assert (await claim(owner="one")).written == (), "which waits for no disk"
    with receipts.noting(store.idempotency.receipt(request)):
        told = add(store, "a")
        await disk.asked(1)
        told.cancel()  # as good as killed: it is committed, and nobody knows whether the disk has it
    again = asyncio.create_task(claim(owner="another"))
    disk.free.release()
    await disk.asked(2)
    assert not again.done()
    disk.free.release()
    assert len((await again).written) == 1


async def test_without_a_journal_there_is_nothing_to_flush(tmp_path: Path, disk: Disk) -> None:
    await flushing.Flushing(tmp_path / "none.db").flush()
    assert disk.begun == 0


@pytest.mark.parametrize(("yields", "mode"), [(True, 1), (False, 2)])
async def test_how_it_commits(tmp_path: Path, yields: bool, mode: int) -> None:
    create(tmp_path / "b.db")
    async with Store(tmp_path / "b.db", yields=yields) as store:
        await store.jot(lambda connection: connection.execute("DELETE FROM api_key_use"))
        asked = "PRAGMA synchronous"
        assert await store.aside(lambda connection: connection.execute(asked).fetchone()[0]) == mode


async def test_who_reads_does_not_wait_for_who_waits_for_the_lock(store: Store) -> None:
    await store.incidents.add(at=AT, node="a", kind="listener-error", detail="a")
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None, timeout=0)) as other:
        other.execute("BEGIN IMMEDIATE")
        waiting = add(store, "b")
        assert [one.detail for one in (await store.incidents.list()).rows] == ["a"]
        assert not waiting.done()
        other.execute("COMMIT")
    await waiting
    assert [one.detail for one in (await store.incidents.list()).rows] == ["b", "a"]


async def test_one_that_was_put_back_is_read_anew(store: Store) -> None:
    """Both of its connections see that the file is another one."""
    await add(store, "a")
    assert len((await store.incidents.list()).rows) == 1
    for file in store.path.parent.iterdir():
        file.unlink()
    create(store.path)
    with pytest.raises(StoreGone):
        await store.incidents.list()
    with pytest.raises(StoreGone):
        await add(store, "b")
    await add(store, "c")
    assert [one.detail for one in (await store.incidents.list()).rows] == ["c"]


async def test_what_is_staged_is_read_where_it_is(dialpact_site: Site, dialpact_registers: Registers) -> None:
    """Temporary tables are of one connection; whoever reads has another one."""
    delivery = Delivery(campaign="loans", partner="p", contract="k", basis="b")
    async with Store(dialpact_site.config.database, yields=True) as store:
        staging = await store.leads.begin(delivery, "00")
        await staging.stage([(2, "+8613800138000")], [])
        assert (list(await staging.numbers(0, 10)), await staging.unassigned()) == ([8613800138000], 0)
        assert await store.custody.foreign(["/nowhere.wav"]) == ["/nowhere.wav"]


async def test_it_needs_no_thread_of_the_loop(store: Store) -> None:
    """All of them may be waiting for somebody who waits for this."""
    free = threading.Event()
    loop = asyncio.get_running_loop()
    busy = [loop.run_in_executor(None, free.wait, WAIT) for _ in range(64)]
    try:
        async with asyncio.timeout(WAIT / 2):
            await add(store, "a")
    finally:
        free.set()
        await asyncio.gather(*busy)
