"""Nobody who writes has the write-ahead log to empty, and it is emptied all the same."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from dialpact.store.sqlite import Store, create, emptying
from dialpact.store.units import incidents
from tests.compliance.store_values import AT
from tests.patience import WAIT


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    monkeypatch.setattr(emptying, "PAUSE_SECONDS", 0.01)
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db", short_units=True) as store:
        yield store


async def write(store: Store, rows: int = 2000) -> None:
    """Some megabytes, in one commit."""

    def work(connection: sqlite3.Connection) -> None:
        for row in range(rows):
            incidents.write(connection, at=AT, node="a", kind="x", detail=f"{row:0500}")

    await store.transact(work)


@contextmanager
def other(store: Store) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(store.path, isolation_level=None, timeout=0)) as connection:
        yield connection


def in_the_file(store: Store) -> int:
    """Bytes of the database itself."""
    return store.path.stat().st_size


async def until_in_the_file(store: Store, size: int) -> None:
    async with asyncio.timeout(WAIT):
        while in_the_file(store) < size:
            await asyncio.sleep(0.005)


async def test_a_commit_empties_nothing(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(emptying.Emptying, "committed", lambda _: None)
    before = in_the_file(store)
    for _ in range(3):
        await write(store)
    assert in_the_file(store) == before


async def test_it_is_emptied_soon(store: Store) -> None:
    before = in_the_file(store)
    await write(store)
    await until_in_the_file(store, before + 1_000_000)


async def test_as_long_as_somebody_reads_all_go_on_and_afterwards_it_is_emptied(store: Store) -> None:
    before = in_the_file(store)
    with other(store) as reader:
        reader.execute("BEGIN")
        reader.execute("SELECT count(*) FROM incident").fetchone()
        for _ in range(20):
            await write(store, 100)
        emptying.empty(store.path)
        assert in_the_file(store) == before
        reader.execute("COMMIT")
    await write(store, 1)
    await until_in_the_file(store, before + 1_000_000)


async def test_a_log_that_somebody_always_writes_to_is_begun_anew(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(emptying.Emptying, "committed", lambda _: None)
    monkeypatch.setattr(emptying, "LONG", 200)
    over = threading.Event()

    def writing() -> None:
        with contextlib.closing(sqlite3.connect(store.path, isolation_level=None, timeout=WAIT)) as writer:
            writer.execute("PRAGMA wal_autocheckpoint = 0")
            writer.execute("PRAGMA synchronous = OFF")
            while not over.is_set():
                writer.execute("BEGIN IMMEDIATE")
                for row in range(40):
                    incidents.write(writer, at=AT, node="a", kind="x", detail=f"{row:0500}")
                writer.execute("COMMIT")

    writer = threading.Thread(target=writing)
    writer.start()
    try:
        longest = 0
        async with asyncio.timeout(WAIT):
            while (pages := await asyncio.to_thread(emptied, store.path)) >= longest:
                longest = pages
    finally:
        over.set()
        writer.join(WAIT)


def emptied(path: Path) -> int:
    """Pages in the log."""
    with contextlib.suppress(sqlite3.OperationalError):  # (whoever always writes may have the lock just then)
        emptying.empty(path)
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=WAIT)) as connection:
        return int(connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()[1])


async def test_one_that_fails_is_tried_again(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before, tried = in_the_file(store), []
    real = emptying.empty

    def failing(path: Path) -> None:
        tried.append(path)
        if len(tried) == 1:
            raise sqlite3.OperationalError("disk I/O error")
        real(path)

    monkeypatch.setattr(emptying, "empty", failing)
    await write(store)
    async with asyncio.timeout(WAIT):
        while not tried:
            await asyncio.sleep(0.005)
    await write(store, 1)
    await until_in_the_file(store, before + 1_000_000)


async def test_its_thread_ends_with_the_store(store: Store) -> None:
    await write(store, 1)
    thread = store._emptying and store._emptying._thread
    assert thread is not None and thread.is_alive()
    await store.close()
    assert not thread.is_alive()
