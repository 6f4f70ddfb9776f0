"""The entries of the plain registers in the store: kept by the log alone, each act bound to its leaf."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import aiosql
import msgspec
import pytest
from msgspec.structs import replace

from dialpact.compliance.clock import stamp
from dialpact.compliance.errors import StoreError, StoreRefused
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.plain import PlainRegister
from dialpact.store import units
from dialpact.store.sqlite import Store, create
from dialpact.store.units.registers.change import log
from tests.compliance.store_values import AT, BY
from tests.plain_rooms import GIVEN, ROOMS, Room

HALLS = PlainRegister("hall", Room, en=ROOMS.en, zh=ROOMS.zh)
FIRST = ROOMS.read("一号", GIVEN)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


async def told(store: Store, question: str) -> list[tuple[object, ...]]:
    return await store.read(lambda connection: [tuple(row) for row in connection.execute(question)])


async def test_added_once_and_taken_by_nobody_else(store: Store) -> None:
    assert await store.entries.add(ROOMS, FIRST, **BY) == "added"
    assert await store.entries.add(ROOMS, FIRST, **BY) == "already"
    with pytest.raises(Fault, match="taken: register room, entry 一号"):
        await store.entries.add(ROOMS, replace(FIRST, seats=13), **BY)
    assert (await store.entries.list(ROOMS)).rows == [FIRST]
    assert await store.entries.get(ROOMS, "一号") == FIRST
    rows = await told(store, "SELECT register, action, key, at, actor FROM register_change")
    assert rows == [("plain room", "add", "一号", stamp(AT), "tester")]


async def test_each_act_has_its_leaf(store: Store) -> None:
    await store.entries.add(ROOMS, FIRST, **BY)
    assert await store.entries.remove(ROOMS, "一号", reason="closed", **BY) == FIRST
    assert await store.entries.get(ROOMS, "一号") is None
    assert (await store.entries.list(ROOMS)).rows == []
    assert await store.entries.add(ROOMS, FIRST, **BY) == "added"
    changes = await store.changes.of(ROOMS.logged_as, "一号")
    assert [(change.action, change.by, change.at) for change in changes] == [
        (action, "tester", AT) for action in ("add", "remove", "add")
    ]
    assert changes[1].detail == {"from": changes[0].detail, "reason": "closed"}
    leaves = "SELECT kind, count(*) FROM ledger GROUP BY kind"
    assert await told(store, leaves) == [("register-change", 3)]


async def test_what_is_not_there_is_not_removed(store: Store) -> None:
    await store.entries.add(ROOMS, FIRST, **BY)
    for register, id in ((ROOMS, "二号"), (HALLS, "一号")):
        with pytest.raises(Fault, match="not registered"):
            await store.entries.remove(register, id, reason="x", **BY)
    assert len(await told(store, "SELECT 1 FROM register_change")) == 1


async def test_registers_do_not_see_one_another(store: Store) -> None:
    await store.entries.add(ROOMS, FIRST, **BY)
    await store.entries.add(HALLS, replace(FIRST, seats=99), **BY)
    assert [room.seats for room in (await store.entries.list(ROOMS)).rows] == [12]
    assert len(await store.changes.of("plain hall", "一号")) == 1
    assert await store.changes.of("hall", "一号") == [], "no register that decisions read has such a name"


async def test_what_came_back_is_listed_once_and_as_it_is_now(store: Store) -> None:
    for seats in (1, 2, 3):
        await store.entries.add(ROOMS, replace(FIRST, seats=seats), **BY)
        await store.entries.add(ROOMS, replace(FIRST, id=f"{seats}", seats=seats), **BY)
        if seats < 3:
            await store.entries.remove(ROOMS, "一号", reason="rebuilt", **BY)
    await store.entries.remove(ROOMS, "2", reason="closed", **BY)
    found = (await store.entries.list(ROOMS)).rows
    assert [(room.id, room.seats) for room in found] == [("1", 1), ("3", 3), ("一号", 3)]


@pytest.mark.parametrize("crime", ["UPDATE register_change SET detail = '{}'", "DELETE FROM register_change"])
async def test_an_entry_is_never_changed_and_never_lost(store: Store, crime: str) -> None:
    await store.entries.add(ROOMS, FIRST, **BY)
    with pytest.raises(StoreRefused, match="a change of a register is never"):
        await store.transact(lambda connection: connection.execute(crime))


async def test_what_this_program_does_not_know_is_said(store: Store) -> None:
    detail = msgspec.to_builtins(FIRST) | {"seats": "many"}
    await store.transact(lambda connection: log(connection, ROOMS.logged_as, "add", "x", detail, **BY))
    with pytest.raises(StoreError, match=r"room x is not as this program keeps it: .*\$\.seats"):
        await store.entries.list(ROOMS)


async def test_a_field_that_came_later_has_its_default(store: Store) -> None:
    detail = {"id": "x", "place": "x", "seats": 1, "opened": "2026-01-05"}
    await store.transact(lambda connection: log(connection, ROOMS.logged_as, "add", "x", detail, **BY))
    given = {"place": "x", "seats": "1", "opened": "2026-01-05"}
    assert await store.entries.get(ROOMS, "x") == ROOMS.read("x", given)


def test_a_page_begins_where_the_last_one_ended(tmp_path: Path) -> None:
    create(tmp_path / "a.db")
    folder = Path(units.__file__).parent / "sql"
    sql = aiosql.from_path(folder / "entries.sql", "sqlite3").list_entries.sql
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as db:
        values = dict.fromkeys(re.findall(r":(\w+)", sql), 1)
        plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
    assert plan[0] == "SEARCH act USING INDEX register_change_by_key (register=? AND key>?)"
    assert not [step for step in plan if "SCAN" in step or "TEMP B-TREE" in step]
