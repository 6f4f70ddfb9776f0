"""Rows that an older program entered without saying all of them in the log: first not bound, then bound."""

from __future__ import annotations

import asyncio
import json
from contextlib import closing
from sqlite3 import connect
from typing import Any

import msgspec
import pytest

from dialpact.compliance.ledger.bound.row_digest import RowDigest
from tests.cli.bound.conftest import Thief
from tests.cli.bound.test_watched import Keeper
from tests.cli.conftest import Home

AT = "2026-11-20T02:00:00.000000Z"  # of the import
ENTRY = {
    "number": "02788889001",
    "business": "acme",
    "licence": "L-9",
    "carrier": "电信",
    "authenticated": 1,
    "trunks": '["*"]',
    "purposes": '["*"]',
    "valid_from": "2026-01-01",
    "valid_to": None,
    "created_at": AT,
    "sent_as": "[]",
}

NO_NUMBERS = msgspec.to_builtins(RowDigest().end())  # those of the office's batches are bound already


def write(home: Home, *statements: tuple[str, list[Any]]) -> None:
    """As the product would, every trigger in force; the next command gives it its leaf."""
    with closing(connect(home.path / "dialpact.db")) as db, db:
        for sql, values in statements:
            db.execute(sql, values)


def entered(**changed: Any) -> tuple[str, list[Any]]:
    row = ENTRY | changed
    return f"INSERT INTO caller_id ({', '.join(row)}) VALUES ({', '.join('?' * len(row))})", list(
        row.values()
    )


def line(register: str, action: str, key: str, detail: dict[str, Any]) -> tuple[str, list[Any]]:
    columns = "(at, actor, register, action, key, detail)"
    values = [AT, "li", register, action, key, json.dumps(detail)]
    return f"INSERT INTO register_change {columns} VALUES (?, ?, ?, ?, ?, ?)", values


@pytest.fixture
def older(office: Home) -> Home:
    """With an import of two caller IDs, one of which was there before, and a batch, as the log had them."""
    with closing(connect(office.path / "dialpact.db")) as db:
        (before,) = db.execute("SELECT created_at FROM caller_id WHERE number = '02787654321'").fetchone()
    replaced = [{"number": "02787654321", "licence": "L-1", "created_at": before}]
    batch = {"campaign": "renewal", "partner": "p", "contract": "c", "basis": "b", "file": "f", "sha256": "x"}
    write(
        office,
        entered(),
        ("UPDATE caller_id SET licence = 'L-8' WHERE number = '02787654321'", []),
        line("caller-id", "import", "old.csv", {"file": "old.csv", "applied": 2, "replaced": replaced}),
        (
            "INSERT INTO batch (id, campaign, partner, contract, basis, file, sha256, imported_at,"
            " imported_by, rows, finding) VALUES (9, 'renewal', 'p', 'c', 'b', 'f', 'x', ?, 'li', 1, '{}')",
            [AT],
        ),
        line("leads", "import", "9", batch | {"applied": 1, "held": "", "digest": NO_NUMBERS}),
    )
    office.run("ledger", "checkpoint")
    return office


def unbound(home: Home) -> dict[str, int]:
    said = home("ledger", "verify")
    assert said["findings"] == 0
    return {name: one["unbound"] for name, one in said["registers"].items() if one["unbound"]}


def found(home: Home) -> list[tuple[str, str]]:
    return [(one["code"], one["key"]) for one in home("ledger", "verify", code=3)["listed"]]


def test_they_are_counted_and_then_bound(older: Home) -> None:
    assert unbound(older) == {"caller-id": 2, "leads": 1}
    assert "3 rows" in older.run("ledger", "verify").output
    keeper = Keeper(older)
    asyncio.run(keeper.turn())
    assert unbound(older) == {}
    asyncio.run(keeper.turn())
    with closing(connect(older.path / "dialpact.db")) as db:
        acts = db.execute(
            "SELECT key, detail FROM register_change WHERE action = 'bind' ORDER BY key"
        ).fetchall()
    assert [(key, json.loads(detail)["rows"]) for key, detail in acts] == [("caller-id", 2), ("leads", 1)]


@pytest.mark.parametrize(
    ("sql", "what"),
    [
        (
            "UPDATE caller_id SET carrier = 'x' WHERE number = '02788889001'",
            ("changed", "02788889001"),
        ),
        ("UPDATE caller_id SET licence = 'L-1' WHERE number = '02787654321'", ("changed", "02787654321")),
        ("DELETE FROM caller_id WHERE number = '02788889001'", ("missing", "02788889001")),
        ("UPDATE batch SET finding = '' WHERE id = 9", ("changed", "9")),
    ],
)
def test_what_is_changed_after_that_is_found(older: Home, sql: str, what: tuple[str, str]) -> None:
    asyncio.run(Keeper(older).turn())
    Thief(older.path / "dialpact.db")(sql)
    assert found(older) == [(f"row-{what[0]}", what[1])]


def test_an_entry_put_in_with_the_time_of_that_import(older: Home) -> None:
    """Before it is bound nobody can tell it from the others, and it is counted with them."""
    write(older, entered(number="02788889002"))
    assert unbound(older)["caller-id"] == 3
    write(older, entered(number="02788889003", created_at="2026-11-20T02:00:01.000000Z"))
    assert found(older) == [("row-unlogged", "02788889003")]
    write(older, ("DELETE FROM caller_id WHERE number = '02788889003'", []))
    asyncio.run(Keeper(older).turn())
    write(older, entered(number="02788889004"))
    assert found(older) == [("row-unlogged", "02788889004")]
    # Nor does it help to write down that it stood there.
    forged = {
        "entries": [{"key": "02788889004", "row": ENTRY | {"number": "02788889004"}}],
        "as_of": 99,
        "rows": 1,
    }
    write(older, line("ledger", "bind", "caller-id", forged))
    older.run("ledger", "checkpoint")
    assert found(older) == [("row-unlogged", "02788889004")]


def test_what_the_acts_say_is_not_bound_otherwise(older: Home) -> None:
    """Whoever changes a row before the first look gains nothing by it."""
    Thief(older.path / "dialpact.db")(
        "UPDATE suspension SET lifted_at = since, lifted_by = 'x', lift_reason = 'x'"
    )
    asyncio.run(Keeper(older).turn())
    assert ("row-changed", "agent 1001") in found(older)


def test_it_is_removed_and_comes_again(older: Home) -> None:
    asyncio.run(Keeper(older).turn())
    older.run("caller-id", "remove", "02788889001", "--reason", "x")
    assert unbound(older) == {}
    write(older, entered())
    assert found(older) == [("row-unlogged", "02788889001")]
