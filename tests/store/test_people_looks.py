"""The housekeeping comes to the end of a long register in several looks, and forgets nothing meanwhile."""

from __future__ import annotations

import contextlib
import sqlite3
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from dialpact.application.ledger.audit import people_looks
from dialpact.application.ledger.audit.found import Findings
from dialpact.store.sqlite import Store, create
from dialpact.store.sqlite.snapshot import opened
from tests.store import arrivals
from tests.store.people import Looks, Moments, bring, consent, deliver, number, opt_out

ROWS = 12


@pytest.fixture
async def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Store]:
    monkeypatch.setattr(people_looks, "MOST", 4)  # no door leads to how many rows a look has
    create(tmp_path / "a.db")
    now = Moments().now
    async with await Store.open(tmp_path / "a.db") as store:
        await arrivals.ready(store)
        await bring(store, "dnc", [opt_out(place) for place in range(ROWS)], now())
        await bring(store, "consent", [consent(place) for place in range(ROWS)], now())
        await deliver(store, range(ROWS), now())
        yield store


def change(store: Store, sql: str) -> None:
    with contextlib.closing(sqlite3.connect(store.path)) as db, db:
        assert db.execute(sql).rowcount == 1


def codes(findings: Findings) -> list[tuple[str, str, str]]:
    return [(one.kind, one.code, one.key) for one in findings.listed]


async def test_a_register_was_looked_at_when_its_end_was_reached(store: Store) -> None:
    looks = Looks()
    findings = looks.look(store.path)
    assert (findings.registers, findings.rechecked) == ({}, set())
    while not findings.rechecked:
        findings = looks.look(store.path)
    assert findings.rechecked == {"dnc", "consent", "lead"}
    assert {looked.rows for looked in findings.registers.values()} == {ROWS}


async def test_what_was_found_is_found_until_a_whole_round_does_not(store: Store) -> None:
    looks = Looks()
    change(store, f"DELETE FROM do_not_call WHERE number = {int(number(3))}")
    found = [codes(looks.look(store.path)) for _ in range(12)]
    first = found.index([("dnc", "act-rows", "f.csv")])
    assert all(one == found[first] for one in found[first:])
    change(
        store,
        f"INSERT INTO do_not_call SELECT {int(number(3))}, scope, value, requested_at, source, created_at"
        f" FROM do_not_call WHERE number = {int(number(2))}",
    )
    assert [] in [codes(looks.look(store.path)) for _ in range(12)]
    assert codes(looks.look(store.path)) == []


async def test_a_row_without_an_act_is_found_where_the_look_comes_by(store: Store) -> None:
    looks = Looks()
    change(store, f"UPDATE do_not_call SET created_at = requested_at WHERE number = {int(number(0))}")
    assert codes(looks.look(store.path)) == [("dnc", "row-unlogged", number(0))]


async def test_who_was_acted_on_is_looked_at_before_the_round_comes_to_him(store: Store) -> None:
    """At the far end of a register that takes many looks."""
    looks = Looks()
    await store.dnc.add(opt_out(900), by="li", at=Moments().now())
    change(store, f"DELETE FROM do_not_call WHERE number = {int(number(900))}")
    assert ("dnc", "row-missing", number(900)) in codes(looks.look(store.path))


def test_a_look_may_be_left(store: Store) -> None:
    """Its time was over; the next one goes on there."""
    memory: dict[str, Any] = {}
    told: dict[str, list[tuple[str, str, str]]] = {}
    change(store, f"DELETE FROM lead WHERE number = {int(number(3))}")
    for _ in range(60):
        findings = Findings()
        with opened(store.path) as snapshot:
            looking: Iterator[int] = people_looks.look(snapshot, findings, memory)
            next(looking, None)
            del looking
        for register in findings.rechecked:
            told[register] = [one for one in codes(findings) if one[0] == register]
    assert told == {"dnc": [], "consent": [], "lead": [("lead", "act-rows", "1")]}
