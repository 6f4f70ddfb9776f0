"""One look for all who watch; what was counted is not counted again; a failure is everybody's."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.now import MINUTES, MOST, Now, Watch
from dialpact.compliance.calls import CallEntry, Verdict
from dialpact.compliance.errors import NotPermitted, StoreBusy, StoreError
from dialpact.compliance.outcome import Word
from dialpact.store.ports import Store
from dialpact.store.ports.listings import Wanted
from dialpact.store.ports.live import SLICE, Counted, LiveRows, RecordingMark
from dialpact.testing.clock import FixedClock
from tests.compliance.store_values import AT
from tests.patience import WAIT

MINUTE = timedelta(minutes=1)
NOW = AT + timedelta(hours=2, seconds=30)
THIS = NOW.replace(second=0)


def entry(id: str, *, second: int = 0, outcome: Word = "refused") -> CallEntry:
    return CallEntry(
        seq=1,
        id=id,
        node="n",
        decided_at=NOW - timedelta(seconds=60 - second),
        verdict="BLOCK" if outcome == "refused" else "ALLOW",
        reasons=(),
        number="+8613800138000",
        given="13800138000",
        caller_id="",
        campaign="",
        business="",
        agent="",
        trunk="",
        attack="",
        retry_at=None,
        mode="enforce",
        behind_us=0,
        continues="",
        undelivered=None,
        outcome=outcome,
        talk_seconds=None,
    )


def told(minutes_ago: float, verdict: Verdict, count: int, *reasons: str) -> Counted:
    return Counted(at=THIS - minutes_ago * MINUTE, verdict=verdict, reasons=reasons, count=count)


class FakeLive:
    """The store's answer: what was counted since then. ``asked``: since when, at each look."""

    def __init__(self) -> None:
        self.asked: list[tuple[Wanted, datetime]] = []
        self.counted: list[Counted] = []
        self.reach: datetime | None = None
        self.rows: dict[str, Any] = {}
        self.gate = asyncio.Event()
        self.gate.set()
        self.fails: Exception | None = None

    async def look(
        self, wanted: Wanted, *, most: int, counted_since: datetime, incidents_since: datetime
    ) -> LiveRows:
        self.asked.append((wanted, counted_since))
        await self.gate.wait()
        if self.fails:
            raise self.fails
        reach = max(counted_since, self.reach or counted_since)
        whole: dict[str, Any] = {
            "under_way": (),
            "all_under_way": 0,
            "newest": (),
            "recordings": (),
            "counted": tuple(one for one in self.counted if one.at >= reach),
            "counted_since": reach,
            "incidents": (),
        }
        return LiveRows(**whole | self.rows)


@pytest.fixture
def live() -> FakeLive:
    return FakeLive()


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(NOW)


@pytest.fixture
def context(live: FakeLive, clock: FixedClock) -> Context:
    return Context(cast(Store, SimpleNamespace(live=live)), Actor(name="chen", door=Door.PAGE), clock)


async def test_all_who_ask_at_once_are_answered_by_one_look(live: FakeLive, context: Context) -> None:
    watch = Watch(fresh_seconds=60)
    live.gate.clear()
    asking = [asyncio.create_task(watch.now(context)) for _ in range(50)]
    while not live.asked:
        await asyncio.sleep(0)
    live.gate.set()
    seen = await asyncio.gather(*asking, watch.now(context))
    assert len(live.asked) == 1 and len({id(one) for one in seen}) == 1


async def test_a_look_is_shared_no_longer_than_it_is_fresh(live: FakeLive, context: Context) -> None:
    watch = Watch(fresh_seconds=0)
    assert await watch.now(context) is not await watch.now(context)
    assert len(live.asked) == 2


async def test_who_sees_the_same_calls_shares_a_look_whatever_else_he_asks(
    live: FakeLive, context: Context
) -> None:
    watch = Watch(fresh_seconds=60)
    await watch.now(context, Wanted(campaigns=("loans",)))
    await watch.now(context, Wanted(campaigns=("loans",), verdict="BLOCK"))
    await watch.now(context, Wanted(campaigns=("spring",)))
    await watch.now(context)
    assert [wanted.campaigns for wanted, _ in live.asked] == [("loans",), ("spring",), ()]


async def test_a_store_that_is_away_is_that_for_everybody(live: FakeLive, context: Context) -> None:
    watch = Watch(fresh_seconds=60)
    live.fails = StoreError("gone")
    for _ in range(3):
        with pytest.raises(StoreError, match="gone"):
            await watch.now(context)
    assert len(live.asked) == 1


async def test_a_store_that_hangs_is_asked_once_and_nobody_waits_for_ever(
    live: FakeLive, context: Context
) -> None:
    watch = Watch(fresh_seconds=60, patience_seconds=0.01)
    live.gate.clear()
    for _ in range(3):
        with pytest.raises(StoreBusy):
            await watch.now(context)
    assert len(live.asked) == 1
    live.gate.set()
    async with asyncio.timeout(WAIT):
        while True:
            try:
                seen = await watch.now(context)
                break
            except StoreBusy:
                continue
    assert (len(live.asked), seen.at) == (1, NOW)


async def test_a_fault_of_ours_is_not_kept(live: FakeLive, context: Context) -> None:
    watch = Watch(fresh_seconds=60)
    live.fails = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        await watch.now(context)
    live.fails = None
    assert (await watch.now(context)).at == NOW


async def test_only_who_may_see_calls(live: FakeLive, context: Context) -> None:
    nobody = Actor(name="x", door=Door.PAGE, rights=frozenset({Right.CHECK}))
    with pytest.raises(NotPermitted):
        await Watch().now(Context(context.store, nobody, context.clock))
    assert not live.asked


# The minutes


def minutes(seen: Now) -> dict[int, tuple[int | None, int | None]]:
    """By minutes ago, those in which anything was."""
    return {
        (THIS - one.at) // MINUTE: (one.allowed, one.blocked)
        for one in seen.minutes
        if one.allowed != 0 or one.blocked != 0
    }


async def test_an_hour_is_counted_and_the_rate_is_of_all_decisions(live: FakeLive, context: Context) -> None:
    live.counted = [
        told(0, "ALLOW", 3),
        told(0, "BLOCK", 1, "do-not-call", "outside-hours"),
        told(59, "BLOCK", 2, "do-not-call"),
        told(59, "ALLOW", 4),
        told(60, "ALLOW", 100),
    ]
    seen = await Watch().now(context)
    assert len(seen.minutes) == MINUTES
    assert minutes(seen) == {0: (3, 1), 59: (4, 2)}
    assert (seen.decisions, seen.blocked, seen.block_rate) == (10, 3, 0.3)
    assert [(one.reason, one.count, one.share) for one in seen.reasons] == [
        ("do-not-call", 3, 0.3),
        ("outside-hours", 1, 0.1),
    ]
    assert seen.counted_since == THIS - 59 * MINUTE


async def test_what_is_over_is_counted_once(live: FakeLive, context: Context, clock: FixedClock) -> None:
    """Also what comes late; a minute has parts that are over; and what lies behind the hour is forgotten."""
    watch = Watch(fresh_seconds=0)
    part = SLICE / MINUTE
    clock.set(THIS + timedelta(seconds=47))
    live.counted = [told(0, "ALLOW", 1), told(-part, "ALLOW", 2), told(5, "ALLOW", 3), told(59, "BLOCK", 4)]
    await watch.now(context)
    live.counted += [told(-part, "BLOCK", 5), told(0, "BLOCK", 100), told(-1, "ALLOW", 6)]
    clock.set(THIS + timedelta(seconds=60))
    seen = await watch.now(context)
    assert minutes(seen) == {-1: (6, 0), 0: (3, 5), 5: (3, 0)}
    assert [since for _, since in live.asked] == [THIS - 59 * MINUTE, THIS + SLICE]
    assert seen.decisions == 17


async def test_after_an_hour_in_which_nobody_looked_all_is_counted_anew(
    live: FakeLive, context: Context, clock: FixedClock
) -> None:
    watch = Watch(fresh_seconds=0)
    live.counted = [told(0, "ALLOW", 1)]
    await watch.now(context)
    clock.set(NOW + 90 * MINUTE)
    live.counted += [told(-40, "BLOCK", 7)]
    assert minutes(await watch.now(context)) == {-40: (0, 7)}
    assert live.asked[-1][1] == THIS + 31 * MINUTE


async def test_what_was_not_counted_is_not_nought(
    live: FakeLive, context: Context, clock: FixedClock
) -> None:
    """More than a look counts: the minutes before are unknown, and the share is of what was counted."""
    watch = Watch(fresh_seconds=0)
    live.counted = [told(ago, "ALLOW", 10) for ago in range(60)]
    live.reach = THIS - 2 * MINUTE
    seen = await watch.now(context)
    assert (seen.decisions, seen.counted_since) == (30, THIS - 2 * MINUTE)
    assert [one.allowed for one in seen.minutes[-4:]] == [None, 10, 10, 10]
    live.reach = None
    clock.set(NOW + MINUTE)
    live.counted.append(told(-1, "ALLOW", 1))
    seen = await watch.now(context)
    assert (seen.decisions, seen.counted_since) == (31, THIS - 2 * MINUTE)
    assert [one.allowed for one in seen.minutes[-5:]] == [None, 10, 10, 10, 1]


# The calls


async def test_what_rings_is_under_way_as_well_as_what_is_recorded(live: FakeLive, context: Context) -> None:
    talks, rings = entry("a", second=1, outcome="in-progress"), entry("b", second=2, outcome="in-progress")
    live.rows = {"under_way": (talks,), "all_under_way": 1, "newest": (rings, talks, entry("c"))}
    seen = await Watch().now(context)
    assert [one.entry.id for one in seen.under_way] == ["b", "a"]
    assert (seen.all_under_way, [one.entry.id for one in seen.newest]) == (2, ["b", "a", "c"])


async def test_the_worst_of_a_calls_recordings_is_shown(live: FakeLive, context: Context) -> None:
    marks: list[tuple[str, Any]] = [
        ("a", "kept"),
        ("a", "failed"),
        ("b", "kept"),
        ("b", "running"),
        ("c", "kept"),
        ("c", "disposed"),
    ]
    live.rows = {
        "newest": (
            *(entry(id, outcome="answered") for id in "abcd"),
            entry("e", outcome="busy"),
            entry("f"),
        ),
        "recordings": tuple(
            RecordingMark(id=f"{call}{place}", decision=call, part="carrier", state=state)
            for place, (call, state) in enumerate(marks)
        ),
    }
    seen = await Watch().now(context)
    assert {one.entry.id: (one.recording, one.recording_id) for one in seen.newest} == {
        "a": ("failed", "a1"),
        "b": ("running", "b3"),
        "c": ("kept", "c4"),
        "d": ("missing", ""),
        "e": ("none", ""),
        "f": ("none", ""),
    }


@pytest.mark.parametrize("count", [MOST - 1, MOST, MOST + 1])
async def test_a_list_has_a_bound_and_the_count_has_none(
    live: FakeLive, context: Context, count: int
) -> None:
    many = tuple(entry(f"{place:03}", second=place, outcome="in-progress") for place in range(count))
    live.rows = {"under_way": many[:MOST], "all_under_way": count}
    seen = await Watch().now(context)
    assert (len(seen.under_way), seen.all_under_way) == (min(count, MOST), count)


def limits(place: int) -> Wanted:
    return Wanted(agents=(str(place),))


async def test_what_is_kept_has_a_bound(live: FakeLive, context: Context) -> None:
    watch = Watch(fresh_seconds=600)
    for place in range(100):
        await watch.now(context, limits(place))
    await watch.now(context, limits(99))
    assert len(live.asked) == 100
    await watch.now(context, limits(0))
    assert len(live.asked) == 101
