"""Checkpoints and stamps as a page shows them: the largest first, each found by its key."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from dialpact.compliance.clock import stamp
from dialpact.compliance.registers.fault import Fault
from dialpact.store import units
from dialpact.store.ports.witnesses import StoredStamp
from dialpact.store.sqlite import Store, create
from tests.compliance.store_values import AT

SQL = Path(units.__file__).parent / "sql"
NAMES = {"checkpoints": ("checkpoints_before", "checkpoint_at"), "witnesses": ("newest_stamps", "stamp_at")}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    path = tmp_path / "d.db"
    create(path)
    with contextlib.closing(sqlite3.connect(path)) as database, database:
        rows = [
            (size, stamp(AT + timedelta(minutes=minute)), f"{size} {minute}")
            for size, minute in ((3, 1), (5, 2), (5, 3), (9, 0))
        ]
        database.executemany("INSERT INTO checkpoint VALUES (?, ?, ?)", rows)
    async with await Store.open(path) as opened:
        yield opened


async def test_the_largest_first_and_of_one_size_the_newest(store: Store) -> None:
    seen, after = [], ""
    while True:
        page = await store.checkpoints.list(after=after, most=1)
        seen += [one.note for one in page.rows]
        if not page.next:
            break
        after = page.next
    assert seen == ["9 0", "5 3", "5 2", "3 1"]
    with pytest.raises(Fault, match="cursor"):
        await store.checkpoints.list(after="x", most=1)


async def test_one_of_several_of_a_size(store: Store) -> None:
    found = await store.checkpoints.one(5, AT + timedelta(minutes=3))
    assert found is not None and found.note == "5 3"
    assert await store.checkpoints.one(5, AT) is None


async def test_stamps_the_newest_first(store: Store) -> None:
    for size, minute in ((5, 7), (9, 6), (3, 8)):
        at = datetime(2026, 11, 24, 1, minute, tzinfo=UTC)
        await store.witnesses.keep_stamp(StoredStamp(size, f"note {size}", bytes([size])), at)
    newest = await store.witnesses.newest_stamps(2)
    assert [one.size for one in newest] == [3, 5]
    found = await store.witnesses.stamp(newest[0].size, newest[0].at)
    assert found is not None and found.answer == b"\3"
    assert await store.witnesses.stamp(4, newest[0].at) is None


@pytest.mark.parametrize(("file", "name"), [(file, name) for file, names in NAMES.items() for name in names])
async def test_nothing_is_read_through(store: Store, file: str, name: str) -> None:
    text = (SQL / f"{file}.sql").read_text("utf-8")
    (statement,) = re.findall(rf"-- name: {name}\(.*\n((?:(?!--).*\n)+)", text)
    given = dict.fromkeys(re.findall(r"(?<!:):(\w+)", statement), 1)
    with contextlib.closing(sqlite3.connect(store.path)) as database:
        said = [row[3] for row in database.execute(f"EXPLAIN QUERY PLAN {statement}", given)]
    assert not [one for one in said if "TEMP B-TREE" in one], said
    assert not [one for one in said if re.match(r"SCAN \w+$", one)], said
