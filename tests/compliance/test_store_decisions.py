"""Decisions and recordings in the store: a sequence without gaps, and rows that can not be changed."""

from __future__ import annotations

import asyncio
import multiprocessing
import sqlite3
from collections.abc import AsyncIterator
from datetime import date
from pathlib import Path

import pytest

from dialpact.compliance.errors import StoreBusy, StoreError, StoreRefused
from dialpact.compliance.reasons import Reason
from dialpact.compliance.recorded import Finished, NewRecording
from dialpact.store.ports.decisions import Undelivered
from dialpact.store.sqlite import Store, create
from dialpact.store.units import decisions, recordings
from tests.compliance.store_values import ASKED, AT, Fixed, Still, attempt, decision, waiting
from tests.compliance.test_store_registers import but


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


async def record(store: Store, *made) -> None:
    await store.transact(lambda connection: decisions.record(connection, made))


async def sql(store: Store, statement: str) -> list:
    return await store.transact(lambda connection: connection.execute(statement).fetchall())


# The sequence


def racer(path: str, count: int) -> None:
    async def run() -> None:
        async with await Store.open(Path(path), busy_ms=10_000) as store:
            for place in range(count):
                judge = Fixed(decision(allowed=place % 2 == 0))
                await store.decisions.decide([waiting()], judge, Still())

    asyncio.run(run())


def test_two_processes_leave_no_gap(tmp_path: Path) -> None:
    path = tmp_path / "a.db"
    create(path)
    processes = [
        multiprocessing.get_context("spawn").Process(target=racer, args=(str(path), 100)) for _ in range(2)
    ]
    for process in processes:
        process.start()
    for process in processes:
        process.join(60)
        assert process.exitcode == 0
    connection = sqlite3.connect(path)
    assert [seq for (seq,) in connection.execute("SELECT seq FROM decision ORDER BY seq")] == list(
        range(1, 201)
    )
    connection.close()


async def test_a_batch_that_fails_leaves_no_gap(store: Store) -> None:
    class Fails(Fixed):
        def decide(self, *_, **__):
            raise StoreError("the disk broke")

    await record(store, decision())
    with pytest.raises(StoreError):
        await store.decisions.decide([waiting()], Fails(), Still(), overdue=[decision()])
    await record(store, decision())
    assert [row[0] for row in await sql(store, "SELECT seq FROM decision ORDER BY seq")] == [1, 2]


async def test_overdue_refusals_come_first(store: Store) -> None:
    late = decision(allowed=False)
    made = decision()
    await store.decisions.decide([waiting()], Fixed(made), Still(), overdue=[late])
    assert [row[0] for row in await sql(store, "SELECT id FROM decision ORDER BY seq")] == [late.id, made.id]


@pytest.mark.parametrize("told", [False, True])
async def test_what_was_told_holds_over_a_commit_that_nobody_saw(store: Store, told: bool) -> None:
    made = decision()
    await record(store, made)
    await store.decisions.decide([], Fixed(made), Still(), overdue=[but(decision(allowed=told), id=made.id)])
    assert [row[0] for row in await sql(store, "SELECT verdict FROM decision")] == ["ALLOW"]
    marked = [tuple(row) for row in await sql(store, "SELECT decision, reason FROM undelivered")]
    assert marked == ([] if told else [(made.id, "do-not-call")])


async def test_past_its_deadline_an_attempt_is_refused_unjudged_under_its_id(store: Store) -> None:
    made, late = decision(), waiting(seconds=-1)
    found = await store.decisions.decide([late, waiting()], Fixed(made), Still())
    assert [one.decision.id for one in found] == [late.id, made.id]
    assert [tuple(row) for row in await sql(store, "SELECT seq, id, verdict FROM decision ORDER BY seq")] == [
        (1, late.id, "BLOCK"),
        (2, made.id, "ALLOW"),
    ]


# Rows that stay


@pytest.mark.parametrize(
    "statement",
    [
        "UPDATE decision SET verdict = 'BLOCK'",
        "UPDATE decision SET seq = seq + 1",
        "UPDATE decision SET record = '{}'",
        "DELETE FROM decision",
    ],
)
async def test_a_decision_is_final(store: Store, statement: str) -> None:
    await record(store, decision())
    with pytest.raises(StoreRefused, match="never"):
        await sql(store, statement)
    assert len((await store.calls.list()).rows) == 1


@pytest.mark.parametrize(("dial", "reasons"), [("", "[]"), ("13800138000", '["do-not-call"]')])
async def test_the_table_refuses_an_allow_without_number_or_with_reasons(
    store: Store, dial: str, reasons: str
) -> None:
    columns = (
        "seq, id, node, decided_at, verdict, reasons, number, given, dial, caller_id, campaign, business, "
    )
    columns += "agent, trunk, channel, uniqueid, attack, record"
    values = f"1, 'x', '', '', 'ALLOW', '{reasons}', '', '', '{dial}', '', '', '', '', '', '', '', '', ''"
    with pytest.raises(StoreRefused):
        await sql(store, f"INSERT INTO decision ({columns}) VALUES ({values})")


async def test_the_same_id_twice_is_refused(store: Store) -> None:
    made = decision()
    await record(store, made)
    with pytest.raises(StoreRefused):
        await record(store, made)


async def test_a_decision_comes_back_whole(store: Store) -> None:
    made = decision(allowed=False)
    await record(store, made)
    stored = await store.calls.get(made.id)
    assert (stored.decision, stored.undelivered) == (made, None)
    assert await store.calls.get("0" * 32) is None


async def test_an_undelivered_allow_is_told_as_the_block_it_became(store: Store) -> None:
    made = decision()
    await record(store, made)
    await store.decisions.undelivered([Undelivered(made.id, AT, Reason.DEADLINE)])
    (call,) = (await store.calls.list()).rows
    assert (call.verdict, call.reasons) == ("BLOCK", ("deadline",))
    assert (await store.calls.list(verdict="ALLOW")).rows == []
    assert len((await store.calls.list(verdict="BLOCK")).rows) == 1


# Recordings


def beginning(decided: str, name: str = "r1") -> NewRecording:
    return NewRecording(
        id=name,
        decision=decided,
        node="pbx1",
        channel="PJSIP/carrier-1",
        uniqueid="1.1",
        number="+8613800138000",
        caller_id="02787654321",
        campaign="renewal",
        started_at=AT,
        format="wav",
        path=f"/r/{name}.wav",
        callee_path=f"/r/{name}-in.wav",
        agent_path=f"/r/{name}-out.wav",
    )


async def recorded(store: Store, name: str = "r1") -> None:
    made = decision()
    await record(store, made)
    await store.recordings.start(beginning(made.id, name))


async def test_an_allow_that_a_leg_uses_is_not_taken_back(store: Store) -> None:
    """Found by the model (docs/model, MARKED_THOUGH_USED): the PBX's confirmation came too late, its leg had
    been judged, and the call talked by a decision that was marked, which no cap counted.
    """
    made = decision()
    await record(store, made)
    await store.recordings.start(beginning(made.id))
    await store.decisions.undelivered([Undelivered(made.id, AT, Reason.GATE_ERROR)])
    assert (await store.calls.get(made.id)).undelivered is None
    await store.decisions.decide([], Fixed(made), Still(), overdue=[but(decision(allowed=False), id=made.id)])
    assert (await store.calls.get(made.id)).undelivered is None


async def test_no_recording_begins_by_an_allow_that_was_taken_back(store: Store) -> None:
    """The other order: it was marked between the look at its leg and the recording's row."""
    made, other = decision(), decision()
    await record(store, made, other)
    await store.decisions.undelivered([Undelivered(made.id, AT, Reason.GATE_ERROR)])
    refused, begun = await asyncio.gather(
        store.recordings.start(beginning(made.id)),
        store.recordings.start(beginning(other.id, "r2")),
        return_exceptions=True,
    )
    assert isinstance(refused, StoreRefused) and begun is None, "another's in the same transaction begins"
    assert [row["id"] for row in await recordings.list_recordings(store)] == ["r2"]


async def test_keep_until_only_rises(store: Store) -> None:
    await recorded(store)
    end = Finished(id="r1", state="kept", ended_at=AT, sha256="x", keep_until=date(2027, 11, 24))
    await store.recordings.finish(end)
    for day in ("'2027-11-23'", "NULL", "''"):
        with pytest.raises(StoreRefused, match="never lowered"):
            await sql(store, f"UPDATE recording SET keep_until = {day}")
    await sql(store, "UPDATE recording SET keep_until = '2027-11-25'")
    (row,) = await recordings.list_recordings(store)
    assert row["keep_until"] == "2027-11-25"


async def test_a_recording_needs_its_decision(store: Store) -> None:
    await recorded(store)
    with pytest.raises(StoreRefused):
        await sql(store, "UPDATE recording SET decision = 'nobody'")


async def test_two_recordings_never_share_a_file(store: Store) -> None:
    await recorded(store)
    with pytest.raises(StoreRefused):
        await recorded(store)


# The lease


async def test_the_lease_is_believed_while_it_lasts(store: Store) -> None:
    assert not (await store.calls.look(attempt(), ASKED, AT, live=True)).facts.recorder.ready
    await store.recorder_leases.renew("pbx1", ready=True, why="", seconds=60, at=AT)
    assert (await store.calls.look(attempt(), ASKED, AT, live=True)).facts.recorder.ready
    await store.recorder_leases.renew("pbx1", ready=False, why="disk full", seconds=60, at=AT)
    assert (await store.calls.look(attempt(), ASKED, AT, live=True)).facts.recorder.why == "disk full"
    await store.recorder_leases.renew("pbx1", ready=True, why="", seconds=-1, at=AT)
    assert not (await store.calls.look(attempt(), ASKED, AT, live=True)).facts.recorder.ready
    assert (await store.calls.look(attempt(), ASKED, AT, live=False)).facts.recorder is None


async def test_a_lease_from_before_a_restart_of_the_host_is_not_believed(store: Store) -> None:
    await store.recorder_leases.renew("pbx1", ready=True, why="", seconds=60, at=AT)
    await sql(store, "UPDATE recorder_lease SET boot_id = 'another'")
    assert not (await store.calls.look(attempt(), ASKED, AT, live=True)).facts.recorder.ready


async def test_a_busy_database_decides_nothing(store: Store) -> None:
    other = sqlite3.connect(store.path, isolation_level=None)
    async with await Store.open(store.path, busy_ms=50) as impatient:
        other.execute("BEGIN IMMEDIATE")
        with pytest.raises(StoreBusy):
            await impatient.decisions.decide([waiting()], Fixed(decision()), Still())
    other.execute("ROLLBACK")
    other.close()
    assert (await store.calls.list()).rows == []
