"""What takes its time does not hold the lock that a decision waits for."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialpact.store.sqlite import Store, create
from dialpact.store.units import incidents
from tests.compliance.store_values import AT

WRITE = "INSERT INTO incident (at, node, kind, decision, channel, detail) VALUES ('x', 'x', 'x', '', '', '')"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


async def test_emptying_the_journal_after_an_erasure_lets_others_write_while_one_reads(store: Store) -> None:
    await store.transact(lambda connection: incidents.write(connection, at=AT, node="pbx1", kind="x"))
    journal = store.path.with_name("a.db-wal")
    with (
        contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as reader,
        contextlib.closing(sqlite3.connect(store.path, isolation_level=None, timeout=0)) as writer,
    ):
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM incident").fetchone()
        writer.execute(WRITE)
        erasing = asyncio.create_task(store.erasure.overwrite())
        written = 0
        for _ in range(100):
            await asyncio.to_thread(lambda: None)
            with contextlib.suppress(sqlite3.OperationalError):
                writer.execute(WRITE)
                written += 1
            await asyncio.sleep(0.002)
        assert not erasing.done()
        assert written > 50
        reader.execute("ROLLBACK")
        await erasing
    assert journal.stat().st_size == 0


async def test_looking_for_strange_files_neither_takes_nor_awaits_the_lock(store: Store) -> None:
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        assert await store.custody.foreign(["/r/b", "/r/a"]) == ["/r/a", "/r/b"]
        other.execute("ROLLBACK")
