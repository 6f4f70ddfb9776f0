"""Rows of imports that did not say yet what they put in: counted, bound as they stand, found after that."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.application.actor import Actor, Door
from dialpact.application.context import Context
from dialpact.application.ledger import binding
from dialpact.application.ledger.audit.found import Findings
from dialpact.application.ledger.audit.people import walk
from dialpact.compliance.clock import Uptime
from dialpact.store.sqlite import Store, create
from dialpact.store.sqlite.snapshot import opened
from dialpact.testing import FixedClock
from tests.compliance.store_values import AT
from tests.store import arrivals
from tests.store.people import Moments, bring, consent, deliver, found, number, opt_out

REGISTERS = ("dnc", "consent", "lead")


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    """With what a program of before has done; a person's rows of every kind."""
    monkeypatch.setattr(binding, "STRETCH", 4)  # no door leads to how many rows an act binds
    path, now = tmp_path / "a.db", Moments().now
    create(path)
    async with await Store.open(path) as store:
        await arrivals.ready(store)
        await bring(store, "dnc", [opt_out(place) for place in range(20)], now())
        await store.dnc.remove(number(1), "all", "", reason="r", by="li", at=now())
        await store.dnc.add(opt_out(50), by="li", at=now())
        await bring(store, "consent", [consent(place, expires="2027-11-01") for place in range(20)], now())
        await store.consents.withdraw(number(2), "acme", by="li", at=now())
        await store.consents.add(consent(3, expires="2027-01-01"), by="li", at=now())
        await deliver(store, range(20), now())
        with contextlib.closing(sqlite3.connect(path)) as db, db:
            db.execute("DROP TRIGGER register_change_is_final")
            db.execute(
                "UPDATE register_change SET detail = json_remove(detail, '$.digest') WHERE action = 'import'"
            )
        yield store


def unbound(store: Store) -> dict[str, int]:
    findings = Findings()
    with opened(store.path) as snapshot:
        for _ in walk(snapshot, findings):
            pass
    assert findings.listed == []
    return {register: looked.unbound for register, looked in findings.registers.items()}


async def bind(store: Store) -> None:
    clock = FixedClock(AT + timedelta(days=1))
    actor = Actor(name="x", door=Door.DAEMON)
    await binding.bind(Context(store, actor, clock, lambda: Uptime("b", timedelta())), REGISTERS)


async def test_they_are_counted_and_then_bound_a_stretch_at_a_time(store: Store) -> None:
    assert unbound(store) == {"dnc": 19, "consent": 20, "lead": 20}
    await bind(store)
    assert unbound(store) == dict.fromkeys(REGISTERS, 0)
    with contextlib.closing(sqlite3.connect(store.path)) as db:
        lines = "SELECT key, count(*) FROM register_change WHERE action = 'bind' GROUP BY key"
        acts = db.execute(lines).fetchall()
    assert all(count > 1 for _, count in acts)
    assert len(acts) == 3


async def test_what_is_done_after_that_is_right(store: Store) -> None:
    await bind(store)
    now = iter(AT + timedelta(days=2, seconds=place) for place in range(100))
    await store.dnc.remove(number(5), "all", "", reason="r", by="li", at=next(now))
    await store.dnc.remove(number(50), "all", "", reason="r", by="li", at=next(now))
    await bring(store, "dnc", [opt_out(place) for place in range(0, 30, 5)], next(now))
    await store.dnc.remove(number(5), "all", "", reason="r", by="li", at=next(now))
    await store.consents.withdraw(number(4), "acme", by="li", at=next(now))
    await store.consents.add(consent(6, expires="2027-01-01"), by="li", at=next(now))
    shorter = [consent(place, expires="2026-12-31") for place in range(2, 12)]
    await bring(store, "consent", [*shorter, consent(4, granted="2026-10-01"), consent(60)], next(now))
    await store.consents.withdraw(number(7), "acme", by="li", at=next(now))
    await deliver(store, range(0, 40, 3), next(now), "c" * 64)
    assert unbound(store) == dict.fromkeys(REGISTERS, 0)


async def test_a_second_act_binds_only_what_no_other_does(store: Store) -> None:
    await bind(store)
    await bind(store)
    with contextlib.closing(sqlite3.connect(store.path)) as db:
        twice = db.execute(
            "SELECT key, json_extract(detail, '$.first') FROM register_change WHERE action = 'bind'"
            " GROUP BY 1, 2 HAVING count(*) > 1"
        ).fetchall()
    assert twice == []


PUT_IN = (
    "INSERT INTO do_not_call SELECT number + 1, scope, value, requested_at, source, created_at"
    " FROM do_not_call WHERE number = {}"
)
CHANGES = [
    "DELETE FROM do_not_call WHERE number = {0}",
    "UPDATE do_not_call SET source = 'x' WHERE number = {0}",
    "UPDATE do_not_call SET created_at = requested_at WHERE number = {0}",
    "UPDATE do_not_call SET scope = 'business', value = 'x' WHERE number = {50}",
    PUT_IN.format("{19}"),
    PUT_IN.format("{0}"),
    "UPDATE consent SET expires_at = '2030-01-01T00:00:00.000000Z' WHERE number = {0}",
    "UPDATE consent SET expires_at = '2030-01-01T00:00:00.000000Z' WHERE number = {3}",
    "UPDATE consent SET withdrawn_at = NULL WHERE number = {2}",
    "DELETE FROM consent WHERE number = {0}",
    "UPDATE lead SET number = number + 100 WHERE number = {0}",
    "DELETE FROM lead WHERE number = {0}",
]


@pytest.mark.parametrize("sql", CHANGES)
async def test_what_is_changed_after_that_is_found(store: Store, sql: str) -> None:
    await bind(store)
    people = {str(place): str(int(number(place))) for place in range(60)}
    for place, person in people.items():
        sql = sql.replace(f"{{{place}}}", person)
    with contextlib.closing(sqlite3.connect(store.path)) as db, db:
        assert db.execute(sql).rowcount == 1
    assert found(store.path)


async def test_who_binds_anew_what_he_has_changed(store: Store, tmp_path: Path) -> None:
    """By lines that are right in every other way: they are the second word about the same people."""
    copy = tmp_path / "b.db"
    change = PUT_IN.format(int(number(19)))
    with (
        contextlib.closing(sqlite3.connect(store.path)) as db,
        contextlib.closing(sqlite3.connect(copy)) as to,
    ):
        db.backup(to)
        assert to.execute(change).rowcount == 1
        to.commit()
    async with await Store.open(copy) as other:
        await bind(other)
    await bind(store)
    with contextlib.closing(sqlite3.connect(store.path)) as db:
        db.execute("ATTACH ? AS copy", (str(copy),))
        assert db.execute(change).rowcount == 1
        db.execute(
            "INSERT INTO register_change (at, actor, register, action, key, detail)"
            " SELECT at, actor, register, action, key, detail FROM copy.register_change WHERE action = 'bind'"
        )
        db.commit()
    assert ("act-rows", "bind") in [(one.code, one.key) for one in found(store.path)]


async def test_an_import_that_says_nothing_of_its_rows_is_not_of_before(store: Store) -> None:
    """Whoever writes such a line by hand would have his rows bound as they stand."""
    await bind(store)
    with contextlib.closing(sqlite3.connect(store.path)) as db, db:
        db.execute(
            "INSERT INTO register_change (at, actor, register, action, key, detail)"
            " VALUES ('2026-12-01T00:00:00.000000Z', 'li', 'consent', 'import', 'x.csv', '{}')"
        )
    assert [(one.code, one.key) for one in found(store.path)] == [("act-unreadable", "x.csv")]
