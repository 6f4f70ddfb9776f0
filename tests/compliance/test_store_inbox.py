"""What wants an answer, in the order in which it does; whose it is; and that it costs what it shows."""

from __future__ import annotations

import contextlib
import re
import sqlite3
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from dialpact.compliance.registers.complaint import Complaint
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.complaints import InboxWanted, Theirs
from dialpact.store.sqlite import Store, create
from dialpact.store.units.registers.complaint import SQL
from tests.compliance.store_values import AT, BY, NUMBER
from tests.compliance.test_store_complaints import CALLED, OTHER, RENEWAL, call, complaint, file, record
from tests.compliance.test_store_registers import ACME, SHOWN

DAYS = (date(2026, 12, 3), None, date(2026, 12, 1), date(2026, 12, 1), date(2026, 11, 20))


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        await store.businesses.add(ACME, **BY)
        await store.campaigns.add(RENEWAL, **BY)
        await store.caller_ids.put(SHOWN, **BY)
        yield store


async def filed(store: Store, days: tuple[date | None, ...] = DAYS) -> list[Complaint]:
    """One for each day by which it is due, of calls that nobody knows, at other times each."""
    return [
        (await file(store, complaint(called_at=CALLED + timedelta(hours=place - 99), due=day))).complaint
        for place, day in enumerate(days)
    ]


async def inbox(store: Store, wanted: InboxWanted = InboxWanted(), most: int = 2) -> list[int]:  # noqa: B008
    """All of it, page by page: each once."""
    found: list[int] = []
    after = ""
    while True:
        page = await store.complaints.inbox(wanted, after=after, most=most)
        assert len(page.rows) <= most
        found += [one.id for one in page.rows]
        if not page.next:
            return found
        after = page.next


async def test_what_is_due_first_is_on_top_and_before_it_what_nobody_knows(store: Store) -> None:
    await filed(store)
    assert await inbox(store) == [2, 5, 3, 4, 1]
    assert await inbox(store, most=50) == [2, 5, 3, 4, 1]


async def test_overdue_are_those_whose_day_is_over_and_those_of_which_it_is_not_known(store: Store) -> None:
    await filed(store)
    day = InboxWanted(overdue_on=date(2026, 12, 1))
    assert await inbox(store, day) == [2, 5], "the last day itself is not over"
    assert await inbox(store, replace(day, overdue_on=date(2026, 12, 2))) == [2, 5, 3, 4]


async def test_answered_it_waits_to_be_closed_and_closed_it_is_over(store: Store) -> None:
    await filed(store)
    with pytest.raises(Fault, match="complaint not answered"):
        await store.complaints.close(3, "founded", **BY)
    for id in (3, 5):
        await store.complaints.answer(id, "sorry", **BY)
    assert await inbox(store, InboxWanted(stage="answered")) == [5, 3]
    closed = await store.complaints.close(5, "founded", **BY)
    assert (closed.status, closed.closed_at, closed.closing) == ("answered", AT, "founded")
    assert await store.complaints.close(5, "founded", **BY) == closed
    with pytest.raises(Fault, match="complaint closed"):
        await store.complaints.close(5, "unfounded", **BY)
    stages = {stage: await inbox(store, InboxWanted(stage=stage)) for stage in ("answered", "closed", None)}
    assert stages == {"answered": [3], "closed": [5], None: [5, 4, 3, 2, 1]}
    (*_, last) = await store.changes.of("complaint", "5")
    assert (last.action, last.detail, last.by) == ("close", {"closing": "founded"}, "tester")


async def test_filters(store: Store) -> None:
    await record(store, call())
    matched = (await file(store)).complaint
    await file(store, complaint(number=OTHER, source="热线", caller_id="95588"))
    everything = InboxWanted(stage=None)
    for wanted, ids in (
        (replace(everything, number=NUMBER), [1]),
        (replace(everything, number=OTHER), [2]),
        (replace(everything, source="热线"), [2]),
        (replace(everything, caller_id=matched.caller_id), [1]),
        (replace(everything, campaign="renewal"), [1]),
        (replace(everything, agent="1001"), [1]),
        (replace(everything, unmatched=True), [2]),
        (replace(everything, unmatched=True, campaign="renewal"), []),
    ):
        assert await inbox(store, wanted) == ids, wanted


@pytest.mark.parametrize(
    ("theirs", "seen"),
    [
        (Theirs(), [2, 1]),
        (Theirs(businesses=("acme",)), [1]),
        (Theirs(businesses=("other",)), []),
        (Theirs(campaigns=("renewal",)), [1]),
        (Theirs(campaigns=("spring",)), []),
        (Theirs(agents=("1001", "1002")), [1]),
        (Theirs(agents=("1002",)), []),
        (Theirs(businesses=("acme",), agents=("1002",)), []),
    ],
)
async def test_whose_they_are(store: Store, theirs: Theirs, seen: list[int]) -> None:
    await record(store, call())
    await file(store)
    await file(store, complaint(number=OTHER))
    assert await inbox(store, InboxWanted(stage=None, theirs=theirs)) == seen
    assert sorted(await inbox(store, InboxWanted(theirs=theirs))) == sorted(seen)
    for id in (1, 2, 3):
        found = await store.complaints.one_of(id, theirs)
        assert (found is not None) == (id in seen)


async def test_a_cursor_that_is_none(store: Store) -> None:
    for stage in ("open", None):
        with pytest.raises(Fault, match="cursor"):
            await store.complaints.inbox(InboxWanted(stage=stage), after="x' OR 1", most=2)


def test_no_list_sorts_what_it_does_not_show(tmp_path: Path) -> None:
    create(tmp_path / "a.db")
    names = [name for name in SQL.available_queries if name.startswith("inbox_")]
    names = [name for name in names if not name.endswith("_cursor")]
    assert len(names) == 4
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as db:
        for name in names:
            sql = getattr(SQL, name).sql
            values = dict.fromkeys(re.findall(r":(\w+)", sql), None)
            plan = [row[3] for row in db.execute(f"EXPLAIN QUERY PLAN {sql}", values)]
            assert not [step for step in plan if "TEMP B-TREE" in step], (name, plan)
            assert re.match(r"(SEARCH complaint USING|SCAN complaint USING INDEX)", plan[0]), (name, plan)


def test_one_is_looked_up_however_many_there_are(tmp_path: Path) -> None:
    create(tmp_path / "a.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "a.db")) as db:
        values = {"id": 1, "number": 0, "status": "", "after": 9, "most": 1}
        (plan,) = db.execute(f"EXPLAIN QUERY PLAN {SQL.list_complaints.sql}", values).fetchall()
        assert plan[3] == "SEARCH complaint USING INTEGER PRIMARY KEY (rowid>? AND rowid<?)"
