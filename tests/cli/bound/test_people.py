"""Rows of people that were changed by hand: the housekeeping tells, and the gate blocks whom it concerns."""

from __future__ import annotations

import asyncio
from contextlib import closing
from sqlite3 import connect

import pytest

from tests.cli.bound.test_watched import Keeper, told
from tests.cli.conftest import Home

OPT_OUTS = "number,scope,value,requested_at,source\n" + "".join(
    f"1370013{place:04},all,,2026-11-01,list\n" for place in range(20)
)
CONSENTS = "number,business,industry,granted_at,expires_at,evidence\n" + "".join(
    f"1390013{place:04},acme,保险,2026-01-01,2030-01-01,form\n" for place in range(8990, 9010)
)
AGREED = ("--business", "acme", "--industry", "保险", "--evidence", "form", "--granted-at", "2026-02-01")
CALLEE = 8613900139000
SINGLE = f"(SELECT max(created_at) FROM consent WHERE number = {CALLEE})"
EARLIER, LATER = "2026-03-01T00:00:00.000000Z", "2099-01-01T00:00:00.000000Z"


@pytest.fixture
def filled(office: Home) -> Home:
    office.run("dnc", "import", office.file("dnc.csv", OPT_OUTS))
    office.run("dnc", "add", "13700139999")
    office.run("dnc", "add", "13900139000", "--scope", "business", "--value", "other")
    office.run("consent", "import", office.file("consents.csv", CONSENTS))
    office.run("consent", "add", "13900139000", *AGREED)
    return office


@pytest.fixture
def keeper(filled: Home) -> Keeper:
    return Keeper(filled)


def change(home: Home, sql: str) -> None:
    """No trigger is in the way, so that nothing else is found."""
    with closing(connect(home.path / "dialpact.db")) as db, db:
        assert db.execute(sql).rowcount == 1


async def test_nothing_is_told_where_nothing_was_done(filled: Home, keeper: Keeper) -> None:
    await keeper.turn()
    await keeper.turn()
    assert told(filled) == []
    assert "gate-error" not in await keeper.reasons()


@pytest.mark.parametrize(
    "sql",
    [
        f"DELETE FROM do_not_call WHERE number = {CALLEE}",
        f"UPDATE do_not_call SET value = 'nobody' WHERE number = {CALLEE}",
        f"UPDATE consent SET expires_at = '{LATER}' WHERE number = {CALLEE} AND created_at = {SINGLE}",
        "INSERT INTO consent (number, business, industry, granted_at, evidence, created_at)"
        f" VALUES ({CALLEE}, 'acme', '保险', '{EARLIER}', 'x', '{EARLIER}')",
        f"INSERT INTO lead VALUES ({CALLEE + 1}, 1)",
        f"UPDATE lead SET number = {CALLEE + 1} WHERE number = {CALLEE + 2}",
    ],
)
async def test_the_gate_blocks_whom_it_concerns(filled: Home, keeper: Keeper, sql: str) -> None:
    assert "gate-error" not in await keeper.reasons()
    if sql.startswith("UPDATE lead"):
        change(filled, f"INSERT INTO lead VALUES ({CALLEE + 2}, 1)")
    change(filled, sql)
    await keeper.turn()
    assert told(filled)
    assert await keeper.reasons() == ["gate-error"]


async def test_of_a_list_the_import_is_named(filled: Home, keeper: Keeper) -> None:
    change(filled, "DELETE FROM do_not_call WHERE number = 8613700130007")
    await keeper.turn()
    (detail,) = told(filled)
    assert detail.startswith("dnc dnc.csv: act-rows, leaf ")


def test_verify_names_rows_and_imports(filled: Home) -> None:
    change(filled, "DELETE FROM do_not_call WHERE number = 8613700130007")
    change(filled, "DELETE FROM do_not_call WHERE number = 8613700139999")
    said = filled("ledger", "verify", code=3)
    found = {one["code"]: one for one in said["listed"]}
    assert found["act-rows"]["key"] == "dnc.csv" and found["act-rows"]["found"].startswith("19")
    assert found["row-missing"]["key"] == "+8613700139999"
    assert said["findings"] == 2


async def test_an_act_that_was_changed_with_its_row(filled: Home, keeper: Keeper) -> None:
    await keeper.turn()
    with closing(connect(filled.path / "dialpact.db")) as db, db:
        db.execute("DROP TRIGGER register_change_is_final")
        db.execute(f"UPDATE do_not_call SET source = 'x' WHERE number = {CALLEE}")
        db.execute(
            "UPDATE register_change SET detail = json_set(detail, '$.source', 'x') WHERE register = 'dnc'"
            f" AND action = 'add' AND key = '+{CALLEE}'"
        )
    await keeper.turn()
    assert [detail for detail in told(filled) if detail.startswith("dnc") and "act-changed" in detail]
    assert await keeper.reasons() == ["gate-error"]


def test_rows_of_a_list_of_before_are_bound_by_a_daemon(home: Home) -> None:
    """Its line in the log says nothing of them."""
    at = "2026-01-01T00:00:00.000000Z"
    with closing(connect(home.path / "dialpact.db")) as db, db:
        rows = [(8613700130000 + place, at, at) for place in range(3)]
        db.executemany("INSERT INTO do_not_call VALUES (?, 'all', '', ?, 'list', ?)", rows)
        db.execute(
            "INSERT INTO register_change (at, actor, register, action, key, detail)"
            " VALUES (?, 'li', 'dnc', 'import', 'old.csv', ?)",
            (at, '{"applied": 3}'),
        )
    home.run("ledger", "checkpoint")
    assert home("ledger", "verify")["registers"]["dnc"] == {"rows": 3, "unbound": 3}
    keeper = Keeper(home)
    asyncio.run(keeper.turn())
    assert home("ledger", "verify")["registers"]["dnc"] == {"rows": 3, "unbound": 0}
    asyncio.run(keeper.turn())
    assert told(home) == []
    change(home, "DELETE FROM do_not_call WHERE number = 8613700130001")
    asyncio.run(keeper.turn())
    assert [detail.partition(",")[0] for detail in told(home)] == ["dnc bind: act-rows"]
