"""What is going on: calls under way and the newest, counts by the minute, at the cost of what is shown."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from msgspec.structs import replace

from dialpact.compliance.model import Decision
from dialpact.compliance.reasons import Reason
from dialpact.store.ports.listings import Wanted
from dialpact.store.ports.live import LiveRows
from dialpact.store.sqlite import Store, create
from dialpact.store.units.live import Live
from tests.compliance.store_values import AT, BY
from tests.store.plans import plans
from tests.store.test_listings import by, call, record, recorded, sql

MINUTE = timedelta(minutes=1)
ALL = Wanted()


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


async def look(store: Store, wanted: Wanted = ALL, *, most: int = 100, since: datetime = AT) -> LiveRows:
    return await store.live.look(wanted, most=most, counted_since=since, incidents_since=since)


def counts(found: LiveRows) -> dict[tuple[int, str, tuple[str, ...]], int]:
    """By the minute after AT, the verdict, the reasons."""
    counted = Counter[tuple[int, str, tuple[str, ...]]]()
    for one in found.counted:
        counted[(one.at - AT) // MINUTE, one.verdict, one.reasons] += one.count
    return dict(counted)


def because(one: Decision, *reasons: Reason) -> Decision:
    (finding,) = one.findings
    return replace(one, findings=tuple(replace(finding, code=reason) for reason in reasons))


async def test_what_is_recorded_is_under_way_however_long_ago_it_began(store: Store) -> None:
    made = [call(second) for second in range(6)]
    await record(store, *made)
    for place, one in enumerate(made):
        await recorded(store, one.id, names=("a", "b"), ended=place not in (1, 3))
    found = await look(store, most=2)
    assert [one.id for one in found.under_way] == [made[3].id, made[1].id]
    assert [one.id for one in found.newest] == [made[5].id, made[4].id]
    assert found.all_under_way == 2
    assert {mark.decision for mark in found.recordings} == {made[place].id for place in (1, 3, 4, 5)}
    first = await look(store, most=1)
    assert ([one.id for one in first.under_way], first.all_under_way) == ([made[3].id], 2)


async def test_a_recording_is_in_the_state_that_people_are_told(store: Store) -> None:
    (id,) = await record(store, call(1))
    await recorded(store, id, names=("kept",))
    await recorded(store, id, names=("running",), ended=False)
    unseen, settled = await recorded(store, id, names=("u", "s"))
    await sql(store, "DROP TRIGGER recording_end_is_final")
    await sql(store, f"UPDATE recording SET unseen = 1 WHERE id IN ('{unseen}', '{settled}')")
    await store.retention.settle(settled, False, reason="heard", **BY)
    told = {one.id: one.state for one in (await store.recording_list.list()).rows}
    found = await look(store)
    assert {mark.id: mark.state for mark in found.recordings} == told
    assert sorted(told.values()) == ["kept", "starting", "unanswered", "unseen"]
    assert {mark.part for mark in found.recordings} == {"carrier"}


async def test_decisions_are_counted_by_minute_as_they_were_told(store: Store) -> None:
    late = call(70)
    made = [
        call(-1),
        call(0),
        call(59),
        because(call(60, allowed=False), Reason.DO_NOT_CALL, Reason.OUTSIDE_HOURS),
        because(call(61, allowed=False), Reason.DO_NOT_CALL, Reason.OUTSIDE_HOURS),
        late,
    ]
    await record(store, *made)
    await sql(store, f"INSERT INTO undelivered (decision, at, reason) VALUES ('{late.id}', 'x', 'deadline')")
    found = await look(store)
    assert counts(found) == {
        (0, "ALLOW", ()): 2,
        (1, "BLOCK", ("do-not-call", "outside-hours")): 2,
        (1, "BLOCK", ("deadline",)): 1,
    }
    assert found.counted_since == AT
    assert all(one.at.tzinfo == UTC for one in found.counted)


@pytest.mark.parametrize(("looked", "reach"), [(7, 0), (6, 10), (5, 80), (3, 200), (1, 220)])
async def test_what_is_beyond_the_bound_is_not_half_counted(store: Store, looked: int, reach: int) -> None:
    """Only slices that are surely whole, behind that of the last entry that was looked at."""
    seconds = (0, 70, 130, 190, 200, 210)
    await record(store, *(call(second) for second in seconds))
    found = await Live(store, looked).look(ALL, most=1, counted_since=AT, incidents_since=AT)
    assert found.counted_since == AT + timedelta(seconds=reach)
    assert sorted(one.at for one in found.counted) == [
        AT + timedelta(seconds=second) for second in seconds if second >= reach
    ]


async def test_whoever_is_limited_is_told_of_nothing_else(store: Store) -> None:
    mine, theirs, other = (
        by(call(1), "1001"),
        by(call(2, "rival", allowed=False), "1001"),
        by(call(3), "1002"),
    )
    await record(store, mine, theirs, other)
    for one in (mine, theirs, other):
        await recorded(store, one.id, ended=False)
        await store.incidents.add(at=AT + MINUTE, node="n", kind="recording-gap", decision=one.id)
    await store.incidents.add(at=AT + MINUTE, node="n", kind="listener-error")
    for wanted, own in (
        (ALL, [other, theirs, mine]),
        (Wanted(businesses=("acme",)), [other, mine]),
        (Wanted(campaigns=("of-rival",)), [theirs]),
        (Wanted(agents=("1001",)), [theirs, mine]),
        (Wanted(businesses=("acme",), agents=("1001",)), [mine]),
        (Wanted(agents=("1009",)), []),
    ):
        found = await look(store, wanted)
        ids = [one.id for one in own]
        assert [one.id for one in found.under_way] == ids
        assert [one.id for one in found.newest] == ids
        assert found.all_under_way == len(own)
        assert {mark.decision for mark in found.recordings} == set(ids)
        assert sum(one.count for one in found.counted) == len(own)
        told = {one.kind: one.count for one in found.incidents}
        own_told = {"recording-gap": len(own)} if own else {}
        assert told == own_told | ({"listener-error": 1} if wanted == ALL else {})


async def test_incidents_are_lately_by_kind_and_of_the_newest(store: Store) -> None:
    for minute, kind in enumerate(("recording-gap", "recording-gap", "no-decision", "recording-gap")):
        await store.incidents.add(at=AT + minute * MINUTE, node="n", kind=kind)
    found = await look(store, since=AT + MINUTE)
    assert [(one.kind, one.count) for one in found.incidents] == [("recording-gap", 2), ("no-decision", 1)]
    assert (found.incidents[0].first, found.incidents[0].last) == (AT + MINUTE, AT + 3 * MINUTE)
    few = await Live(store, incidents=2).look(ALL, most=1, counted_since=AT, incidents_since=AT)
    assert [(one.kind, one.count) for one in few.incidents] == [("recording-gap", 1), ("no-decision", 1)]


# What it costs


PLANS = plans("live")


@pytest.mark.parametrize("name", PLANS)
def test_no_table_is_scanned_but_in_its_newest_rows(name: str) -> None:
    """What is scanned has a bound: a part of a list (near), what is open alone (its index has nothing else),
    the newest incidents.
    """
    scans = {step for step in PLANS[name] if step.startswith("SCAN") and "json_each" not in step}
    allowed = {
        "under_way": {"SCAN recording USING INDEX recording_open", "SCAN open"},
        "slices": {"SCAN near"},
        "incidents": {"SCAN incident", "SCAN near"},
    }
    assert all(any(step.startswith(one) for one in allowed.get(name, ())) for step in scans), PLANS[name]


@pytest.mark.parametrize("name", ["slices", "slices_end"])
def test_minutes_are_counted_from_the_index_alone(name: str) -> None:
    steps = [step for step in PLANS[name] if "decision_in_report" in step]
    assert steps == ["SEARCH decision USING COVERING INDEX decision_in_report (decided_at>?)"], PLANS[name]


async def test_a_look_among_many_calls_costs_what_it_shows(store: Store) -> None:
    """With ten times the calls of before the window: as many steps of SQLite."""

    async def steps() -> int:
        counted = 0

        def step() -> int:
            nonlocal counted
            counted += 1
            return 0

        await store.read(lambda connection: connection.set_progress_handler(step, 100))
        await look(store, since=AT + timedelta(days=1))
        await store.read(lambda connection: connection.set_progress_handler(None, 0))
        return counted

    await record(store, *(call(second) for second in range(200)))
    few = await steps()
    await record(store, *(call(second) for second in range(200, 2000)))
    assert await steps() <= few + 2
