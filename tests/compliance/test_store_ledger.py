"""The ledger in the store: nothing provable without its leaf, and the tree's hashes."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import msgspec
import pytest

from dialpact.compliance.ledger import merkle, record
from dialpact.compliance.model import Decision
from dialpact.store.sqlite import Store, create, migrate
from dialpact.store.units import decisions, incidents, ledger
from dialpact.store.units.registers import change
from tests.compliance import store_values
from tests.compliance.store_values import AT


def decision(number: int, seconds: float = 0) -> Decision:
    at = AT + timedelta(seconds=seconds)
    return msgspec.structs.replace(store_values.decision(), id=f"{number:032x}", decided_at=at)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


def rows_of(path: Path, sql: str) -> list[tuple[object, ...]]:
    connection = sqlite3.connect(path)
    try:
        return connection.execute(sql).fetchall()
    finally:
        connection.close()


async def test_each_kind_gets_its_leaf_in_the_transaction_that_makes_it(store: Store) -> None:
    first = decision(1)

    def work(connection: sqlite3.Connection) -> None:
        decisions.record(connection, [first])
        incidents.write(connection, at=AT, node="n", kind="k")
        change.log(connection, "dnc", "add", "+8613800138000", {}, by="chen", at=AT)
        assert ledger.size(connection) == 0

    await store.transact(work)
    found = await store.transact(lambda connection: ledger.entries(connection, 0, 10))
    assert [(entry.kind, entry.leaf_index) for entry in found] == [
        ("decision", 0),
        ("incident", 1),
        ("register-change", 2),
    ]
    for entry in found:
        content = await store.transact(
            lambda connection, entry=entry: ledger.content_of(
                connection, entry.leaf_index, entry.kind, entry.key
            )
        )
        assert content is not None and entry.salt is not None
        assert record.leaf(entry.salt, content) == entry.leaf


async def test_a_transaction_that_fails_leaves_no_leaf(store: Store) -> None:
    def work(connection: sqlite3.Connection) -> None:
        incidents.write(connection, at=AT, node="n", kind="k")
        raise RuntimeError

    with pytest.raises(RuntimeError):
        await store.transact(work)
    assert await store.transact(ledger.size) == 0


async def test_a_row_put_in_by_other_means_gets_its_leaf_from_the_next_transaction(store: Store) -> None:
    connection = sqlite3.connect(store.path)
    connection.execute("INSERT INTO incident VALUES (1, '', '', 'forged', '', '', '')")
    connection.commit()
    connection.close()
    await store.incidents.add(at=AT, node="n", kind="k")
    assert await store.transact(ledger.size) == 2


@pytest.mark.parametrize("size", [1, 2, 255, 256, 257, 300, 511, 512, 700])
async def test_root_and_proofs_are_those_of_the_plain_tree(store: Store, size: int) -> None:
    def work(connection: sqlite3.Connection) -> None:
        for number in range(size):
            incidents.write(connection, at=AT, node="n", kind=str(number))

    await store.transact(work)

    def check(connection: sqlite3.Connection) -> None:
        leaves = [entry.leaf for entry in ledger.entries(connection, 0, size)]
        stored, plain = ledger.subtree(connection), merkle.over(leaves)
        assert ledger.root(connection, size) == plain(0, size)
        for index in {0, size // 2, size - 1}:
            proof = merkle.inclusion_proof(stored, index, size)
            assert proof == merkle.inclusion_proof(plain, index, size)
            assert merkle.verify_inclusion(leaves[index], index, size, proof, plain(0, size))
        for old in {1, size // 2 or 1, size}:
            proof = merkle.consistency_proof(stored, old, size)
            assert merkle.verify_consistency(old, size, plain(0, old), plain(0, size), proof)

    await store.transact(check)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE ledger SET leaf = zeroblob(32)",
        "UPDATE ledger SET key = 'x'",
        "UPDATE ledger SET salt = zeroblob(16)",
        "DELETE FROM ledger",
        "UPDATE incident SET detail = 'x'",
        "DELETE FROM incident",
    ],
)
async def test_the_store_refuses_to_change_what_is_in_the_ledger(store: Store, sql: str) -> None:
    await store.incidents.add(at=AT, node="n", kind="k")
    connection = sqlite3.connect(store.path)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(sql)
    connection.close()


async def test_rows_from_before_the_ledger_get_their_leaves(tmp_path: Path) -> None:
    path = tmp_path / "old.db"
    connection = sqlite3.connect(path, isolation_level=None)
    for number, sql in migrate.scripts()[:2]:
        connection.executescript(f"{sql}\nPRAGMA user_version = {number};")
    connection.executemany(
        "INSERT INTO incident (at, node, kind, decision, channel, detail) VALUES (?, 'n', 'k', '', '', '')",
        [(str(number),) for number in range(3000)],
    )
    connection.close()
    async with await Store.open(path) as store:
        assert await store.transact(ledger.size) == 3000
    assert rows_of(path, "SELECT count(*) FROM unsealed") == [(0,)]


async def test_a_clock_that_goes_back_leaves_a_mark_and_one_incident(store: Store) -> None:
    def work(connection: sqlite3.Connection) -> None:
        for number, seconds in enumerate((0, 10, 4, 6, 12, 11)):
            decisions.record(connection, [decision(number, seconds)])

    await store.transact(work)
    assert rows_of(store.path, "SELECT behind_us / 1e6 FROM decision ORDER BY seq") == [
        (0,), (0,), (6,), (4,), (0,), (1,)
    ]  # fmt: skip
    kinds = rows_of(store.path, "SELECT kind FROM incident")
    assert kinds == [("clock-went-back",), ("clock-went-back",)]


async def test_a_refusal_that_is_stored_late_is_marked_and_no_incident(store: Store) -> None:
    def work(connection: sqlite3.Connection) -> None:
        decisions.record(connection, [decision(1)])
        decisions.record(connection, [decision(2, -3)], late=True)
        decisions.record(connection, [decision(3)])

    await store.transact(work)
    assert rows_of(store.path, "SELECT behind_us FROM decision ORDER BY seq") == [(0,), (3_000_000,), (0,)]
    assert rows_of(store.path, "SELECT count(*) FROM incident") == [(0,)]
