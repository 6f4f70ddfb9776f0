"""What a program pages through: what is its businesses', all of it once, at the cost of what it shows."""

from __future__ import annotations

import asyncio
import contextlib
import re
import sqlite3
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace

from dialpact.compliance.errors import LedgerError, StoreError, StoreGone
from dialpact.compliance.judge import new_id
from dialpact.compliance.model import Campaign, Decision, Facts
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.listings import Wanted
from dialpact.store.ports.page import Page
from dialpact.store.sqlite import Store, create
from dialpact.store.sqlite.connection import MOST_SPARE
from dialpact.store.units import decisions
from dialpact.store.units.listings import Listings
from tests.compliance.store_values import AT, BY, NUMBER, attempt, decision
from tests.patience import WAIT
from tests.store.plans import plans

OTHER = "+862787654321"
ALL = Wanted()


def campaign(id: str, business: str) -> Campaign:
    return Campaign(id=id, business=business, industry="loans", purpose="marketing")


def call(
    second: int,
    business: str = "acme",
    *,
    number: str = NUMBER,
    given: str = "",
    allowed: bool = True,
) -> Decision:
    asked = attempt(NUMBER)
    callee = replace(asked.callee, e164=number, given=given or number)
    facts = Facts(campaign=campaign(f"of-{business}", business)) if business else Facts()
    made = decision(replace(asked, callee=callee, campaign=f"of-{business}"), allowed=allowed)
    return replace(made, decided_at=AT + timedelta(seconds=second), facts=facts)


def by(one: Decision, agent: str) -> Decision:
    return replace(one, attempt=replace(one.attempt, agent=agent))


async def record(store: Store, *made: Decision) -> list[str]:
    await store.transact(lambda connection: decisions.record(connection, made))
    return [one.id for one in made]


async def recorded(
    store: Store, id: str, *, names: tuple[str, ...] = ("a",), ended: bool = True
) -> list[str]:
    found = []
    for name in names:
        own = new_id()
        new = NewRecording(
            id=own,
            decision=id,
            node="n",
            channel="c",
            uniqueid=f"{id}{name}",
            number=NUMBER,
            caller_id="1",
            campaign="x",
            started_at=AT,
            format="wav",
            path=f"/r/{own}",
            callee_path=f"/r/{own}c",
            agent_path=f"/r/{own}a",
        )
        await store.recordings.start(new)
        if ended:
            await store.recordings.finish(Finished(id=own, state="kept", ended_at=AT, sha256="x"))
        found.append(own)
    return sorted(found)


async def sql(store: Store, statement: str) -> None:
    await store.transact(lambda connection: connection.execute(statement).fetchall())


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


async def paged(ask: Callable[..., Awaitable[Page[Any]]], most: int, *given: Any, **more: Any) -> list[Any]:
    """Every page, with a bound on their number."""
    found, after = [], ""
    for _ in range(500):
        page = await ask(*given, after=after, most=most, **more)
        assert len(page.rows) <= most
        found += page.rows
        if not (after := page.next):
            return found
    raise AssertionError("it has no end")


def ids(found: list[Any]) -> list[str]:
    return [one.id for one in found]


# The calls


@pytest.mark.parametrize("most", [1, 2, 3, 7, 100])
@pytest.mark.parametrize("looked", [1, 2, 5, 1000])
async def test_each_of_a_business_comes_once_the_newest_first(store: Store, most: int, looked: int) -> None:
    """Among more of another's, with equal times, whatever a page may look at."""
    made = [
        call(second // 3, "acme" if second % 4 == 0 else "rival" if second % 4 < 3 else "")
        for second in range(24)
    ]
    await record(store, *made)
    mine = sorted(
        (one for one in made if one.facts.campaign and one.facts.campaign.business == "acme"),
        key=lambda one: (one.decided_at, one.id),
        reverse=True,
    )
    listings = Listings(store, looked, looked)
    assert ids(await paged(listings.calls, most, Wanted(businesses=("acme",)))) == ids(mine)
    everything = sorted(made, key=lambda one: (one.decided_at, one.id), reverse=True)
    assert ids(await paged(listings.calls, most, ALL)) == ids(everything)
    both = await paged(listings.calls, most, Wanted(businesses=("acme", "rival")))
    assert {one.business for one in both} == {"acme", "rival"}


@pytest.mark.parametrize("looked", [1, 4, 1000])
async def test_filters(store: Store, looked: int) -> None:
    made = [call(second, allowed=second % 3 != 0) for second in range(12)]
    await record(store, *made)
    late = made[5]
    await sql(store, f"INSERT INTO undelivered (decision, at, reason) VALUES ('{late.id}', 'x', 'deadline')")
    listings = Listings(store, looked, looked)
    blocked = await paged(listings.calls, 2, Wanted(verdict="BLOCK"))
    assert set(ids(blocked)) == {late.id, *(one.id for one in made if not one.allowed)}
    assert {one.verdict for one in blocked} == {"BLOCK"}
    allowed = await paged(listings.calls, 2, Wanted(verdict="ALLOW"))
    assert set(ids(allowed)) == {one.id for one in made if one.allowed} - {late.id}
    span = Wanted(since=made[3].decided_at, until=made[8].decided_at)
    assert ids(await paged(listings.calls, 2, span)) == ids(made[3:8][::-1])
    assert await paged(listings.calls, 2, Wanted(campaign="no-such")) == []
    assert len(await paged(listings.calls, 2, Wanted(campaign="of-acme"))) == 12


@pytest.mark.parametrize("looked", [1, 3, 1000])
async def test_of_campaigns_and_agents(store: Store, looked: int) -> None:
    """Whoever is limited to several things is shown what is within all of them; an incident of no call is
    nobody's.
    """
    made = [
        by(call(second, ("acme", "rival")[second % 2]), agent)
        for second, agent in enumerate(("1001", "1002", "1003") * 4)
    ]
    await record(store, *made)
    for one in made:
        await recorded(store, one.id)
        await store.incidents.add(at=AT, node="n", kind="recording-gap", decision=one.id)
    await store.incidents.add(at=AT, node="n", kind="recording-gap")
    listings = Listings(store, looked, looked)

    async def check(wanted: Wanted, *places: int) -> None:
        mine = [made[place].id for place in places]
        assert ids(await paged(listings.calls, 2, wanted)) == mine[::-1]
        assert ids(await paged(listings.calls_to, 2, NUMBER, (), wanted)) == mine[::-1]
        assert [one.decision for one in await paged(listings.recordings, 2, wanted)] == mine[::-1]
        told = await paged(listings.incidents, 2, wanted)
        assert [one.incident.decision for one in told] == mine[::-1]

    await check(Wanted(campaigns=("of-acme",)), 0, 2, 4, 6, 8, 10)
    await check(Wanted(agents=("1001", "1003")), 0, 2, 3, 5, 6, 8, 9, 11)
    await check(Wanted(campaigns=("of-acme", "no-such"), agents=("1001",)), 0, 6)
    await check(Wanted(businesses=("rival",), campaigns=("of-acme",)))
    await check(Wanted(agents=("1009",)))


async def test_what_comes_in_meanwhile_moves_nothing(store: Store) -> None:
    first = [call(second) for second in range(6)]
    await record(store, *first)
    page = await store.listings.calls(ALL, most=3)
    await record(store, call(100), call(-100))  # the second: by a clock that was set back
    rest = await paged(lambda **given: store.listings.calls(ALL, **given), 2)
    assert ids(rest)[0] not in ids(first)
    behind, after = [], page.next
    while after:
        part = await store.listings.calls(ALL, after=after, most=2)
        behind, after = [*behind, *part.rows], part.next
    assert ids(list(page.rows)) + ids(behind)[:3] == ids(first[::-1])


@pytest.mark.parametrize("cursor", ["x", "W10", "WzEsMl0", "%", "W1siYSJdLCJiIl0", "7"])
async def test_a_cursor_that_is_none(store: Store, cursor: str) -> None:
    for ask in (store.listings.calls, store.listings.recordings, store.listings.incidents):
        with pytest.raises(Fault, match="cursor"):
            await ask(ALL, after=cursor, most=1)


@pytest.mark.parametrize("most", [1, 2, 100])
@pytest.mark.parametrize("looked", [1, 3, 1000])
async def test_to_a_number_and_what_was_dialled_so_and_is_none(store: Store, most: int, looked: int) -> None:
    made = []
    for second in range(20):
        match second % 5:
            case 0:
                made.append(call(second))
            case 1:
                made.append(call(second, number="", given="+49301234567", allowed=False))
            case 2:
                made.append(call(second, "rival"))
            case 3:
                made.append(call(second, number="", given="abc", allowed=False))
            case 4:
                made.append(call(second, number=OTHER))
    await record(store, *made)
    listings = Listings(store, looked, looked)

    async def found(number: str, *given: str, wanted: Wanted = ALL) -> list[str]:
        return ids(await paged(listings.calls_to, most, number, given, wanted))

    assert await found(NUMBER) == ids([one for one in made if one.attempt.callee.e164 == NUMBER][::-1])
    mixed = [one for one in made if one.attempt.callee.given in (NUMBER, "+49301234567")]
    assert await found(NUMBER, "+49301234567") == ids(mixed[::-1])
    assert await found("", "abc") == ids([one for one in made if one.attempt.callee.given == "abc"][::-1])
    assert await found(NUMBER, wanted=Wanted(businesses=("rival",))) == ids(made[2::5][::-1])
    assert await found("", "") == []


async def test_one_call_whole(store: Store) -> None:
    (id,) = await record(store, call(1))
    there = await recorded(store, id, names=("a", "b"))
    found = await store.listings.call(id)
    assert found is not None and found.decision is not None
    assert (found.entry.business, found.decision.id, found.standing.flaw) == ("acme", id, "")
    assert sorted(one.id for one in found.recordings) == there
    assert await store.listings.call("0" * 32) is None


async def test_what_can_not_be_read_says_so(store: Store) -> None:
    (id,) = await record(store, call(1))
    with contextlib.closing(sqlite3.connect(store.path)) as db, db:
        db.execute("DROP TRIGGER decision_is_final")
        db.execute("UPDATE decision SET record = '{'")
    with pytest.raises(LedgerError, match=id):
        await store.listings.call(id)


# The recordings


@pytest.mark.parametrize("most", [1, 2, 3, 100])
@pytest.mark.parametrize("looked", [1, 2, 1000])
async def test_recordings_of_a_business(store: Store, most: int, looked: int) -> None:
    made = [call(second // 2, "acme" if second % 2 else "rival") for second in range(10)]
    await record(store, *made)
    there: dict[str, list[str]] = {}
    for place, one in enumerate(made):
        there[one.id] = await recorded(store, one.id, names=("a", "b", "c")[: place % 4])
    calls = sorted(made, key=lambda one: (one.decided_at, one.id), reverse=True)
    listings = Listings(store, looked, looked)
    everything = [recording for one in calls for recording in there[one.id]]
    assert ids(await paged(listings.recordings, most, ALL)) == everything
    mine = [
        recording
        for one in calls
        if one.facts.campaign and one.facts.campaign.business == "acme"
        for recording in there[one.id]
    ]
    assert ids(await paged(listings.recordings, most, Wanted(businesses=("acme",)))) == mine
    until = Wanted(until=AT + timedelta(seconds=2), since=AT + timedelta(seconds=1))
    within = [recording for one in calls if one.decided_at == until.since for recording in there[one.id]]
    assert ids(await paged(listings.recordings, most, until)) == within


async def test_a_recording_is_told_as_elsewhere(store: Store) -> None:
    """In every state: as ``recordings list`` tells it, in the list, alone, and with its call."""
    (id,) = await record(store, call(1))
    await recorded(store, id, names=("kept", "other"))
    await recorded(store, id, names=("running",), ended=False)
    (unseen, settled) = await recorded(store, id, names=("u", "s"), ended=False)
    for one in (unseen, settled):
        await store.recordings.finish(Finished(id=one, state="kept", ended_at=AT, sha256="x", unseen=True))
    await store.retention.settle(settled, True, reason="heard", **BY)
    hold = "INSERT INTO hold (scope, key, since, by, reason) VALUES"
    await sql(store, f"{hold} ('recording', '{settled}', 'x', 'chen', 'court')")
    await sql(
        store, f"{hold} ('call', '{id}', 'x', 'chen', 'court'), ('callee', '{NUMBER}', 'x', 'chen', 'c')"
    )
    told = {one.id: one for one in (await store.recording_list.list()).rows}
    assert {one.holds for one in told.values()} == {2, 3}
    assert {one.state for one in told.values()} == {"kept", "starting", "unseen"}
    assert {one.id: one for one in await paged(store.listings.recordings, 2, ALL)} == told
    for one in told.values():
        alone = await store.listings.recording(one.id)
        assert alone is not None and (alone.recording, alone.business) == (one, "acme")
    whole = await store.listings.call(id)
    assert whole is not None and {one.id: one for one in whole.recordings} == told
    for state in ("kept", "starting", "unseen", "failed"):
        found = await paged(store.listings.recordings, 1, ALL, state=state)
        assert set(ids(found)) == {one.id for one in told.values() if one.state == state}
    assert await store.listings.recording("0" * 32) is None


# The incidents


@pytest.mark.parametrize("looked", [1, 2, 1000])
async def test_incidents_of_a_call_are_its_business_and_the_hosts_nobodys(store: Store, looked: int) -> None:
    mine, theirs = await record(store, call(1), call(2, "rival"))
    for about in (mine, "", theirs, "0" * 32, mine):
        await store.incidents.add(at=AT, node="n", kind="recording-gap", decision=about)
    listings = Listings(store, looked, looked)
    everything = await paged(listings.incidents, 2, ALL)
    assert [one.incident.seq for one in everything] == [5, 4, 3, 2, 1]
    assert [one.business for one in everything] == ["acme", "", "rival", "", "acme"]
    found = await paged(listings.incidents, 1, Wanted(businesses=("acme",)))
    assert [one.incident.seq for one in found] == [5, 1]
    assert await paged(listings.incidents, 1, ALL, kind="busy-callee") == []
    assert await paged(listings.incidents, 1, Wanted(until=AT)) == []
    assert len(await paged(listings.incidents, 1, Wanted(since=AT))) == 5


async def test_which_numbers_are_ours(store: Store) -> None:
    with contextlib.closing(sqlite3.connect(store.path)) as db, db:
        db.execute("INSERT INTO business VALUES ('acme', 'Acme', 'own-business', 'x')")
        db.execute(
            "INSERT INTO caller_id VALUES"
            " ('95512', 'acme', 'L', 'CT', 1, '[]', '[]', '2026-01-01', NULL, 'x', '[]')"
        )
        db.execute(
            "INSERT INTO register_change (at, actor, register, action, key, detail)"
            " VALUES ('x', 'chen', 'caller-id', 'remove', '4008001234', '{}')"
        )
    asked = ["95512", "4008001234", NUMBER, ""]
    assert await store.listings.ours(asked) == {"95512", "4008001234"}


# What it costs


PLANS = plans("listings")
NEAREST = "SEARCH decision USING COVERING INDEX decision_in_report ((decided_at,id)<(?,?) AND decided_at>?)"


@pytest.mark.parametrize("name", PLANS)
def test_nothing_is_scanned_and_nothing_sorted_that_was_not_bounded(name: str) -> None:
    scans = [step for step in PLANS[name] if step.startswith("SCAN")]
    named = {step.split(" ")[1] for step in scans}
    assert named <= {"near", "asked", "json_each"}, PLANS[name]
    sorts = [step for step in PLANS[name] if "TEMP B-TREE" in step]
    part = re.compile("USE TEMP B-TREE FOR (LAST TERM|RIGHT PART) OF ORDER BY")  # of equal times
    assert all(map(part.fullmatch, sorts)) or name == "recordings_of", sorts


@pytest.mark.parametrize("name", ["calls", "calls_end", "recordings", "recordings_end"])
def test_a_page_begins_where_the_last_one_ended(name: str) -> None:
    """In an index that has all that is looked at: a decision's JSON is read for what is shown alone."""
    step = next(step for step in PLANS[name] if " decision " in step)
    assert step.startswith("SEARCH decision USING COVERING INDEX decision_in_report ("), PLANS[name]
    assert "decided_at>?" in step and re.search(r"decided_at(,id\))?<", step), step


async def test_a_page_of_a_business_among_many_looks_no_further_than_it_may(store: Store) -> None:
    """Of two thousand calls of another's: so many steps of SQLite, not all."""
    await record(store, call(0), *(call(second, "rival") for second in range(1, 2000)))
    counted = 0

    def step() -> int:
        nonlocal counted
        counted += 1
        return 0

    await store.read(lambda connection: connection.set_progress_handler(step, 100))
    page = await Listings(store, 100, 100).calls(Wanted(businesses=("acme",)), most=10)
    assert (list(page.rows), bool(page.next)) == ([], True)
    few, counted = counted, 0
    await Listings(store, 10_000, 100).calls(Wanted(businesses=("acme",)), most=10)
    assert few * 5 < counted


# Read only


async def test_who_looks_can_not_write_and_keeps_nobody_waiting(store: Store) -> None:
    await record(store, call(1))
    async with store.looking() as looking:
        assert len((await looking.listings.calls(ALL, most=5)).rows) == 1
        with pytest.raises(StoreError, match="readonly"):
            await looking.incidents.add(at=AT, node="n", kind="recording-gap")
        begun, go_on = asyncio.Event(), asyncio.Event()
        loop = asyncio.get_running_loop()

        def long(connection: sqlite3.Connection) -> int:
            first = connection.execute("SELECT count(*) FROM decision").fetchone()[0]
            loop.call_soon_threadsafe(begun.set)
            asyncio.run_coroutine_threadsafe(go_on.wait(), loop).result(20)
            return first + connection.execute("SELECT count(*) FROM decision").fetchone()[0]

        reading = asyncio.create_task(looking.read(long))
        async with asyncio.timeout(WAIT):
            await begun.wait()
            await record(store, call(2))  # while it reads
            go_on.set()
            assert await reading == 2  # of its snapshot


async def test_what_nobody_waits_for_ends(store: Store) -> None:
    endless = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT max(i) FROM n"
    async with asyncio.timeout(WAIT):
        with pytest.raises(TimeoutError):
            async with asyncio.timeout(0.2), store.looking() as looking:
                await looking.read(lambda connection: connection.execute(endless).fetchone())


async def test_who_looks_next_is_given_what_nobody_looks_by(store: Store) -> None:
    """To open a connection costs as much as what most look for."""

    async def connection_of(looking: Store) -> sqlite3.Connection:
        return await looking.read(lambda connection: connection)

    async with store.looking() as looking:
        first = await connection_of(looking)
        async with store.looking() as another:
            second = await connection_of(another)
    async with store.looking() as looking, store.looking() as another:
        assert {await connection_of(looking), await connection_of(another)} == {first, second}
    assert first is not second
    with pytest.raises(TimeoutError):
        async with store.looking() as looking:
            left = await connection_of(looking)
            async with asyncio.timeout(0.05):
                await looking.read(lambda _: time.sleep(0.5))
    async with store.looking() as looking, store.looking() as another:
        assert left not in {await connection_of(looking), await connection_of(another)}


async def test_no_more_of_them_are_kept_than_a_few(store: Store) -> None:

    async def are(wanted: int) -> None:
        """(A thread that was told to end does so a moment later.)"""
        async with asyncio.timeout(WAIT):
            while threading.active_count() != before + wanted:
                await asyncio.sleep(0.01)

    await store.listings.calls(ALL, most=1)
    before = threading.active_count()
    async with contextlib.AsyncExitStack() as stack:
        for _ in range(MOST_SPARE + 2):
            looking = await stack.enter_async_context(store.looking())
            await looking.listings.calls(ALL, most=1)
        await are(MOST_SPARE + 2)
    await are(MOST_SPARE)
    await store.close()
    await are(-1)


async def test_another_version_is_not_brought_up_to_date(store: Store, tmp_path: Path) -> None:
    with contextlib.closing(sqlite3.connect(store.path)) as db:
        db.execute("PRAGMA user_version = 3")
    with pytest.raises(StoreError, match="version 3"):
        async with store.looking() as looking:
            await looking.listings.calls(ALL, most=1)
    gone = Store(tmp_path / "none.db")
    with pytest.raises(StoreGone):
        async with gone.looking() as looking:
            await looking.listings.calls(ALL, most=1)
