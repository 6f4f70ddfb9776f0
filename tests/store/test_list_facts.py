"""What is read of many numbers at once is what is read of each alone; and it is of one moment."""

from __future__ import annotations

import contextlib
import sqlite3
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from msgspec import structs

from dialpact.compliance import numbers, profile
from dialpact.compliance.errors import StoreError, StoreGone
from dialpact.store.sqlite import Store
from tests.application.scrub_world import MANY, START, World


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("campaign", ["spring", "service", "nobody's"])
async def test_as_one_by_one(tmp_path: Path, seed: int, campaign: str) -> None:
    world = World(tmp_path / "a.db", seed)
    judge = world.judge([world.varied(profile.load("cn-hubei-2018"))])
    asked = replace(judge.asked, caps=(("callee", 1), ("callee", 4), ("caller-id", 3)), registrations=True)
    regions = ("CN", "US", "FR", "AU")
    callees = [numbers.parse(text, regions=regions) for text in MANY]
    call = judge.attempt("", campaign, "02788880007", trunk="carrier", agent="1001")
    async with await Store.open(world.path) as store:
        with store.lists.snapshot() as snapshot:
            listed = snapshot.about(call, asked, START)
            own = listed.of({callee.e164 for callee in callees if callee.e164})
            for callee in callees:
                attempt = structs.replace(call, callee=callee)
                single = (await store.calls.look(attempt, asked, START)).facts
                many = listed.facts(callee.e164, own[callee.e164]) if callee.e164 else listed.shared
                assert many == single, callee.given
                if callee.e164:
                    last = await store.calls.last_dialled(attempt, asked, START)
                    assert sorted(listed.last_dialled(callee.e164)) == sorted(last)


async def test_a_snapshot_does_not_change(tmp_path: Path) -> None:
    world = World(tmp_path / "a.db", 1)
    judge = world.judge([profile.load("cn-hubei-2018")])
    call = judge.attempt("", "spring", "02788880007")
    number = "+8613800138999"
    async with await Store.open(world.path) as store:
        with store.lists.snapshot() as snapshot:
            listed = snapshot.about(call, judge.asked, START)
            with contextlib.closing(sqlite3.connect(world.path)) as db, db:
                row = (int(number[1:]), "all", "", "2026-01-01T00:00:00.000000Z", "key", "")
                db.execute("INSERT INTO do_not_call VALUES (?, ?, ?, ?, ?, ?)", row)
            assert not listed.facts(number, listed.of({number})[number]).opt_outs
        with store.lists.snapshot() as snapshot:
            listed = snapshot.about(call, judge.asked, START + timedelta(0))
            assert listed.facts(number, listed.of({number})[number]).opt_outs


async def test_what_counts_and_is_yet_to_be_moved_is_seen(tmp_path: Path) -> None:
    """Opt-outs of an import that counts already (``arriving``)."""
    world = World(tmp_path / "a.db", 1)
    with contextlib.closing(sqlite3.connect(world.path)) as db, db:
        db.execute(
            "INSERT INTO arriving (id, register, counts, owner, at) VALUES (7, 'dnc', 1, 'x', '2026-01-01')"
        )
        at = "2026-01-01T00:00:00.000000Z"
        db.execute("INSERT INTO arriving_dnc VALUES (7, 8613800138998, 'all', '', ?, 'list')", (at,))
    judge = world.judge([profile.load("cn-hubei-2018")])
    number = "+8613800138998"
    async with await Store.open(world.path) as store:
        with store.lists.snapshot() as snapshot:
            listed = snapshot.about(judge.attempt("", "spring", "x"), judge.asked, START)
            assert listed.facts(number, listed.of({number})[number]).opt_outs


async def test_the_parts_of_a_view_are_looked_up_and_not_read_whole(tmp_path: Path) -> None:
    world = World(tmp_path / "a.db", 1)
    with contextlib.closing(sqlite3.connect(world.path)) as db:
        sql = (Path(__file__).parents[2] / "dialpact/store/units/sql/lists.sql").read_text()
        for statement in sql.split("-- name: ")[1:]:
            name, _, text = statement.partition("\n")
            if "numbers)" in name or "numbers," in name:
                given = {"numbers": "[1]", "business": "acme", "most": 3}
                wanted = {key: value for key, value in given.items() if f":{key}" in text}
                plan = [str(row[3]) for row in db.execute(f"EXPLAIN QUERY PLAN {text}", wanted)]
                scans = [step for step in plan if step.startswith("SCAN") and "json_each" not in step]
                assert not [step for step in scans if "(subquery" not in step and "VIRTUAL" not in step], (
                    name,
                    plan,
                )


async def test_no_database_or_another_one(tmp_path: Path) -> None:
    with pytest.raises(StoreGone), Store(tmp_path / "nowhere.db").lists.snapshot():
        pass
    path = tmp_path / "other.db"
    with contextlib.closing(sqlite3.connect(path)) as db:
        db.execute("CREATE TABLE t (x)")
    with pytest.raises(StoreError), Store(path).lists.snapshot():
        pass
