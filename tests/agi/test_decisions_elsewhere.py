"""Decisions in a process of their own: the same answers, and nothing lost or allowed when it ends."""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import sys
from collections.abc import AsyncIterator, Sequence
from datetime import UTC
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from dialpact.compliance import calendars, profile
from dialpact.compliance.clock import Clock
from dialpact.compliance.errors import StoreError, StoreGone
from dialpact.compliance.judge import Judge, new_id
from dialpact.compliance.model import Decision
from dialpact.compliance.numbers.areas import Area, Areas
from dialpact.compliance.profile import Policy
from dialpact.compliance.reasons import Reason
from dialpact.store import ports
from dialpact.store.ports.decisions import Decided, Judging, Undelivered, WaitingAttempt
from dialpact.store.sqlite import Store, decisions_elsewhere
from dialpact.store.sqlite.decisions_elsewhere import GateStore
from tests.agi.office import BUSY_MS, CALLER_ID, NUMBER, STRANGER, Office, policy, soon, until

ROOT = Path(__file__).parents[2]
FAR = 1e12  # a deadline of the monotonic clock


class Breaking(Judge):
    """Fails on one caller's attempts."""

    def decide(self, attempt: Any, *given: Any, **more: Any) -> Decision:
        if attempt.agent == "unlucky":
            raise LookupError("no such rule")
        return super().decide(attempt, *given, **more)


class NotForOthers(Judge):
    """Can be put away, and not be taken out again."""

    def __reduce__(self) -> Any:
        return (int, ("no judge",))


@pytest.fixture
async def store(office: Office) -> AsyncIterator[GateStore]:
    async with await GateStore.open(office.database, BUSY_MS, short_units=True) as store:
        await store.start()
        yield store


def waiting(office: Office, *numbers: str, **words: str) -> list[WaitingAttempt]:
    return [WaitingAttempt(new_id(), office.attempt(number, **words), FAR) for number in numbers]


def in_utc(decision: Decision) -> Decision:
    return structs.replace(decision, decided_at=decision.decided_at.astimezone(UTC))


def is_there(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text("ascii").rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # ended, and its parent has not looked yet


async def test_the_same_answers_as_beside_the_event_loop(
    office: Office, store: GateStore, tmp_path: Path
) -> None:
    (other := tmp_path / "other").mkdir()
    beside = Office(other)
    batch = waiting(office, NUMBER, STRANGER, "110", "", NUMBER)
    late = batch[0]._replace(id=new_id(), deadline=0.0)
    found = await store.decisions.decide([*batch, late], office.judge, office.clock)
    async with beside.store() as here:
        known = await here.decisions.decide([*batch, late], beside.judge, beside.clock)
    assert [in_utc(one.decision) for one in found] == [in_utc(one.decision) for one in known]
    assert [one.failure for one in found] == [None] * 6
    rows = "SELECT seq, id, verdict, reasons, dial, record FROM decision ORDER BY seq"
    assert office.sql(rows) == beside.sql(rows)
    leaves = "SELECT leaf_index, kind, key, version FROM ledger ORDER BY leaf_index"
    assert office.sql(leaves) == beside.sql(leaves) and len(office.sql(leaves)) >= 6


async def test_a_gate_on_it_allows_blocks_and_marks(office: Office, store: GateStore) -> None:
    async with office.gate(store) as gate:
        found = await asyncio.gather(*(gate.decide(office.attempt(), soon()) for _ in range(250)))
        await gate.withdraw(found[0], Reason.GATE_ERROR)
    assert all(one.allowed for one in found) and len(office.decisions()) == 250
    assert office.undelivered() == [(found[0].id, "gate-error")]


async def test_a_reload_is_another_judge_and_calls_that_began_keep_theirs(
    office: Office, store: GateStore
) -> None:
    judges = [Judge(policy(), office.config.trunks, node) for node in map(str, range(9))]
    for judge in (*judges, judges[0], judges[8], judges[0]):
        attempt = judge.attempt(NUMBER, "spring", "02788880007", trunk="carrier")
        (done,) = await store.decisions.decide([WaitingAttempt(new_id(), attempt, FAR)], judge, office.clock)
        assert done.decision.attempt.node == judge.node


@pytest.mark.parametrize("name", profile.names())
async def test_the_rules_of_every_profile_arrive(office: Office, store: GateStore, name: str) -> None:
    areas = Areas({"999": (Area(code="999", region="US", zones=("America/Chicago",)),)}, "digest")
    rules = Policy((profile.load(name),), calendars.load(), areas)
    judge = Judge(rules, office.config.trunks, "pbx1")
    attempt = judge.attempt(NUMBER, "spring", CALLER_ID, trunk="carrier")
    (done,) = await store.decisions.decide([WaitingAttempt(new_id(), attempt, FAR)], judge, office.clock)
    assert done.failure is None
    assert done.decision.policy == rules.versions
    assert done.decision.number_metadata == judge.too_late(attempt, office.clock.now()).number_metadata


async def test_what_the_rules_raise_blocks_that_one_and_is_told(office: Office, store: GateStore) -> None:
    judge = Breaking(policy(), office.config.trunks, "pbx1")
    batch = waiting(office, NUMBER) + waiting(office, NUMBER, agent="unlucky")
    good, bad = await store.decisions.decide(batch, judge, office.clock)
    assert good.decision.allowed and good.failure is None
    assert bad.decision.reasons == (Reason.GATE_ERROR,) and "no such rule" in str(bad.failure)


async def test_rules_that_do_not_arrive_allow_nothing(office: Office, store: GateStore) -> None:
    judge = NotForOthers(policy(), office.config.trunks, "pbx1")
    async with office.gate(store, judge=judge) as gate:
        assert (await gate.decide(office.attempt(), soon())).reasons == (Reason.GATE_ERROR,)
        gate.judge = office.judge
        assert (await gate.decide(office.attempt(), soon())).allowed


async def test_a_process_that_is_killed_allows_nothing_and_is_started_again(
    office: Office, store: GateStore
) -> None:
    async with office.gate(store) as gate:
        assert (await gate.decide(office.attempt(), soon())).allowed
        first = store.decisions.pid
        assert first is not None
        os.kill(first, signal.SIGSTOP)  # it has the question, and no answer
        asked = asyncio.create_task(gate.decide(office.attempt(), soon()))
        await asyncio.sleep(0)
        os.kill(first, signal.SIGKILL)
        block = await asked
        assert block.reasons == (Reason.GATE_ERROR,)
        await until(lambda: len(office.decisions()) == 2, "its row, by the next process")
        assert store.decisions.pid not in (None, first)
        assert (await gate.decide(office.attempt(), soon())).allowed
    assert [verdict for verdict, _ in office.decisions()] == ["ALLOW", "BLOCK", "ALLOW"]
    assert office.sql("SELECT id FROM decision WHERE verdict = 'BLOCK'") == [(block.id,)]


async def test_one_that_never_answers_costs_the_call_and_not_the_gate(
    office: Office, store: GateStore
) -> None:
    pid = store.decisions.pid
    assert pid is not None
    async with office.gate(store) as gate:
        os.kill(pid, signal.SIGSTOP)
        assert (await gate.decide(office.attempt(), soon(0.1))).reasons == (Reason.DEADLINE,)
        os.kill(pid, signal.SIGCONT)
        assert (await gate.decide(office.attempt(), soon())).allowed


class Unsure(Store):
    """Its commit happens, and it says that it failed, once."""

    failing = True

    @property
    def decisions(self) -> Any:
        return self

    async def decide(
        self, batch: Sequence[WaitingAttempt], judge: Judging, clock: Clock, overdue: Sequence[Decision] = ()
    ) -> Sequence[Decided]:
        done = await Store.decisions.__get__(self).decide(batch, judge, clock, overdue)
        if self.failing:
            self.failing = False
            raise StoreError("ended")
        return done

    async def undelivered(self, marks: Sequence[Undelivered]) -> None:
        await Store.decisions.__get__(self).undelivered(marks)


async def test_an_allow_that_was_committed_and_never_answered_is_marked(office: Office) -> None:
    async with await Unsure.open(office.database, BUSY_MS) as unsure:
        store: ports.Store = unsure
        async with office.gate(store) as gate:
            block = await gate.decide(office.attempt(), soon())
            assert block.reasons == (Reason.GATE_ERROR,)
            await until(office.undelivered)
    assert [verdict for verdict, _ in office.decisions()] == ["ALLOW"]
    assert office.undelivered() == [(block.id, "gate-error")]


async def test_a_database_that_went_and_came_back(office: Office, store: GateStore) -> None:
    away = office.database.with_suffix(".away")
    async with office.gate(store) as gate:
        office.database.rename(away)
        assert (await gate.decide(office.attempt(), soon())).reasons == (Reason.GATE_ERROR,)
        assert not office.database.exists(), "it is not made anew"
        shutil.copy(away, office.database)  # another file of that name
        await until(lambda: len(office.decisions()) == 1)
        assert (await gate.decide(office.attempt(), soon())).allowed


async def test_no_database_no_start(tmp_path: Path) -> None:
    store = decisions_elsewhere.DecisionsElsewhere(tmp_path / "none.db", BUSY_MS)
    with pytest.raises(StoreGone):
        await store.start()
    with pytest.raises(StoreError, match="has ended"):  # not again and again
        await store.start()
    assert store.pid is None
    await store.close()


async def test_it_ends_with_its_store(office: Office) -> None:
    async with await GateStore.open(office.database, BUSY_MS) as store:
        await store.start()
        pid = store.decisions.pid
        assert pid is not None and is_there(pid)
        os.kill(pid, signal.SIGTERM)  # sent to the whole group by whoever stops the service
        (done,) = await store.decisions.decide(waiting(office, NUMBER), office.judge, office.clock)
        assert done.decision.allowed
    assert not is_there(pid)


GATE = """
import asyncio, os, sys
from pathlib import Path
from dialpact.compliance import config
from dialpact.compliance.judge import Judge
from dialpact.store.ports.decisions import WaitingAttempt
from dialpact.store.sqlite.decisions_elsewhere import GateStore
from tests.agi.office import CALLER_ID, NUMBER, SetClock, policy

async def main():
    store = await GateStore.open(Path(sys.argv[1]), 20_000)
    await store.start()
    print(store.decisions.pid, flush=True)
    sys.stdin.readline()
    judge = Judge(policy(), {"carrier": config.Trunk(endpoint="carrier")}, "pbx1")
    attempt = judge.attempt(NUMBER, "spring", CALLER_ID, trunk="carrier")
    asked = asyncio.create_task(
        store.decisions.decide([WaitingAttempt("0" * 32, attempt, 1e12)], judge, SetClock())
    )
    await asyncio.sleep(0.2)
    os.kill(os.getpid(), 9)

asyncio.run(main())
"""


async def test_it_ends_with_a_gate_that_is_killed_and_what_that_asked_does_not_happen(
    office: Office,
) -> None:
    gate = await asyncio.create_subprocess_exec(
        *(sys.executable, "-c", GATE, str(office.database)),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        cwd=ROOT,
    )
    assert gate.stdin is not None and gate.stdout is not None
    pid = int(await gate.stdout.readline())
    with office.locked():
        gate.stdin.write(b"ask\n")
        assert await gate.wait() == -signal.SIGKILL
        assert is_there(pid)  # it has the question, and waits
    await until(lambda: not is_there(pid))
    assert office.decisions() == []
