"""The database file: migrations, loss, locks, and transactions that are whole."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
import time
from pathlib import Path

import pytest

from dialpact.compliance.errors import StoreBusy, StoreError, StoreGone, StoreRefused
from dialpact.store.sqlite import Store, create, migrate


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create(tmp_path / "a.db")
    return tmp_path / "a.db"


def schema(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    return connection.execute("SELECT name, sql FROM sqlite_master ORDER BY name").fetchall()


def raw(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(path, isolation_level=None)


async def tables(store: Store) -> int:
    return await store.transact(
        lambda connection: connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    )


async def insert(store: Store, name: str = "acme") -> None:
    await store.transact(
        lambda connection: connection.execute(
            "INSERT INTO business VALUES (?, 'x', 'own-business', '')", (name,)
        )
    )


async def businesses(store: Store) -> int:
    return await store.transact(
        lambda connection: connection.execute("SELECT count(*) FROM business").fetchone()[0]
    )


# Migrations


def test_a_new_database_is_complete_and_closed_to_others(path: Path) -> None:
    connection = raw(path)
    assert migrate.version(connection) == migrate.latest()
    connection.close()
    assert path.stat().st_mode & 0o007 == 0


def test_numbers_without_gap() -> None:
    numbers = [number for number, _ in migrate.scripts()]
    assert numbers == list(range(1, len(numbers) + 1))


def test_a_fresh_schema_equals_all_migrations_one_by_one(path: Path) -> None:
    stepwise = sqlite3.connect(":memory:", isolation_level=None)
    for number, sql in migrate.scripts():
        stepwise.executescript(f"BEGIN; {sql}; PRAGMA user_version = {number}; COMMIT;")
        assert migrate.version(stepwise) == number
    fresh = raw(path)
    assert schema(stepwise) == schema(fresh)
    stepwise.close()
    fresh.close()


def test_create_again_changes_nothing(path: Path) -> None:
    connection = raw(path)
    before = schema(connection)
    create(path)
    assert schema(connection) == before
    assert migrate.migrate(connection) == 0
    connection.close()


def test_a_failed_migration_leaves_nothing_behind() -> None:
    connection = sqlite3.connect(":memory:", isolation_level=None)
    scripts = [(1, "CREATE TABLE good (x);\nCREATE TABLE bad (")]
    with pytest.raises(StoreError, match="0001"):
        migrate.migrate(connection, scripts)
    assert (schema(connection), migrate.version(connection)) == ([], 0)
    connection.close()


def test_two_that_start_at_once_after_an_update_both_start(tmp_path: Path) -> None:
    """Both see what is missing before either has the lock."""
    path = tmp_path / "old.db"
    holder = sqlite3.connect(path, isolation_level=None)
    holder.execute("PRAGMA journal_mode = WAL")
    holder.executescript(f"{migrate.scripts()[0][1]} PRAGMA user_version = 1;")
    holder.execute("BEGIN IMMEDIATE")
    done: list[int] = []

    def start() -> None:
        connection = sqlite3.connect(path, isolation_level=None, timeout=30)
        seen.wait()
        with contextlib.closing(connection):
            done.append(migrate.migrate(connection))

    seen = threading.Barrier(3)
    both = [threading.Thread(target=start) for _ in range(2)]
    for one in both:
        one.start()
    seen.wait()
    time.sleep(0.3)  # (both wait for the lock now; were one slow, it would find all done)
    holder.rollback()
    for one in both:
        one.join()
    assert sum(done) == migrate.latest() - 1 and len(done) == 2
    assert migrate.version(holder) == migrate.latest()
    holder.close()


async def test_a_newer_database_is_refused(path: Path) -> None:
    connection = raw(path)
    connection.execute(f"PRAGMA user_version = {migrate.latest() + 1}")
    connection.close()
    with pytest.raises(StoreError, match="version"):
        await Store.open(path)


# What is no database of ours


async def test_no_file_is_no_database_and_stays_none(tmp_path: Path) -> None:
    with pytest.raises(StoreGone):
        await Store.open(tmp_path / "none.db")
    assert not (tmp_path / "none.db").exists()


@pytest.mark.parametrize("content", [b"", b"this is no database, however long it may be" * 100])
async def test_another_file_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.db").write_bytes(content)
    with pytest.raises(StoreError):
        await Store.open(tmp_path / "x.db")


# Loss


async def test_a_deleted_file_is_noticed_and_not_made_anew(path: Path) -> None:
    async with await Store.open(path) as store:
        await insert(store)
        path.unlink()
        with pytest.raises(StoreGone):
            await businesses(store)
        with pytest.raises(StoreGone):
            await insert(store, "other")
    assert not path.exists()


async def test_a_replaced_file_is_noticed_and_then_used(path: Path, tmp_path: Path) -> None:
    async with await Store.open(path) as store:
        await insert(store)
        create(tmp_path / "b.db")
        (tmp_path / "b.db").rename(path)
        for rest in ("-wal", "-shm"):
            Path(f"{path}{rest}").unlink(missing_ok=True)
        with pytest.raises(StoreGone):
            await insert(store, "lost")
        assert await businesses(store) == 0  # the new file, opened anew


# Locks


async def test_a_lock_is_given_up_in_time_and_nothing_has_happened(path: Path) -> None:
    other = raw(path)
    async with await Store.open(path, busy_ms=50) as store:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            await insert(store)
        other.execute("ROLLBACK")
        assert await businesses(store) == 0
        await insert(store)
        assert await businesses(store) == 1
    other.close()


# Transactions


async def test_an_exception_undoes_the_whole(path: Path) -> None:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO business VALUES ('acme', 'x', 'own-business', '')")
        raise RuntimeError("half-way")

    async with await Store.open(path) as store:
        with pytest.raises(RuntimeError):
            await store.transact(work)
        assert await businesses(store) == 0


async def test_a_broken_constraint_is_refused_and_undoes_the_whole(path: Path) -> None:
    def work(connection: sqlite3.Connection) -> None:
        connection.execute("INSERT INTO business VALUES ('acme', 'x', 'own-business', '')")
        connection.execute("INSERT INTO business VALUES ('beta', 'x', 'somebody', '')")

    async with await Store.open(path) as store:
        with pytest.raises(StoreRefused):
            await store.transact(work)
        assert await businesses(store) == 0


async def test_what_returned_is_there_for_others(path: Path) -> None:
    async with await Store.open(path) as store:
        await insert(store)
        other = raw(path)
        assert other.execute("SELECT id FROM business").fetchall() == [("acme",)]
        other.close()


async def test_transactions_of_one_store_take_turns(path: Path) -> None:
    async with await Store.open(path) as store:
        await asyncio.gather(*(insert(store, f"b{number}") for number in range(50)))
        assert await businesses(store) == 50


async def test_a_foreign_key_holds(path: Path) -> None:
    async with await Store.open(path) as store:
        with pytest.raises(StoreRefused):
            await store.transact(
                lambda connection: connection.execute(
                    "INSERT INTO campaign VALUES ('c', 'nobody', 'x', 'marketing', '', '', 0)"
                )
            )
