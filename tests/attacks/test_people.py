"""The operator has SQL: what he changes in the registers of people is found, the row or the import named."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
import tomllib
from pathlib import Path

import pytest

from dialpact.application.ledger.audit.found import AuditFinding
from dialpact.compliance.clock import stamp
from dialpact.store.sqlite import Store, create
from tests.compliance.store_values import AT
from tests.store import arrivals
from tests.store.people import Moments, bring, consent, deliver, found, number, opt_out

MANY = 2_500  # more than go in at once


async def build(path: Path) -> None:
    """Of each register: an import in slices, a short one, and single acts on some of their people."""
    create(path)
    now = Moments().now
    async with await Store.open(path) as store:
        await arrivals.ready(store)
        await bring(store, "dnc", [opt_out(place) for place in range(MANY)], now(), "big.csv")
        await bring(
            store, "dnc", [opt_out(place, source="again") for place in range(0, 3000, 7)], now(), "small.csv"
        )
        await store.dnc.add(opt_out(5000, "business", "acme"), by="li", at=now())
        await store.dnc.remove(number(3), "all", "", reason="asked", by="li", at=now())
        await bring(
            store,
            "consent",
            [consent(place, expires="2027-11-01") for place in range(MANY)],
            now(),
            "big.csv",
        )
        shorter = [consent(place, expires="2027-06-01") for place in range(0, 30, 3)]
        await bring(store, "consent", [*shorter, consent(4000)], now(), "small.csv")
        await store.consents.add(consent(5000), by="li", at=now())
        await store.consents.add(consent(2, expires="2027-01-01"), by="li", at=now())
        for _ in range(2):
            await store.consents.withdraw(number(4), "acme", by="li", at=now())
        await deliver(store, range(MANY), now())
        await deliver(store, range(100), now(), "b" * 64)


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("whole") / "a.db"
    asyncio.run(build(path))
    return path


@pytest.fixture
def path(whole: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(whole, tmp_path / "a.db"))


def change(path: Path, sql: str) -> list[AuditFinding]:
    with contextlib.closing(sqlite3.connect(path)) as db:
        for (name,) in db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            db.execute(f"DROP TRIGGER {name}")
        db.execute("PRAGMA ignore_check_constraints = ON")
        assert db.execute(sql).rowcount == 1
        db.commit()
    return found(path)


def test_what_the_product_did_is_right(path: Path) -> None:
    assert found(path) == []


CHANGES = tomllib.loads(Path(__file__).with_name("people.toml").read_text("utf-8"))["change"]


@pytest.mark.parametrize("one", [pytest.param(one, id=one["what"]) for one in CHANGES])
def test_a_row_that_is_not_what_its_act_says_is_found(path: Path, one: dict[str, str]) -> None:
    assert (one["code"], one["key"]) in [(found.code, found.key) for found in change(path, one["sql"])]


def test_rows_that_seem_to_arrive_are_rows(path: Path) -> None:
    """What counts without having been moved is in the register, whoever put it there."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO arriving VALUES (99, 'consent', 1, '', '2026-11-24T02:00:01.000000Z', NULL)")
        db.execute(
            "INSERT INTO arriving_consent VALUES (99, ?, 'acme', 'loans', ?, NULL, 'form', '', '')",
            (int(number(9000)), stamp(AT)),
        )
    assert [(one.code, one.key) for one in found(path)] == [("row-unlogged", number(9000))]


async def test_of_a_long_list_it_is_said_where(tmp_path: Path) -> None:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        await arrivals.ready(store)
        await bring(store, "dnc", [opt_out(place) for place in range(9_000)], AT, "long.csv")
    (one,) = change(tmp_path / "a.db", f"DELETE FROM do_not_call WHERE number = {int(number(5000))}")
    assert (one.code, one.key, one.values["logged"]) == ("act-rows", "long.csv", "9000")
    assert one.values["found"] == f"8999, {number(4096)} ... {number(8191)}"
