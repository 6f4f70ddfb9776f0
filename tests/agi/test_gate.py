"""The gate: nothing is answered before it is stored, nothing is allowed too late, nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
from collections.abc import AsyncIterator, Callable, Iterator, Sequence
from functools import partial
from itertools import chain, repeat
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from agi.limits import Limits
from dialpact.application.gate import Gate
from dialpact.compliance.errors import StoreError
from dialpact.compliance.model import CallAttempt, Decision, Facts
from dialpact.compliance.reasons import Reason
from dialpact.store.ports.decisions import Decided, Judging, WaitingAttempt
from dialpact.store.units.facts import facts as stored_facts
from tests.agi.judges import OddJudge, Slow, breaking, refusable, sound, unstorable
from tests.agi.office import BUSY_MS, NUMBER, STRANGER, Office, soon, until
from tests.agi.stores import DISK_FULL, Batch, Held, Unsure, Watched
from tests.patience import WAIT

ALLOW = ("ALLOW", "[]")
QUICK = Limits(retry_seconds=0.02)
PATIENT = structs.replace(QUICK, retry_seconds=60)


def blocked(*codes: str) -> tuple[str, str]:
    return "BLOCK", "[" + ", ".join(f'"{code}"' for code in codes) + "]"


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, QUICK)


@pytest.fixture
async def held(office: Office) -> AsyncIterator[Held]:
    """Holds the store's thread after the judge and ahead of the commit."""
    async with await Held.open(office.database, BUSY_MS) as store:
        yield store
        store.release()


@pytest.fixture
def slow() -> Iterator[Slow]:
    judging = Slow()
    yield judging
    judging.go.set()


def waiting(batches: Sequence[Batch]) -> list[int]:
    """How many attempts each transaction had."""
    return [batch.waiting for batch in batches]


async def test_allowed_and_blocked(office: Office) -> None:
    async with office.gate() as gate:
        allowed = await gate.decide(office.attempt(), soon())
        block = await gate.decide(office.attempt(STRANGER), soon())
    assert (allowed.verdict, allowed.dial) == ("ALLOW", NUMBER)
    assert (block.verdict, block.dial, block.reasons) == ("BLOCK", "", (Reason.NO_CONSENT,))
    assert office.decisions() == [ALLOW, blocked("no-consent")]
    assert office.sql("SELECT id FROM decision ORDER BY seq") == [(allowed.id,), (block.id,)]


async def test_who_waits_shares_the_next_transaction(office: Office, watched: Watched) -> None:
    async with office.gate(watched) as gate:
        found = await asyncio.gather(*(gate.decide(office.attempt(), soon()) for _ in range(250)))
    assert waiting(watched.decisions.batches) == [100, 100, 50]
    assert len({decision.id for decision in found}) == 250
    assert office.decisions() == [ALLOW] * 250


async def test_answered_only_when_it_is_on_disk(office: Office, held: Held) -> None:
    async with office.gate(held) as gate:
        answer = asyncio.create_task(gate.decide(office.attempt(), soon()))
        await until(held.reached.is_set)
        assert not answer.done() and office.decisions() == []
        held.release()
        assert (await answer).allowed
        assert office.decisions() == [ALLOW]


async def test_deadline_before_the_judge(office: Office) -> None:
    async with office.gate(busy_ms=5000) as gate:
        with office.locked():
            decision = await gate.decide(office.attempt(), soon(0.02))
            assert (decision.verdict, decision.reasons, decision.dial) == ("BLOCK", (Reason.DEADLINE,), "")
        await until(office.decisions)
    assert office.decisions() == [blocked("deadline")]
    assert office.sql("SELECT id FROM decision ORDER BY seq") == [(decision.id,)]
    assert office.undelivered() == []


async def test_allow_that_was_committed_late_is_marked(office: Office, held: Held) -> None:
    async with office.gate(Watched(held, in_time=True)) as gate:
        task = asyncio.create_task(gate.decide(office.attempt(), deadline := soon(0.2)))
        await until(held.reached.is_set)
        decision = await task
        assert asyncio.get_running_loop().time() >= deadline - 0.001
        assert (decision.verdict, decision.reasons) == ("BLOCK", (Reason.DEADLINE,))
        held.release()
        await until(office.undelivered)
    assert office.decisions() == [ALLOW]
    assert office.undelivered() == [(decision.id, "deadline")]


async def test_block_that_was_committed_late_is_one_row(office: Office, held: Held) -> None:
    async with office.gate(Watched(held, in_time=True)) as gate:
        task = asyncio.create_task(gate.decide(office.attempt(STRANGER), soon(0.2)))
        await until(held.reached.is_set)
        assert (await task).reasons == (Reason.DEADLINE,)
        held.release()
    assert office.decisions() == [blocked("no-consent")]
    assert office.undelivered() == []


async def test_deadline_while_the_judge_is_judging(office: Office, slow: Slow) -> None:
    async with office.gate(judge=OddJudge(office, slow)) as gate:
        task = asyncio.create_task(gate.decide(office.attempt(), soon(0.5)))
        await until(slow.reached.is_set)
        decision = await task
        slow.go.set()
        await until(office.decisions)
    assert office.decisions() == [blocked("deadline")]
    assert office.sql("SELECT id FROM decision") == [(decision.id,)]


async def test_late_answer_of_a_transaction_that_failed(office: Office, held: Held) -> None:
    held.failures = 1
    async with office.gate(Watched(held, in_time=True)) as gate:
        task = asyncio.create_task(gate.decide(office.attempt(), soon(0.2)))
        await until(held.reached.is_set)
        decision = await task
        held.release()
        await until(office.decisions)
    assert office.decisions() == [blocked("deadline")]
    assert office.sql("SELECT id FROM decision ORDER BY seq") == [(decision.id,)], (
        "what was told is what is stored"
    )


async def test_deadline_in_the_turn_in_which_the_store_answers(office: Office, watched: Watched) -> None:
    """Found by review: an ALLOW that was stored, told as BLOCK, and not marked."""

    class AtOnce:
        async def decide(self, batch: Sequence[WaitingAttempt], judge: Judging, *_: Any) -> list[Decided]:
            now = office.clock.now()
            return [
                Decided(judge.decide(attempt, facts(office, attempt), now, id=id)) for id, attempt, _ in batch
            ]

    watched.decisions = AtOnce()  # type: ignore[assignment]
    async with office.gate(watched) as gate:
        decision = await gate.decide(office.attempt(), soon(-1))
        # Who asked looks at the clock before he tells it: tests/agi/test_call.py.
        assert decision.allowed


def facts(office: Office, attempt: CallAttempt) -> Facts:
    with contextlib.closing(sqlite3.connect(office.database)) as db:
        db.row_factory = sqlite3.Row
        return stored_facts(db, attempt, office.judge.asked, office.clock.now(), live=True)


async def test_blocked_by_deadline_and_then_the_store_fails_is_one_row(
    office: Office, watched: Watched
) -> None:
    """Found by review: the same attempt was stored twice, under two reasons."""
    watched.decisions.go.clear()
    watched.decisions.failures = iter([StoreError("gone")])
    async with office.gate(watched) as gate:
        await gate.decide(office.attempt(), soon(0.02))
        watched.decisions.go.set()
        await until(office.decisions)
        await gate.decide(office.attempt(), soon())
    assert office.decisions() == [blocked("deadline"), ALLOW]


async def test_locked_store(office: Office) -> None:
    async with office.gate() as gate:
        with office.locked():
            blocks = [await gate.decide(office.attempt(STRANGER), soon()) for _ in range(3)]
            assert [decision.reasons for decision in blocks] == [(Reason.GATE_ERROR,)] * 3
        await until(lambda: len(office.decisions()) == 3, "by itself, without a new call")
        assert (await gate.decide(office.attempt(), soon())).allowed
    assert office.decisions() == [blocked("gate-error")] * 3 + [ALLOW]
    assert office.sql("SELECT id FROM decision ORDER BY seq LIMIT 3") == [
        (decision.id,) for decision in blocks
    ]


async def test_store_that_went_and_came_back(office: Office) -> None:
    away = office.database.with_suffix(".away")
    async with office.gate() as gate:
        office.database.rename(away)
        decision = await gate.decide(office.attempt(), soon())
        assert decision.reasons == (Reason.GATE_ERROR,)
        assert not office.database.exists(), "it is not made anew"
        away.rename(office.database)
        await until(lambda: len(office.decisions()) == 1)
        assert (await gate.decide(office.attempt(), soon())).allowed
    assert office.decisions() == [blocked("gate-error"), ALLOW]


async def test_unexpected_exception(office: Office) -> None:
    ways = chain([breaking], repeat(sound))
    async with office.gate(judge=OddJudge(office, lambda made: next(ways)(made))) as gate:
        decision = await gate.decide(office.attempt(), soon())
        assert decision.reasons == (Reason.GATE_ERROR,)
        assert decision.findings[0].detail["why"] == "internal error"
        await until(office.decisions)
        assert (await gate.decide(office.attempt(), soon())).allowed
    assert office.decisions() == [blocked("gate-error"), ALLOW]


async def test_store_is_back_when_the_gate_closes(office: Office) -> None:
    async with office.gate(limits=PATIENT) as gate:
        with office.locked():
            await gate.decide(office.attempt(), soon())
    assert office.decisions() == [blocked("gate-error")]


async def test_blocks_that_could_not_be_stored_come_in_bounded_transactions(
    office: Office, watched: Watched
) -> None:
    decisions = watched.decisions
    decisions.failures = repeat(DISK_FULL)
    async with office.gate(watched, limits=structs.replace(QUICK, max_batch=10)) as gate:
        await asyncio.gather(*(gate.decide(office.attempt(), soon()) for _ in range(35)))
        decisions.failures = iter(())
        failed = len(decisions.batches)
        assert (await gate.decide(office.attempt(), soon())).allowed
        await until(lambda: len(office.decisions()) == 36)
    assert sorted(office.decisions()) == [ALLOW] + [blocked("gate-error")] * 35
    assert max(batch.overdue + batch.waiting for batch in decisions.batches[failed:]) <= 20


async def test_oldest_unstored_blocks_are_dropped_and_no_other(office: Office, watched: Watched) -> None:
    """Found by review: with a full memory, newer refusals were taken for stored."""
    decisions = watched.decisions
    async with office.gate(watched, limits=structs.replace(PATIENT, max_overdue=3)) as gate:
        decisions.failures = repeat(DISK_FULL)
        old = [await gate.decide(office.attempt(), soon()) for _ in range(3)]
        decisions.failures = iter(())
        decisions.asked.clear()
        decisions.go.clear()
        waits = asyncio.create_task(gate.decide(office.attempt(), soon()))
        await asyncio.wait_for(decisions.asked.wait(), WAIT)
        new = [gate.block(office.attempt(), Reason.GATE_ERROR, "test") for _ in range(2)]
        decisions.go.set()
        await waits
        await until(lambda: len(office.decisions()) == 6)
    stored = [found for (found,) in office.sql("SELECT id FROM decision ORDER BY seq")]
    assert stored[:3] == [decision.id for decision in old]
    assert set(stored[3:]) == {(await waits).id, *(decision.id for decision in new)}


async def test_too_many_waiting(office: Office) -> None:
    async with office.gate(limits=structs.replace(QUICK, max_waiting=5)) as gate:
        found = await asyncio.gather(*(gate.decide(office.attempt(), soon()) for _ in range(8)))
    assert [decision.verdict for decision in found] == ["ALLOW"] * 5 + ["BLOCK"] * 3
    assert {decision.reasons for decision in found[5:]} == {(Reason.GATE_ERROR,)}
    assert len(office.decisions()) == 8


async def test_withdrawn(office: Office) -> None:
    async with office.gate() as gate:
        decision = await gate.decide(office.attempt(), soon())
        await gate.withdraw(decision, Reason.GATE_ERROR)
        await gate.withdraw(decision, Reason.DEADLINE)
    assert office.undelivered() == [(decision.id, "gate-error")]


@pytest.mark.parametrize("failure", [StoreError("locked"), RuntimeError("no thread")], ids=repr)
async def test_mark_that_could_not_be_set_is_set_later(
    office: Office, watched: Watched, failure: Exception
) -> None:
    """Found by review: only a log line remained of it, and an ALLOW in the store."""
    tries = watched.decisions.tried
    watched.decisions.mark_failures = repeat(failure, 2)
    async with office.gate(watched) as gate:
        decision = await gate.decide(office.attempt(), soon())
        await gate.withdraw(decision, Reason.GATE_ERROR)
        await until(office.undelivered)
    assert {mark[0] for marks in tries for mark in marks} == {decision.id}, "set more than once is set"
    assert len(tries) >= 3


async def test_nobody_decides(office: Office) -> None:
    async with office.store() as store:
        gate = Gate(store, office.judge, office.clock)
        assert (await gate.decide(office.attempt(), soon(0.01))).reasons == (Reason.DEADLINE,)
        await gate.close()
    assert office.decisions() == [blocked("deadline")]


async def test_blocks_lost_at_the_end_are_named(office: Office, capsys: pytest.CaptureFixture[str]) -> None:
    with contextlib.ExitStack() as stack:
        async with office.gate() as gate:
            stack.enter_context(office.locked())
            decision = await gate.decide(office.attempt(), soon())
    assert "block was never stored" in (said := capsys.readouterr().out)
    assert decision.id in said and NUMBER not in said


async def test_expired_attempts_are_not_judged(office: Office) -> None:
    judged = []

    def counting(made: Decision) -> Decision:
        judged.append(made)
        return made

    async with office.gate(judge=OddJudge(office, counting), busy_ms=5000) as gate:
        with office.locked():
            decide = partial(gate.decide, deadline=soon(0.05))
            await asyncio.gather(*(decide(office.attempt()) for _ in range(20)))
        assert (await gate.decide(office.attempt(), soon())).allowed
    assert len(judged) == 1
    assert len(office.decisions()) == 21


async def test_expired_attempts_take_no_place_in_a_batch(office: Office) -> None:
    async with office.store(busy_ms=5000) as store:
        watched = Watched(store)
        async with office.gate(watched, limits=structs.replace(QUICK, max_batch=1)) as gate:
            with office.locked():
                decide = partial(gate.decide, deadline=soon(0.05))
                await asyncio.gather(*(decide(office.attempt()) for _ in range(20)))
            assert (await gate.decide(office.attempt(), soon())).allowed
    assert sum(waiting(watched.decisions.batches)) == 2  # the one that waited for the lock, and the newest
    assert len(office.decisions()) == 21


@pytest.mark.parametrize("how", [breaking, unstorable, refusable])
async def test_one_that_fails_costs_no_stranger_his_call(
    office: Office, watched: Watched, how: Callable[[Decision], Decision]
) -> None:
    judge = OddJudge(office, lambda made: how(made) if made.attempt.uniqueid == "bad" else made)
    async with office.gate(watched, judge=judge) as gate:
        attempts = [office.attempt() for _ in range(40)]
        attempts[7] = structs.replace(attempts[7], uniqueid="bad")
        found = await asyncio.gather(*(gate.decide(attempt, soon()) for attempt in attempts))
    assert waiting(watched.decisions.batches) == [40]
    assert [decision.reasons for decision in found] == [
        (Reason.GATE_ERROR,) if place == 7 else () for place in range(40)
    ]
    assert office.decisions() == [ALLOW] * 7 + [blocked("gate-error")] + [ALLOW] * 32
    assert office.sql("SELECT id FROM decision ORDER BY seq") == [(decision.id,) for decision in found]


async def test_one_that_fails_after_its_deadline_is_the_block_that_was_told(
    office: Office, slow: Slow
) -> None:
    """It was judged, the deadline came, and then its row failed: one row, and no ALLOW."""
    judge = OddJudge(office, lambda made: refusable(slow(made)))
    async with office.store() as store, office.gate(Watched(store, in_time=True), judge=judge) as gate:
        told = await gate.decide(office.attempt(), soon(0.05))
        assert told.reasons == (Reason.DEADLINE,)
        slow.go.set()
        await until(office.decisions)
    assert office.decisions() == [blocked("gate-error")]
    assert office.sql("SELECT id FROM decision") == [(told.id,)]
    assert office.undelivered() == []


async def test_a_block_that_the_store_refuses_holds_up_no_other(office: Office) -> None:
    """Kept while the store was away; it would have failed every transaction from then on."""
    async with office.gate() as gate:
        with office.locked():
            bad = gate.block(structs.replace(office.attempt(), agent=None), Reason.GATE_ERROR, "x")  # type: ignore[arg-type]
            good = gate.block(office.attempt(), Reason.GATE_ERROR, "x")
        assert (await gate.decide(office.attempt(), soon())).allowed
        await until(lambda: len(office.decisions()) == 2)
    assert office.decisions() == [blocked("gate-error"), ALLOW]
    assert office.sql("SELECT id FROM decision ORDER BY seq")[0] == (good.id,)
    assert office.sql("SELECT kind, decision FROM incident") == [("write-refused", bad.id)]


async def test_those_that_came_too_late_are_marked_together(office: Office, held: Held) -> None:
    watched = Watched(held, in_time=True)
    async with office.gate(watched) as gate:
        found = await asyncio.gather(*(gate.decide(office.attempt(), soon(0.05)) for _ in range(20)))
        await until(held.reached.is_set)
        held.release()
        await until(lambda: watched.decisions.marked)  # and not only on disk: the gate would not know it yet
    (marked,) = watched.decisions.marked
    assert [mark.decision for mark in marked] == [decision.id for decision in found]
    assert sorted(office.undelivered()) == sorted((decision.id, "deadline") for decision in found)


async def test_an_allow_that_was_committed_and_never_answered_is_marked(office: Office) -> None:
    async with await Unsure.open(office.database, BUSY_MS) as unsure, office.gate(unsure) as gate:
        block = await gate.decide(office.attempt(), soon())
        assert block.reasons == (Reason.GATE_ERROR,)
        await until(office.undelivered)
    assert [verdict for verdict, _ in office.decisions()] == ["ALLOW"]
    assert office.undelivered() == [(block.id, "gate-error")]
