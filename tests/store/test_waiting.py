"""Who waits for the lock of all writers has it soon after it was let go, and not for ever."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialpact.compliance.errors import StoreBusy
from dialpact.store.sqlite import Store, create, waiting
from tests.compliance.store_values import AT


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create(tmp_path / "a.db")
    return tmp_path / "a.db"


@pytest.fixture
def other(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(
        sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    ) as connection:
        yield connection


def add(store: Store) -> asyncio.Task[None]:
    return asyncio.create_task(store.incidents.add(at=AT, node="a", kind="listener-error"))


async def test_it_tries_again_soon(
    path: Path, other: sqlite3.Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    pauses: list[float] = []

    def slept(seconds: float) -> None:
        pauses.append(seconds)
        if len(pauses) == 40:
            other.execute("COMMIT")

    monkeypatch.setattr(waiting.time, "sleep", slept)
    async with await Store.open(path, short_units=True) as store:
        other.execute("BEGIN IMMEDIATE")
        await add(store)
        assert len(pauses) == 40
        assert pauses[0] <= 0.0002 and sum(pauses[:10]) < 0.003 and max(pauses) <= 0.002


async def test_it_does_not_try_for_ever(path: Path, other: sqlite3.Connection) -> None:
    async with await Store.open(path, 50, short_units=True) as store:
        await add(store)
        other.execute("BEGIN IMMEDIATE")
        began = time.monotonic()
        with pytest.raises(StoreBusy):
            await add(store)
        assert time.monotonic() - began >= 0.05
        other.execute("COMMIT")
        await add(store)


async def test_whoever_waits_for_something_else_waits_as_before(path: Path) -> None:
    async with await Store.open(path, 700, short_units=True) as store:
        await add(store)
        found = await store.read(lambda connection: connection.execute("PRAGMA busy_timeout").fetchone()[0])
        assert found == 700


async def test_what_is_no_matter_of_the_lock_is_told_at_once(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(waiting.time, "sleep", lambda _: pytest.fail("it waits"))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN")
        with pytest.raises(sqlite3.OperationalError, match="within a transaction"):
            waiting.begin(connection, 1000)
