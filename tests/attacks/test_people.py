"""The operator has SQL: what he changes in the registers of people is found, and the row or the import named."""

from __future__ import annotations

import asyncio
import contextlib
import shutil
import sqlite3
from pathlib import Path

import pytest

from dialpact.application.ledger.audit.found import AuditFinding
from dialpact.store.sqlite import Store, create
from tests.store import arrivals
from tests.store.people import Moments, bring, consent, deliver, found, number, opt_out

MANY = 2_500  # more than go in at once
OF = {place: f"number = {int(number(place))}" for place in (1, 2, 3, 4, 2000)}


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


LATER, EARLIER = "2028-01-01T00:00:00.000000Z", "2026-11-02T00:00:00.000000Z"
SINGLE, OTHERS = int(number(5000)), int(number(9000))
ATTACKS = [
    ("opt-out of a list deleted", f"DELETE FROM do_not_call WHERE {OF[2000]}", "rows-differ", "big.csv"),
    ("opt-out of a person deleted", f"DELETE FROM do_not_call WHERE number = {SINGLE}", "row-missing", number(5000)),
    ("opt-out narrowed", f"UPDATE do_not_call SET scope = 'business', value = 'x' WHERE {OF[1]}", "rows-differ", "big.csv"),
    ("a person's opt-out narrowed", f"UPDATE do_not_call SET value = 'x' WHERE number = {SINGLE}", "row-missing", number(5000)),
    ("opt-out of another number", f"UPDATE do_not_call SET number = {OTHERS} WHERE {OF[1]}", "rows-differ", "big.csv"),
    ("opt-out of another time", f"UPDATE do_not_call SET requested_at = '{LATER}' WHERE {OF[1]}", "rows-differ", "big.csv"),
    ("opt-out of another act", f"UPDATE do_not_call SET created_at = '{LATER}' WHERE {OF[1]}", "row-unlogged", number(1)),
    ("removed opt-out put back", "INSERT INTO do_not_call SELECT "
     f"{int(number(3))}, scope, value, requested_at, source, created_at FROM do_not_call WHERE {OF[2]}", "row-unlogged", number(3)),
    ("opt-out put in", f"INSERT INTO do_not_call VALUES ({OTHERS}, 'all', '', '{EARLIER}', 'x', '{EARLIER}')", "row-unlogged", number(9000)),
    ("opt-out put into a list", "INSERT INTO do_not_call SELECT "
     f"{OTHERS}, scope, value, requested_at, source, created_at FROM do_not_call WHERE {OF[2]}", "rows-differ", "big.csv"),
    ("consent prolonged", f"UPDATE consent SET expires_at = '{LATER}' WHERE {OF[1]}", "rows-differ", "big.csv"),
    ("consent without end", f"UPDATE consent SET expires_at = NULL WHERE {OF[1]}", "rows-differ", "big.csv"),
    ("shortened consent prolonged", f"UPDATE consent SET expires_at = '{LATER}' WHERE {OF[2]}", "row-changed", number(2)),
    ("consent that a list shortened prolonged", f"UPDATE consent SET expires_at = '{LATER}' WHERE {OF[3]}", "row-changed", number(3)),
    ("a person's consent of before", f"UPDATE consent SET granted_at = '{EARLIER}' WHERE number = {SINGLE}", "row-missing", number(5000)),
    ("withdrawal undone", f"UPDATE consent SET withdrawn_at = NULL WHERE {OF[4]}", "row-changed", number(4)),
    ("withdrawal put off", f"UPDATE consent SET withdrawn_at = '{LATER}' WHERE {OF[4]}", "row-changed", number(4)),
    ("withdrawal made up", f"UPDATE consent SET withdrawn_at = '{LATER}' WHERE {OF[1]}", "row-changed", number(1)),
    ("consent put in", "INSERT INTO consent SELECT "
     f"{OTHERS}, business, industry, granted_at, expires_at, evidence, withdrawn_at, created_at, evidence_sha256, wording"
     f" FROM consent WHERE {OF[1]}", "rows-differ", "big.csv"),
    ("consent to another business", f"UPDATE consent SET business = 'other' WHERE {OF[1]}", "rows-differ", "big.csv"),
    ("evidence of a consent changed", f"UPDATE consent SET evidence = 'other' WHERE {OF[1]}", "rows-differ", "big.csv"),
    ("consent deleted", f"DELETE FROM consent WHERE {OF[2]}", "row-missing", number(2)),
    ("lead moved", f"UPDATE lead SET batch = 2 WHERE {OF[2000]}", "rows-differ", "1"),
    ("lead added", f"INSERT INTO lead VALUES ({OTHERS}, 1)", "rows-differ", "1"),
    ("lead deleted", f"DELETE FROM lead WHERE {OF[1]} AND batch = 1", "rows-differ", "1"),
    ("lead of no batch", f"INSERT INTO lead VALUES ({OTHERS}, 77)", "row-unlogged", f"77/{OTHERS}"),
    ("opt-out that is no text", f"UPDATE do_not_call SET source = CAST(x'ff' AS TEXT) WHERE {OF[1]}", "rows-differ", "big.csv"),
    ("opt-out with a letter behind its end", f"UPDATE do_not_call SET source = source || char(0) || 'x' WHERE {OF[1]}", "rows-differ", "big.csv"),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "code", "key"), [pytest.param(*rest, id=what) for what, *rest in ATTACKS])
def test_a_row_that_is_not_what_its_act_says_is_found(path: Path, sql: str, code: str, key: str) -> None:
    assert (code, key) in [(one.code, one.key) for one in change(path, sql)]


def test_rows_that_seem_to_arrive_are_rows(path: Path) -> None:
    """What counts without having been moved is in the register, whoever put it there."""
    with contextlib.closing(sqlite3.connect(path)) as db, db:
        db.execute("INSERT INTO arriving VALUES (99, 'consent', 1, '', '2026-11-24T02:00:01.000000Z', NULL)")
        db.execute(
            "INSERT INTO arriving_consent VALUES (99, ?, 'acme', 'loans', ?, NULL, 'form', '', '')",
            (OTHERS, EARLIER),
        )
    assert [(one.code, one.key) for one in found(path)] == [("row-unlogged", number(9000))]
