"""Signed tree heads: only of a log that continues the last one, only by the key in force."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle, note, rotation
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer
from dialpact.store.sqlite import Store, create
from dialpact.store.units import incidents, ledger
from dialpact.store.units.registers import change
from tests.compliance.store_values import AT


def signer(seed: int = 1, name: str = "dialpact/pbx1") -> Signer:
    return Signer(name, Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


MINE = signer()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


async def grow(store: Store, by: int) -> None:
    def work(connection: sqlite3.Connection) -> None:
        for number in range(by):
            incidents.write(connection, at=AT, node="n", kind=str(number))

    await store.transact(work)


def tamper(store: Store, *statements: str) -> None:
    """As someone with the file would: the guards go first."""
    connection = sqlite3.connect(store.path)
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    for statement in statements:
        connection.execute(statement)
    connection.commit()
    connection.close()


async def test_a_checkpoint_is_the_signed_root(store: Store) -> None:
    await grow(store, 300)
    text = await store.checkpoints.sign(MINE, AT)
    found = Checkpoint.parse(note.verify(text, [MINE.verifier]))
    assert (found.origin, found.size) == ("dialpact/pbx1", 300)
    assert found.root == await store.transact(lambda connection: ledger.root(connection, 300))
    assert [one.note for one in await store.checkpoints.newest(1)] == [text]


async def test_of_an_empty_log(store: Store) -> None:
    assert await store.checkpoints.newest(1) == []
    text = await store.checkpoints.sign(MINE, AT)
    assert Checkpoint.parse(note.split(text)[0]).root == merkle.EMPTY


async def test_nothing_new_nothing_signed(store: Store) -> None:
    await grow(store, 3)
    first = await store.checkpoints.sign(MINE, AT)
    assert await store.checkpoints.sign(MINE, AT + timedelta(hours=1)) == first
    await grow(store, 1)
    assert await store.checkpoints.sign(MINE, AT + timedelta(hours=2)) != first
    count = await store.transact(lambda c: c.execute("SELECT count(*) FROM checkpoint").fetchone()[0])
    assert count == 2


async def test_proofs(store: Store) -> None:
    await grow(store, 600)
    leaves = [entry.leaf for entry in await store.transact(lambda c: ledger.entries(c, 0, 600))]
    plain = merkle.over(leaves)
    assert await store.checkpoints.inclusion(17, 599) == merkle.inclusion_proof(plain, 17, 599)
    assert await store.checkpoints.consistency(300, 600) == merkle.consistency_proof(plain, 300, 600)
    for wrong in [(600, 600), (-1, 600), (0, 601), (5, 5)]:
        with pytest.raises(LedgerError):
            await store.checkpoints.inclusion(*wrong)
    for wrong in [(0, 600), (601, 600), (1, 601)]:
        with pytest.raises(LedgerError):
            await store.checkpoints.consistency(*wrong)


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("DELETE FROM ledger WHERE leaf_index >= 299", "was cut"),
        ("UPDATE ledger SET leaf = zeroblob(32) WHERE leaf_index = 299", "not those"),
        ("UPDATE ledger_node SET hash = zeroblob(32)", "not those"),
        ("DELETE FROM ledger_node", "lacks hashes"),
        ("DELETE FROM ledger WHERE leaf_index = 290", "lacks hashes"),
        ("UPDATE checkpoint SET note = 'x'", "no signed note"),
    ],
)
async def test_what_does_not_continue_is_not_signed(store: Store, statement: str, reason: str) -> None:
    await grow(store, 300)
    await store.checkpoints.sign(MINE, AT)
    tamper(store, statement)
    with pytest.raises(LedgerError, match=reason):
        await store.checkpoints.sign(MINE, AT)


async def test_another_key_signs_only_once_the_log_names_it(store: Store) -> None:
    await grow(store, 3)
    await store.checkpoints.sign(MINE, AT)
    new = signer(2)
    with pytest.raises(LedgerError, match="not the key that signed before"):
        await store.checkpoints.sign(new, AT)
    made = rotation.rotation(MINE, new, "yearly")
    await store.transact(
        lambda c: change.log(c, rotation.REGISTER, rotation.ACTION, new.name, made, by="chen", at=AT)
    )
    with pytest.raises(LedgerError, match="not the key in force"):
        await store.checkpoints.sign(MINE, AT)
    text = await store.checkpoints.sign(new, AT)
    assert note.verify(text, [new.verifier])
    assert await store.checkpoints.sign(new, AT) == text


async def test_another_node_name_is_another_log(store: Store) -> None:
    await store.checkpoints.sign(MINE, AT)
    with pytest.raises(LedgerError, match="the log is dialpact/pbx1, the configuration names dialpact/b"):
        await store.checkpoints.sign(signer(name="dialpact/b"), AT)


@pytest.mark.parametrize(
    "sql",
    [
        "UPDATE checkpoint SET at = ''",
        "UPDATE checkpoint SET note = ''",
        "DELETE FROM checkpoint",
        "UPDATE ledger_node SET hash = zeroblob(32)",
        "DELETE FROM ledger_node",
    ],
)
async def test_the_store_keeps_what_it_gave_out(store: Store, sql: str) -> None:
    await grow(store, 256)
    await store.checkpoints.sign(MINE, AT)
    connection = sqlite3.connect(store.path)
    with pytest.raises(sqlite3.IntegrityError):
        connection.execute(sql)
    connection.close()
