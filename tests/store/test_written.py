"""A row that is sealed as it was meant has the leaf that it has when it is read back."""

from __future__ import annotations

import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.compliance.model import Decision
from dialpact.store.sqlite import Store, create
from dialpact.store.units import decisions, ledger
from tests.compliance.store_values import AT, attempt, decision
from tests.compliance.test_store_registers import but

ODD = "é 江汉\U0001f4de\x7f\\\"'"
MADE = {
    "an ALLOW": decision(),
    "a BLOCK": decision(allowed=False),
    "odd text": decision(but(attempt(), campaign=ODD, agent=ODD, channel=ODD, uniqueid=ODD, attack=ODD)),
    "empty text": decision(but(attempt(), campaign="", agent="", trunk="", channel="", uniqueid="")),
    "digits": decision(but(attempt(), campaign="007", agent="1e3", caller_id="02788880007", uniqueid="1.10")),
    "a retry": but(decision(allowed=False), retry_at=AT + timedelta(days=1, microseconds=7)),
    "another way": but(decision(), facts=but(decision().facts, continues="a" * 32)),
    "shadow": but(decision(allowed=False), mode="shadow", dial="13800138000"),
}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


@pytest.mark.parametrize("made", MADE.values(), ids=MADE)
async def test_its_leaf_is_that_of_the_row(store: Store, made: Decision) -> None:
    earlier = but(decision(), decided_at=AT + timedelta(seconds=9))  # so that ``made`` is behind it

    def flaws(connection: sqlite3.Connection) -> list[str]:
        return [ledger.flaw(connection, "decision", one.id) for one in (earlier, made)]

    await store.transact(lambda connection: decisions.record(connection, [earlier, made]))
    assert await store.read(flaws) == ["", ""]


async def test_what_the_database_made_of_a_row_is_found(store: Store) -> None:
    """Its leaf says what was decided, whoever got at the row on its way."""
    made = decision()

    def altered(connection: sqlite3.Connection) -> None:
        connection.execute("DROP TRIGGER decision_is_final")
        connection.execute(
            "CREATE TRIGGER thief AFTER INSERT ON decision"
            " BEGIN UPDATE decision SET caller_id = '110' WHERE id = NEW.id; END"
        )

    await store.transact(altered)
    await store.transact(lambda connection: decisions.record(connection, [made]))
    assert await store.read(lambda connection: ledger.flaw(connection, "decision", made.id)) == "not-its-leaf"


async def test_what_is_taken_back_is_not_sealed(store: Store) -> None:
    """The same id, first as an ALLOW that fails, then as the block that is told."""
    made = decision()
    told = but(decision(allowed=False), id=made.id)

    def work(connection: sqlite3.Connection) -> None:
        connection.execute("SAVEPOINT one")
        decisions.record(connection, [made])
        connection.execute("ROLLBACK TO one")
        decisions.record(connection, [told])

    await store.transact(work)

    def sealed(connection: sqlite3.Connection) -> tuple[int, str, str]:
        (verdict,) = connection.execute("SELECT verdict FROM decision").fetchone()
        return ledger.size(connection), verdict, ledger.flaw(connection, "decision", told.id)

    assert await store.read(sealed) == (1, "BLOCK", "")
