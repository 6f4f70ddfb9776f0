"""The recordings as a person looks for them: those that are his, each once, at the cost of what is shown."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dialpact.compliance.model import Decision
from dialpact.compliance.recorded import Finished
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.waveform import Waveform
from dialpact.store.ports.recording_search import Sought, Whose
from dialpact.store.sqlite import Store, create
from dialpact.store.units.recording_search import RecordingSearch
from tests.compliance.store_values import AT, BY, NUMBER
from tests.store.plans import plans
from tests.store.test_listings import OTHER, call, paged, record, recorded, sql


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


def by(made: Decision, agent: str) -> Decision:
    return replace(made, attempt=replace(made.attempt, agent=agent))


def ids(found: list[Any]) -> list[str]:
    return [one.recording.id for one in found]


async def furnished(store: Store) -> dict[str, list[str]]:
    """Nine calls, of three agents and two businesses, to two callees: their recordings by second."""
    made = [
        by(
            call(second, "acme" if second % 2 else "rival", number=OTHER if second > 6 else NUMBER),
            f"10{second % 3}",
        )
        for second in range(9)
    ]
    await record(store, *made)
    return {str(second): await recorded(store, one.id, names=("a", "b")) for second, one in enumerate(made)}


def expected(known: dict[str, list[str]], *seconds: int) -> list[str]:
    return [id for second in sorted(seconds, reverse=True) for id in known[str(second)]]


@pytest.mark.parametrize("most", [1, 2, 3, 100])
@pytest.mark.parametrize("looked", [1, 2, 1000])
@pytest.mark.parametrize(
    ("sought", "seconds"),
    [
        (Sought(), range(9)),
        (Sought(whose=Whose(businesses=("acme",))), (1, 3, 5, 7)),
        (Sought(whose=Whose(campaigns=("of-rival", "none"))), (0, 2, 4, 6, 8)),
        (Sought(whose=Whose(agents=("100", "102"))), (0, 2, 3, 5, 6, 8)),
        (Sought(whose=Whose(businesses=("acme",), agents=("100",))), (3,)),
        (Sought(whose=Whose(agents=("999",))), ()),
        (Sought(agent="101"), (1, 4, 7)),
        (Sought(campaign="of-acme"), (1, 3, 5, 7)),
        (Sought(number=OTHER), (7, 8)),
        (Sought(number=OTHER, whose=Whose(businesses=("acme",))), (7,)),
        (Sought(number=OTHER, agent="101"), (7,)),
        (Sought(since=AT + timedelta(seconds=3), until=AT + timedelta(seconds=5)), (3, 4)),
        (Sought(number=NUMBER, since=AT + timedelta(seconds=5)), (5, 6)),
        (Sought(state="failed"), ()),
        (Sought(state="kept", agent="100"), (0, 3, 6)),
    ],
    ids=str,
)
async def test_each_that_is_asked_for_comes_once_the_newest_first(
    store: Store, most: int, looked: int, sought: Sought, seconds: Any
) -> None:
    known = await furnished(store)
    found = await paged(RecordingSearch(store, looked).search, most, sought)
    assert ids(found) == expected(known, *seconds)


async def test_of_whose_call_it_is(store: Store) -> None:
    await furnished(store)
    (one, *_) = (await store.recording_search.search(Sought(agent="101", number=OTHER), most=1)).rows
    assert (one.business, one.campaign, one.agent) == ("acme", "of-acme", "101")
    assert one.decided_at == AT + timedelta(seconds=7)
    again = await store.recording_search.found(one.recording.id)
    assert again is not None and again.flaw == ""
    assert (again.recording, again.agent, again.campaign) == (one.recording, "101", "of-acme")
    assert await store.recording_search.found("0" * 32) is None
    assert await store.recording_search.whole("0" * 32, acts=5) is None


@pytest.mark.parametrize("most", [1, 2, 100])
async def test_those_under_a_hold(store: Store, most: int) -> None:
    known = await furnished(store)
    decision = (await store.recording_search.found(known["2"][0])).recording.decision  # type: ignore[union-attr]
    await store.holds.add("recording", known["5"][1], reason="r", **BY)
    await store.holds.add("call", decision, reason="r", **BY)
    ended = await store.holds.add("recording", known["0"][0], reason="r", **BY)
    await store.holds.release(ended.id, reason="r", **BY)
    found = await paged(store.recording_search.search, most, Sought(held=True))
    assert ids(found) == [known["5"][1], *known["2"]]
    assert {one.recording.holds for one in found} == {1}
    assert ids(await paged(store.recording_search.search, most, Sought(held=True, agent="102"))) == [
        known["5"][1],
        *known["2"],
    ]
    rival = Sought(held=True, whose=Whose(businesses=("rival",)))
    assert ids(await paged(store.recording_search.search, most, rival)) == known["2"]
    assert await paged(store.recording_search.search, most, Sought(held=True, number=OTHER)) == []


async def test_those_of_a_callee_under_a_hold(store: Store) -> None:
    known = await furnished(store)
    await sql(
        store,
        f"INSERT INTO hold (scope, key, since, by, reason) VALUES ('callee', '{NUMBER}', 'x', 'y', 'z')",
    )
    found = await paged(store.recording_search.search, 3, Sought(held=True))
    assert ids(found) == expected(known, *range(7))


async def test_those_that_a_complaint_is_about(store: Store) -> None:
    known = await furnished(store)
    for number, second in ((1, "4"), (2, "7"), (3, "7")):
        one = await store.recording_search.found(known[second][0])
        assert one is not None
        await sql(
            store,
            "INSERT INTO complaint (id, number, called_at, source, decision, received_at) "
            f"VALUES ({number}, 1, 'x', 'y', '{one.recording.decision}', 'z')",
        )
    search = store.recording_search.search
    assert ids(await paged(search, 1, Sought(complained=True))) == expected(known, 7, 4)
    assert ids(await paged(search, 9, Sought(complaint=1))) == expected(known, 4)
    assert await paged(search, 9, Sought(complaint=4)) == []
    assert await paged(search, 9, Sought(complaint=1, agent="102")) == []
    whole = await store.recording_search.whole(known["7"][0], acts=5)
    assert whole is not None and whole.complaints == (2, 3)


async def test_those_whose_time_is_over(store: Store) -> None:
    made = [by(call(second), "100") for second in range(3)]
    await record(store, *made)
    found = [(await recorded(store, one.id, ended=False))[0] for one in made]
    for id, day in zip(found, (date(2027, 11, 24), date(2027, 11, 25), None), strict=True):
        await store.recordings.finish(Finished(id=id, state="kept", ended_at=AT, sha256="x", keep_until=day))
    for due, known in (
        (date(2027, 11, 24), []),
        (date(2027, 11, 25), found[:1]),
        (date(2028, 1, 1), found[1::-1]),
    ):
        assert ids(await paged(store.recording_search.search, 1, Sought(due=due))) == known
    assert await paged(store.recording_search.search, 1, Sought(due=date(2028, 1, 1), agent="9")) == []


async def test_one_with_all_that_is_known_of_it(store: Store) -> None:
    known = await furnished(store)
    id = known["5"][0]
    one = await store.recording_search.found(id)
    assert one is not None
    first = await store.holds.add("recording", id, reason="first", **BY)
    await store.holds.add("call", one.recording.decision, reason="second", **BY)
    await store.holds.add("recording", known["5"][1], reason="another's", **BY)
    await store.holds.release(first.id, reason="over", **BY)
    whole = await store.recording_search.whole(id, acts=2)
    assert whole is not None
    assert [(hold.reason, hold.recordings) for hold in whole.holds] == [("second", 2), ("first", 1)]
    assert [recording.id for recording in whole.call] == known["5"]
    assert [change.action for change in whole.history] == ["release", "hold"] and whole.more
    whole = await store.recording_search.whole(id, acts=3)
    assert whole is not None and len(whole.history) == 3 and not whole.more
    assert whole.recording.holds == 1


async def test_who_heard_it_is_asked_of_one_person(store: Store) -> None:
    (made,) = (call(1),)
    await record(store, made)
    (id,) = await recorded(store, made.id)
    for who, side in (("chen", "mix"), ("li", "callee"), ("chen", "agent")):
        await store.custody.heard(id, {"side": side}, by=who, at=AT)
    assert [act.detail["side"] for act in await store.recording_search.heard(id, "chen")] == ["agent", "mix"]
    assert await store.recording_search.heard("0" * 32, "chen") == []


@pytest.mark.parametrize("after", ["x", "WyJ4Il0", "WzEsMiwzXQ"])
async def test_a_cursor_that_is_none(store: Store, after: str) -> None:
    with pytest.raises(Fault):
        await store.recording_search.search(Sought(), after=after, most=1)


# The waveforms


async def test_waveforms_come_with_the_end_and_stay_as_they_are(store: Store) -> None:
    made = call(1)
    await record(store, made)
    (id,) = await recorded(store, made.id, ended=False)
    drawn = {"callee": Waveform(1, b"\1\2"), "agent": Waveform(4, b"")}
    end = Finished(id=id, state="kept", ended_at=AT, sha256="x", waveforms=drawn)
    assert await store.recordings.finish(end)
    assert await store.recording_search.waveforms(id) == drawn
    late = replace(end, waveforms={"callee": Waveform(1, b"\3")})
    assert not await store.recordings.finish(late)
    assert await store.recording_search.waveforms(id) == drawn
    assert await store.recording_search.waveforms("0" * 32) == {}
    with pytest.raises(Exception, match="never changed"):
        await sql(store, "UPDATE waveform SET levels = x'00'")
    with pytest.raises(Exception, match="has ended and is there"):
        await sql(store, "INSERT INTO waveform VALUES ('none', 'callee', 1, x'00')")


# What it costs


PLANS = plans("recording_search")
# What people make by hand, and little of it.
BY_HAND = {"hold", "complaint"}
BOUNDED = {"near", "asked", "json_each", "(subquery-1)", "(subquery-2)", "(subquery-3)", "(subquery-5)"}


@pytest.mark.parametrize("name", PLANS)
def test_nothing_big_is_scanned(name: str) -> None:
    scans = [step for step in PLANS[name] if step.startswith("SCAN") and "CONSTANT ROW" not in step]
    assert {step.split(" ")[1] for step in scans} <= BY_HAND | BOUNDED, PLANS[name]


@pytest.mark.parametrize("name", ["by_time", "by_number"])
def test_what_is_looked_through_in_its_order_is_not_sorted(name: str) -> None:
    part = re.compile("USE TEMP B-TREE FOR (LAST TERM|RIGHT PART) OF ORDER BY")  # of equal times
    assert all(part.fullmatch(step) for step in PLANS[name] if "TEMP B-TREE" in step), PLANS[name]


def test_a_hold_counts_its_recordings_by_an_index() -> None:
    scans = {step.split(" ")[1] for step in plans("holds")["list_holds"] if step.startswith("SCAN")}
    assert scans <= BY_HAND
