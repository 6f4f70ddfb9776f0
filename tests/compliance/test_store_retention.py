"""The store refuses by itself what must not be done to a recording, whatever program asks."""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta
from pathlib import Path

import pytest

from dialpact.application.ledger import proven
from dialpact.compliance.clock import Uptime, instant
from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.hold import HoldScope
from dialpact.compliance.trusted_time import Reading
from dialpact.compliance.waveform import Waveform
from dialpact.store.sqlite import Store, create, migrate
from dialpact.store.units import clocks, decisions, recordings
from tests.compliance.store_values import AT, NUMBER, decision

INSERT_DISPOSAL = "INSERT INTO disposal (recording, at, by, keep_until, reading) VALUES "
BY = {"by": "chen", "at": AT}
KEPT = 18  # the migration that says where trusted time begins
LAST = date(2026, 12, 24)  # of the recording r1
OVER = datetime.fromisoformat("2026-12-25T12:00:00+00:00")  # when that day is over everywhere


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        made = decision()
        await store.transact(lambda connection: decisions.record(connection, [made]))
        for id in ("r1", "r2"):
            await store.recordings.start(
                NewRecording(
                    id=id,
                    decision=made.id,
                    node="n",
                    channel="c",
                    uniqueid=id,
                    number=NUMBER,
                    caller_id="1",
                    campaign="x",
                    started_at=AT,
                    format="wav",
                    path=f"/r/{id}",
                    callee_path=f"/r/{id}c",
                    agent_path=f"/r/{id}a",
                ),
            )
        end = Finished(id="r1", state="kept", ended_at=AT, sha256="x", keep_until=LAST)
        await store.recordings.finish(end)
        yield store


async def sql(store: Store, statement: str) -> None:
    await store.transact(lambda connection: connection.execute(statement))


async def clock(store: Store, *readings: tuple[datetime, timedelta]) -> None:
    def work(connection: sqlite3.Connection) -> None:
        for at, up in readings:
            clocks.take(connection, at, Uptime("boot", up), "test")

    await store.transact(work)


async def run_until(store: Store, at: datetime) -> None:
    """An honest clock on a host that runs all the time."""
    await clock(store, (AT, timedelta()), (at, at - AT))


async def logged(store: Store, key: str = "r1") -> list[tuple[str, str, dict[str, object]]]:
    found = await store.transact(
        lambda connection: connection.execute(
            "SELECT action, actor, detail FROM register_change WHERE register = 'recording' AND key = ?",
            [key],
        ).fetchall()
    )
    return [(action, actor, json.loads(detail)) for action, actor, detail in found]


# Disposal


@pytest.mark.parametrize(
    ("at", "up", "allowed", "reason"),
    [
        (OVER, OVER - AT, True, "its last day is over everywhere"),
        (OVER - timedelta(microseconds=1), OVER - AT, False, "a microsecond before, by the wall clock"),
        (OVER, OVER - AT - timedelta(microseconds=1), False, "a microsecond before, by the uptime"),
        (AT + timedelta(days=365), timedelta(hours=1), False, "the clock was set forward a year"),
    ],
)
async def test_disposed_of_in_its_time_only(
    store: Store, at: datetime, up: timedelta, allowed: bool, reason: str
) -> None:
    await clock(store, (AT, timedelta()), (at, up))
    if not allowed:
        with pytest.raises(StoreRefused, match="witnessed time"):
            await store.disposals.record("r1", LAST, by="chen", at=at)
        assert await logged(store) == []
        return
    assert await store.disposals.record("r1", LAST, by="chen", at=at), reason
    ((action, actor, detail),) = await logged(store)
    assert (action, actor, detail["sha256"]) == ("dispose", "chen", "x")
    await store.disposals.finish("r1", at)
    assert [action for action, *_ in await logged(store)] == ["dispose", "disposed"]


async def test_without_a_clock_reading_nothing_goes(store: Store) -> None:
    with pytest.raises(StoreRefused, match="witnessed time"):
        await store.disposals.record("r1", LAST, by="chen", at=OVER)


async def test_held_it_stays(store: Store) -> None:
    await run_until(store, OVER)
    await store.holds.add("recording", "r1", reason="court", **BY)
    assert not await store.disposals.record("r1", LAST, by="chen", at=OVER)
    with pytest.raises(StoreRefused, match="legal hold"):
        await sql(
            store,
            INSERT_DISPOSAL + f"('r1', '', 'x', '{LAST}', 2)",
        )


@pytest.mark.parametrize(
    ("statement", "match"),
    [
        ("DELETE FROM recording", "never deleted"),
        (
            "INSERT OR REPLACE INTO recording SELECT * FROM recording WHERE id = 'r1'",
            "without an end|already",
        ),
        ("INSERT OR REPLACE INTO recording SELECT * FROM recording WHERE id = 'r2'", "already"),
        ("UPDATE OR REPLACE recording SET path = '/r/r1' WHERE id = 'r2'", "keeps its id and its path"),
        ("UPDATE recording SET id = 'r3' WHERE id = 'r2'", "keeps its id"),
        ("UPDATE recording SET keep_until = '2026-12-23'", "never lowered"),
        ("UPDATE recording SET keep_until = 'x' WHERE id = 'r2'", "is a day"),
        ("UPDATE recording SET keep_until = '2027-02-30' WHERE id = 'r2'", "is a day"),
        ("UPDATE recording SET disposed_at = '2026-12-26' WHERE id = 'r1'", "disposed of by its row"),
        ("UPDATE witnessed SET us = us + 1", "clock readings alone"),
        ("DELETE FROM witnessed", "clock readings alone"),
        ("INSERT OR REPLACE INTO witnessed SELECT reading, us + 1, 0 FROM witnessed", "clock readings alone"),
        ("INSERT INTO witnessed SELECT reading + 1, us, 0 FROM witnessed", "clock readings alone"),
        ("INSERT OR REPLACE INTO clock_reading SELECT * FROM clock_reading", "never changed"),
        ("INSERT INTO clock_reading VALUES (9, 'now', 'b', 1, '')", "not a clock"),
        ("INSERT INTO clock_reading VALUES (9, '2026-02-30T00:00:00.000000Z', 'b', 1, '')", "not a clock"),
        ("INSERT INTO clock_reading VALUES (9, '2026-02-28T00:00:00Z', 'b', 1, '')", "not a clock"),
        ("INSERT INTO clock_reading VALUES (9, '2026-02-28T00:00:00.000000Z', 'b', -1, '')", "not a clock"),
        ("DELETE FROM hold", "only ever released"),
        ("UPDATE hold SET reason = 'x'", "only ever released"),
        ("INSERT OR REPLACE INTO hold SELECT * FROM hold", "only ever released"),
        ("UPDATE hold SET released_at = '', released_by = '', release_reason = ''", "CHECK"),
        (INSERT_DISPOSAL + "('r2', '', 'x', '2020-01-01', 1)", "not a recording that has ended"),
        (INSERT_DISPOSAL + "('r1', '', 'x', '2020-01-01', 1)", "not a recording that has ended"),
    ],
)
async def test_what_the_store_refuses(store: Store, statement: str, match: str) -> None:
    await clock(store, (AT, timedelta()))
    await store.holds.add("callee", "+8613800138001", reason="court", **BY)
    with pytest.raises(StoreRefused, match=match):
        await sql(store, statement)


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM disposal",
        "UPDATE disposal SET by = 'y', done_at = 'x'",
        "UPDATE disposal SET done_at = NULL",
    ],
)
async def test_a_disposal_stays(store: Store, statement: str) -> None:
    await run_until(store, OVER)
    await store.disposals.record("r1", LAST, by="chen", at=OVER)
    with pytest.raises(StoreRefused, match="a disposal is never"):
        await sql(store, statement)
    with pytest.raises(StoreRefused, match="disposed of already"):
        await store.disposals.record("r1", LAST, by="chen", at=OVER)
    (row,) = await recordings.list_recordings(store, id="r1")
    assert (row["state"], row["disposed_at"]) == ("disposed", "2026-12-25T12:00:00.000000Z")


async def test_a_keep_until_that_was_lowered_by_force_is_found_in_the_log(store: Store) -> None:
    await store.retention.keep("r1", date(2030, 1, 1), reason="contract", **BY)
    await run_until(store, OVER)
    await sql(store, "DROP TRIGGER recording_keep_until_only_rises")
    await sql(store, f"UPDATE recording SET keep_until = '{LAST}' WHERE id = 'r1'")
    with pytest.raises(StoreRefused, match="by the log"):
        await store.disposals.record("r1", LAST, by="chen", at=OVER)


# Keeping for longer


async def test_kept_for_longer(store: Store) -> None:
    assert await store.retention.keep("r1", date(2027, 1, 1), reason="contract", **BY) == "updated"
    assert await store.retention.keep("r1", date(2027, 1, 1), reason="contract", **BY) == "already"
    with pytest.raises(Fault, match="2027-01-01"):
        await store.retention.keep("r1", date(2026, 12, 31), reason="x", **BY)
    for id in ("r2", "none"):
        with pytest.raises(Fault):
            await store.retention.keep(id, date(2027, 1, 1), reason="x", **BY)
    change = {"from": "2026-12-24", "to": "2027-01-01", "reason": "contract"}
    assert await logged(store) == [("keep", "chen", change)]


async def test_longer_profiles_raise_and_shorter_ones_change_nothing(store: Store) -> None:
    async def apply(until: date) -> int:
        raised = await store.retention.raise_to(lambda ended: until, ["p"], after="", **BY)
        return raised.count

    assert await apply(date(2026, 12, 1)) == 0
    assert await apply(date(2031, 11, 24)) == 1
    assert await apply(date(2031, 11, 24)) == 0
    (row,) = await recordings.list_recordings(store, id="r1")
    assert row["keep_until"] == "2031-11-24"
    change = {"from": "2026-12-24", "to": "2031-11-24", "profiles": ["p"]}
    assert await logged(store) == [("policy", "chen", change)]


# Holds


async def test_holds_of_every_scope_each_released_on_its_own(store: Store) -> None:
    (row,) = await recordings.list_recordings(store, id="r1")
    made = [
        await store.holds.add(scope, key, reason=f"because {scope}", **BY)
        for scope, key in (
            ("recording", "r1"),
            ("call", row["decision"]),
            ("callee", NUMBER),
            ("recording", "r1"),
        )
    ]
    assert [hold.recordings for hold in made] == [1, 2, 2, 1]
    await run_until(store, OVER)
    for hold in made:
        assert not await store.disposals.record("r1", LAST, by="chen", at=OVER)
        ended = await store.holds.release(hold.id, reason="over", **BY)
        assert (ended.released_by, ended.release_reason) == ("chen", "over")
        with pytest.raises(Fault):
            await store.holds.release(hold.id, reason="again", **BY)
    assert (await store.holds.list()).rows == []
    assert len((await store.holds.list(recording="r1", released=True)).rows) == 4
    assert [hold.id for hold in (await store.holds.list(recording="r2", released=True)).rows] == [2, 3]
    assert [action for action, *_ in await logged(store)] == ["hold", "hold", "release", "release"]
    assert await store.disposals.record("r1", LAST, by="chen", at=OVER)
    with pytest.raises(Fault, match="disposed"):
        await store.holds.add("recording", "r1", reason="too late", **BY)


@pytest.mark.parametrize("scope", ["recording", "call"])
async def test_no_hold_on_what_is_not_there(store: Store, scope: HoldScope) -> None:
    with pytest.raises(Fault, match="none"):
        await store.holds.add(scope, "none", reason="x", **BY)


# The clock readings


async def forged(store: Store) -> int | None:
    """The first reading of those that are not as they were sealed, or from which another time follows."""
    try:
        await proven.replayed(store, proven.ACTS, proven.NOBODY)
    except proven.Unproven as error:
        return min(int(one.key) for one in error.findings if one.kind == "clock")
    return None


@pytest.mark.parametrize(
    ("statements", "found"),
    [
        ([], None),
        (["DROP TRIGGER witnessed_is_final", "UPDATE witnessed SET us = us + 1 WHERE reading = 3"], 3),
        (["DROP TRIGGER witnessed_stays", "DELETE FROM witnessed WHERE reading = 2"], 2),
        (
            ["DROP TRIGGER clock_reading_is_final", "UPDATE clock_reading SET at = '2027' || substr(at, 5)"],
            1,
        ),
        (
            [
                "DROP TRIGGER clock_reading_is_final",
                "UPDATE clock_reading SET uptime_us = uptime_us + 1 WHERE seq = 2",
            ],
            2,
        ),
    ],
)
async def test_readings_that_were_tampered_with_are_found(
    store: Store, statements: list[str], found: int | None
) -> None:
    await clock(store, *((AT + timedelta(hours=hours), timedelta(hours=hours)) for hours in range(450)))
    for statement in statements:
        await sql(store, statement)
    assert await forged(store) == found


async def test_the_first_reading_after_calls_is_believed_for_a_day(store: Store) -> None:
    """The decision of the fixture is of AT."""
    await clock(store, (AT + timedelta(days=400), timedelta(hours=1)))
    found = await store.transact(clocks.witness)
    assert found is not None and found.time == AT + timedelta(days=1)
    assert await forged(store) is None


def test_times_as_the_store_reads_them() -> None:
    assert (instant("1970-01-02T00:00:00.000001Z") - clocks.EPOCH) // clocks.MICROSECOND == 86_400_000_001


async def test_readings_from_before_there_was_trusted_time(tmp_path: Path) -> None:
    """From where on there is one is said in the log when the database is brought up to date, and the time
    that follows from the first reading of all counts where it is earlier.
    """
    path = tmp_path / "old.db"
    before = [script for script in migrate.scripts() if script[0] < KEPT]
    ahead = (AT + timedelta(days=400)).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as connection:
        migrate.migrate(connection, before)
        insert = "INSERT INTO clock_reading (at, boot_id, uptime_us, by) VALUES (?, 'boot', ?, 'keeper')"
        connection.execute(insert, (AT.strftime("%Y-%m-%dT%H:%M:%S.%fZ"), 0))
        connection.execute("DROP TRIGGER witnessed_stays")
        connection.execute("DELETE FROM witnessed")
        connection.execute(
            "CREATE TRIGGER witnessed_stays BEFORE DELETE ON witnessed\n"
            "BEGIN SELECT RAISE(ABORT, 'witnessed time follows from the clock readings alone'); END"
        )
        connection.execute(insert, (ahead, 600_000_000))
    async with await Store.open(path) as store:
        said = await store.changes.of("clock", "2")
        assert [one.action for one in said] == ["witnessed"]
        replayed = await proven.replayed(store, proven.ACTS, proven.NOBODY)
        now = Reading(AT + timedelta(days=400), Uptime("boot", timedelta(minutes=20)))
        seen = await store.clocks.foretell(now)
        assert seen.now == AT + timedelta(days=400)
        assert replayed.at_most(seen).now == AT + timedelta(minutes=20)


async def test_a_new_database_says_nothing_of_where_trusted_time_begins(store: Store) -> None:
    await clock(store, (AT, timedelta()))
    assert await store.changes.of("clock", "1") == []


async def test_what_was_drawn_of_a_recording_goes_with_it(store: Store) -> None:
    end = Finished(
        id="r2",
        state="kept",
        ended_at=AT,
        sha256="x",
        keep_until=LAST,
        waveforms={"callee": Waveform(1, b"\1"), "agent": Waveform(1, b"\2")},
    )
    await store.recordings.finish(end)
    await run_until(store, OVER)
    assert await store.disposals.record("r1", LAST, by="chen", at=OVER)
    assert set(await store.recording_search.waveforms("r2")) == {"callee", "agent"}
    assert await store.disposals.record("r2", LAST, by="chen", at=OVER)
    assert await store.recording_search.waveforms("r2") == {}
    with pytest.raises(StoreRefused):
        await sql(store, "INSERT INTO waveform VALUES ('r2', 'callee', 1, x'01')")
