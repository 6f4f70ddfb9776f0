"""Who did what: every act once, the newest first, at the cost of what is looked at, and how far that was."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path

import pytest

from dialpact.compliance.registers.fault import Fault
from dialpact.store import units
from dialpact.store.ports.acts import ActKind, ActPage, ActsWanted
from dialpact.store.sqlite import Store, create
from dialpact.store.units.acts import Acts
from tests.compliance.store_values import AT

ALL = ActsWanted()
SQL = Path(units.__file__).parent / "sql" / "acts.sql"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "d.db")
    async with await Store.open(tmp_path / "d.db") as opened:
        yield opened


async def act(
    store: Store, second: float, register: str = "business", action: str = "add", by: str = "chen"
) -> None:
    at = AT + timedelta(seconds=second)
    await store.changes.note(register, action, f"k{second}", {"n": second}, by=by, at=at)


async def every(store: Store, wanted: ActsWanted = ALL, most: int = 2, looked: int = 5_000) -> list[ActPage]:
    pages, after = [], ""
    while True:
        page = await Acts(store, looked).list(wanted, after=after, most=most)
        pages.append(page)
        if not page.next:
            return pages
        after = page.next


def keys(pages: list[ActPage]) -> list[str]:
    return [row.key for page in pages for row in page.rows]


async def test_all_kinds_come_as_one_list_by_their_time(store: Store) -> None:
    for second in (5, 1, 3):
        await act(store, second)
    for second in (4, 2):
        await act(store, second, "account", "opened", "inspector")
    assert keys(await every(store)) == ["k5", "k4", "k3", "k2", "k1"]
    assert await store.acts.kinds() == [ActKind("account", "opened"), ActKind("business", "add")]


async def test_acts_of_one_moment_come_once_each(store: Store) -> None:
    """Of one kind and of two, on both sides of a page's end."""
    for register in ("business", "campaign", "business", "campaign", "business"):
        await act(store, 7, register)
    rows = [row for page in await every(store) for row in page.rows]
    assert [row.seq for row in rows] == sorted((row.seq for row in rows), reverse=True)
    assert len(rows) == 5


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        (ActsWanted(actor="INSP"), ["k3"]),  # a part of the name, whatever its case
        (ActsWanted(register="business"), ["k2", "k1"]),
        (ActsWanted(register="business", action="remove"), ["k2"]),
        (ActsWanted(action="add"), ["k1"]),
        (ActsWanted(since=AT + timedelta(seconds=2)), ["k3", "k2"]),
        (ActsWanted(until=AT + timedelta(seconds=2)), ["k1"]),
        (ActsWanted(register="nothing"), []),
    ],
)
async def test_what_is_asked_for(store: Store, wanted: ActsWanted, found: list[str]) -> None:
    await act(store, 1)
    await act(store, 2, action="remove")
    await act(store, 3, "account", "opened", "Inspector Li")
    assert keys(await every(store, wanted)) == found


async def test_what_was_not_looked_at_is_not_said_to_be_absent(store: Store) -> None:
    """A look through three lines says how far it came, and goes on from there."""
    await act(store, 0, by="li")
    for second in range(1, 8):
        await act(store, second)
    pages = await every(store, ActsWanted(actor="li"), looked=3)
    assert [len(page.rows) for page in pages] == [0, 0, 1]
    reached = [page.reach and (page.reach - AT).total_seconds() for page in pages]
    assert reached == [5, 2, None]


async def test_each_has_its_leaf(store: Store) -> None:
    await act(store, 1)
    ((row,),) = [page.rows for page in await every(store)]
    assert row.leaf is not None
    assert (await store.ledger.prove(row.leaf)).entry.key == str(row.seq)


async def test_no_cursor(store: Store) -> None:
    with pytest.raises(Fault, match="cursor"):
        await store.acts.list(ALL, after="x", most=1)


def test_no_list_reads_the_table_through(store: Store) -> None:
    text = SQL.read_text("utf-8")
    statements = re.split(r"-- name: .*\n", text)[1:]
    assert len(statements) == 4
    with contextlib.closing(sqlite3.connect(store.path)) as connection:
        for statement in statements:
            given = dict.fromkeys(re.findall(r"(?<!:):(\w+)", statement), "[]")
            plan = connection.execute(f"EXPLAIN QUERY PLAN {statement}", given)
            said = [row[3] for row in plan]
            assert not [one for one in said if re.match(r"SCAN (register_change|ledger)", one)], said
            assert not [one for one in said if "TEMP B-TREE" in one], said
