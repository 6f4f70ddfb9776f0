"""The gate: nothing is answered before it is stored, nothing is allowed too late, nothing is lost."""

from __future__ import annotations

import asyncio
import contextlib
import sqlite3
import threading
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest
from msgspec import structs

from agi import gate as gate_module
from agi.gate import Gate
from dialpact.application import decide as deciding_module
from dialpact.compliance.errors import StoreError
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import CallAttempt, Decision, Facts
from dialpact.compliance.reasons import Reason
from dialpact.store.ports.decisions import Decided
from dialpact.store.sqlite import Store, decisions
from dialpact.store.sqlite.decisions import Decisions
from dialpact.store.sqlite.facts import facts as stored_facts
from tests.agi.office import NUMBER, STRANGER, Office, soon, until

ALLOW = ("ALLOW", "[]")


def blocked(*codes: str) -> tuple[str, str]:
    return "BLOCK", "[" + ", ".join(f'"{code}"' for code in codes) + "]"


class Held:
    """Holds the store's thread after the judge and ahead of the commit."""

    def __init__(self) -> None:
        self.reached, self._go = threading.Event(), threading.Event()

    def before(self, function: Callable[..., Any]) -> Callable[..., Any]:
        def held(*args: Any, **kwargs: Any) -> Any:
            if args[1]:  # decisions to be recorded
                self.reached.set()
                assert self._go.wait(5)
            return function(*args, **kwargs)

        return held

    def release(self) -> None:
        self._go.set()


@pytest.fixture
def held() -> Iterator[Held]:
    holding = Held()
    yield holding
    holding.release()


@pytest.fixture(autouse=True)
def fast_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "RETRY_SECONDS", 0.02)


@pytest.fixture
def transactions(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many attempts each transaction had."""
    seen: list[int] = []
    real = Decisions.decide

    async def counting(store: Decisions, batch: Any, *rest: Any) -> Any:
        seen.append(len(batch))
        return await real(store, batch, *rest)

    monkeypatch.setattr(Decisions, "decide", counting)
    return seen


async def failing(*_: Any) -> None:
    raise StoreError("disk full")


async def test_allowed_and_blocked(office: Office) -> None:
    async with office.gate() as gate:
        allowed = await gate.decide(office.attempt(), soon())
        block = await gate.decide(office.attempt(STRANGER), soon())
    assert (allowed.verdict, allowed.dial) == ("ALLOW", NUMBER)
    assert (block.verdict, block.dial, block.reasons) == ("BLOCK", "", (Reason.NO_CONSENT,))
    assert office.decisions() == [ALLOW, blocked("no-consent")]
    assert office.sql("SELECT id FROM decision ORDER BY seq") == [(allowed.id,), (block.id,)]


async def test_who_waits_shares_the_next_transaction(office: Office, transactions: list[int]) -> None:
    async with office.gate() as gate:
        found = await asyncio.gather(*(gate.decide(office.attempt(), soon()) for _ in range(250)))
    assert transactions == [100, 100, 50]
    assert len({decision.id for decision in found}) == 250
    assert office.decisions() == [ALLOW] * 250


async def test_answered_only_when_it_is_on_disk(
    office: Office, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "record", held.before(decisions.record))
    async with office.gate() as gate:
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


async def test_allow_that_was_committed_late_is_marked(
    office: Office, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "record", held.before(decisions.record))
    async with office.gate() as gate:
        task = asyncio.create_task(gate.decide(office.attempt(), deadline := soon(0.2)))
        await until(held.reached.is_set)
        decision = await task
        assert asyncio.get_running_loop().time() >= deadline - 0.001
        assert (decision.verdict, decision.reasons) == ("BLOCK", (Reason.DEADLINE,))
        held.release()
        await until(office.undelivered)
    assert office.decisions() == [ALLOW]
    assert office.undelivered() == [(decision.id, "deadline")]


async def test_block_that_was_committed_late_is_one_row(
    office: Office, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(decisions, "record", held.before(decisions.record))
    async with office.gate() as gate:
        task = asyncio.create_task(gate.decide(office.attempt(STRANGER), soon(0.2)))
        await until(held.reached.is_set)
        assert (await task).reasons == (Reason.DEADLINE,)
        held.release()
    assert office.decisions() == [blocked("no-consent")]
    assert office.undelivered() == []


async def test_deadline_while_the_judge_is_judging(
    office: Office, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(office.judge, "decide", held.before(office.judge.decide))
    async with office.gate() as gate:
        task = asyncio.create_task(gate.decide(office.attempt(), soon(0.2)))
        await until(held.reached.is_set)
        decision = await task
        held.release()
        await until(office.decisions)
    assert office.decisions() == [blocked("deadline")]
    assert office.sql("SELECT id FROM decision") == [(decision.id,)]


async def test_late_answer_of_a_transaction_that_failed(
    office: Office, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, failed = decisions.record, []

    def record(*args: Any, **named: Any) -> None:
        if args[1] and not failed:
            failed.append(1)
            raise StoreError("disk full")
        real(*args, **named)

    monkeypatch.setattr(decisions, "record", held.before(record))
    async with office.gate() as gate:
        task = asyncio.create_task(gate.decide(office.attempt(), soon(0.2)))
        await until(held.reached.is_set)
        decision = await task
        held.release()
        await until(office.decisions)
    assert office.decisions() == [blocked("deadline")]
    assert office.sql("SELECT id FROM decision ORDER BY seq") == [(decision.id,)], (
        "what was told is what is stored"
    )


async def test_deadline_in_the_turn_in_which_the_store_answers(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by review: an ALLOW that was stored, told as BLOCK, and not marked."""

    async def at_once(store: Decisions, batch: Any, judge: Judge, *_: Any) -> list[Decided]:
        now = office.clock.now()
        return [
            Decided(judge.decide(attempt, facts(office, attempt), now, id=id)) for id, attempt, _ in batch
        ]

    monkeypatch.setattr(Decisions, "decide", at_once)
    async with office.gate() as gate:
        decision = await gate.decide(office.attempt(), soon(-1))
        # Who asked looks at the clock before he tells it: tests/agi/test_call.py.
        assert decision.allowed


def facts(office: Office, attempt: CallAttempt) -> Facts:
    with contextlib.closing(sqlite3.connect(office.database)) as db:
        db.row_factory = sqlite3.Row
        return stored_facts(db, attempt, office.judge.asked, office.clock.now(), live=True)


async def test_blocked_by_deadline_and_then_the_store_fails_is_one_row(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by review: the same attempt was stored twice, under two reasons."""
    real, go = Decisions.decide, asyncio.Event()

    async def slow_then_failing(*args: Any) -> None:
        await go.wait()
        monkeypatch.setattr(Decisions, "decide", real)
        raise StoreError("gone")

    monkeypatch.setattr(Decisions, "decide", slow_then_failing)
    async with office.gate() as gate:
        await gate.decide(office.attempt(), soon(0.02))
        go.set()
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


async def test_unexpected_exception(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken(*_: Any, **__: Any) -> Decision:
        raise ZeroDivisionError("a bug in a rule")

    async with office.gate() as gate:
        with monkeypatch.context() as patch:
            patch.setattr(office.judge, "decide", broken)
            decision = await gate.decide(office.attempt(), soon())
        assert decision.reasons == (Reason.GATE_ERROR,)
        assert decision.findings[0].detail["why"] == "internal error"
        await until(office.decisions)
        assert (await gate.decide(office.attempt(), soon())).allowed
    assert office.decisions() == [blocked("gate-error"), ALLOW]


async def test_store_is_back_when_the_gate_closes(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "RETRY_SECONDS", 60)
    async with office.gate() as gate:
        with office.locked():
            await gate.decide(office.attempt(), soon())
    assert office.decisions() == [blocked("gate-error")]


async def test_blocks_that_could_not_be_stored_come_in_bounded_transactions(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deciding_module, "MAX_BATCH", 10)
    sizes: list[int] = []
    real = Decisions.decide

    async def counting(store: Decisions, batch: Any, judge: Judge, clock: Any, overdue: Any) -> Any:
        sizes.append(len(overdue) + len(batch))
        return await real(store, batch, judge, clock, overdue)

    monkeypatch.setattr(Decisions, "decide", failing)
    async with office.gate() as gate:
        await asyncio.gather(*(gate.decide(office.attempt(), soon()) for _ in range(35)))
        monkeypatch.setattr(Decisions, "decide", counting)
        assert (await gate.decide(office.attempt(), soon())).allowed
        await until(lambda: len(office.decisions()) == 36)
    assert sorted(office.decisions()) == [ALLOW] + [blocked("gate-error")] * 35
    assert max(sizes) <= 20


async def test_oldest_unstored_blocks_are_dropped_and_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found by review: with a full memory, newer refusals were taken for stored."""
    monkeypatch.setattr(deciding_module, "MAX_OVERDUE", 3)
    monkeypatch.setattr(gate_module, "RETRY_SECONDS", 60)
    real, entered, go = Decisions.decide, asyncio.Event(), asyncio.Event()

    async def slow(*args: Any) -> Any:
        entered.set()
        await go.wait()
        return await real(*args)

    async with office.gate() as gate:
        monkeypatch.setattr(Decisions, "decide", failing)
        old = [await gate.decide(office.attempt(), soon()) for _ in range(3)]
        monkeypatch.setattr(Decisions, "decide", slow)
        waits = asyncio.create_task(gate.decide(office.attempt(), soon()))
        await asyncio.wait_for(entered.wait(), 5)
        new = [gate.block(office.attempt(), Reason.GATE_ERROR, "test") for _ in range(2)]
        go.set()
        await waits
        await until(lambda: len(office.decisions()) == 6)
    stored = [found for (found,) in office.sql("SELECT id FROM decision ORDER BY seq")]
    assert stored[:3] == [decision.id for decision in old]
    assert set(stored[3:]) == {(await waits).id, *(decision.id for decision in new)}


async def test_too_many_waiting(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(gate_module, "MAX_WAITING", 5)
    async with office.gate() as gate:
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
    office: Office, monkeypatch: pytest.MonkeyPatch, failure: Exception
) -> None:
    """Found by review: only a log line remained of it, and an ALLOW in the store."""
    real, tries = Decisions.undelivered, []

    async def failing(*args: Any) -> None:
        tries.append(args[1])
        if len(tries) < 3:
            raise failure
        await real(*args)

    monkeypatch.setattr(Decisions, "undelivered", failing)
    async with office.gate() as gate:
        decision = await gate.decide(office.attempt(), soon())
        await gate.withdraw(decision, Reason.GATE_ERROR)
        await until(office.undelivered)
    assert {mark[0] for marks in tries for mark in marks} == {decision.id}, "set more than once is set"
    assert len(tries) >= 3


async def test_nobody_decides(office: Office) -> None:
    async with await Store.open(office.database) as store:
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


async def test_expired_attempts_are_not_judged(office: Office, monkeypatch: pytest.MonkeyPatch) -> None:
    judged = []
    real = office.judge.decide
    monkeypatch.setattr(office.judge, "decide", lambda *a, **k: (judged.append(a), real(*a, **k))[1])
    async with office.gate(busy_ms=5000) as gate:
        with office.locked():
            waiting = partial(gate.decide, deadline=soon(0.05))
            await asyncio.gather(*(waiting(office.attempt()) for _ in range(20)))
        assert (await gate.decide(office.attempt(), soon())).allowed
    assert len(judged) == 1
    assert len(office.decisions()) == 21


async def test_expired_attempts_take_no_place_in_a_batch(
    office: Office, monkeypatch: pytest.MonkeyPatch, transactions: list[int]
) -> None:
    monkeypatch.setattr(deciding_module, "MAX_BATCH", 1)
    async with office.gate(busy_ms=5000) as gate:
        with office.locked():
            waiting = partial(gate.decide, deadline=soon(0.05))
            await asyncio.gather(*(waiting(office.attempt()) for _ in range(20)))
        assert (await gate.decide(office.attempt(), soon())).allowed
    assert sum(transactions) == 2  # the one that waited for the lock, and the newest
    assert len(office.decisions()) == 21


class Breaks:
    """A judge of the office that fails on one caller's attempts, or whose decision can not be stored."""

    def __init__(self, office: Office, monkeypatch: pytest.MonkeyPatch, uniqueid: str, how: str) -> None:
        real = office.judge.decide

        def decide(attempt: CallAttempt, *rest: Any, **more: Any) -> Decision:
            made = real(attempt, *rest, **more)
            if attempt.uniqueid == uniqueid:
                if how == "judge":
                    raise ZeroDivisionError("a bug in a rule")
                return structs.replace(made, decided_at=None)  # type: ignore[arg-type]
            return made

        monkeypatch.setattr(office.judge, "decide", decide)


@pytest.mark.parametrize("how", ["judge", "row"])
async def test_one_that_fails_costs_no_stranger_his_call(
    office: Office, monkeypatch: pytest.MonkeyPatch, transactions: list[int], how: str
) -> None:
    Breaks(office, monkeypatch, "bad", how)
    async with office.gate() as gate:
        attempts = [office.attempt() for _ in range(40)]
        attempts[7] = structs.replace(attempts[7], uniqueid="bad")
        found = await asyncio.gather(*(gate.decide(attempt, soon()) for attempt in attempts))
    assert transactions == [40]
    assert [decision.reasons for decision in found] == [
        (Reason.GATE_ERROR,) if place == 7 else () for place in range(40)
    ]
    assert office.decisions() == [ALLOW] * 7 + [blocked("gate-error")] + [ALLOW] * 32
    assert office.sql("SELECT id FROM decision ORDER BY seq") == [(decision.id,) for decision in found]


async def test_one_that_fails_after_its_deadline_is_the_block_that_was_told(
    office: Office, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It was judged, the deadline came, and then its row failed: one row, and no ALLOW."""
    real, failed = decisions.record, threading.Event()

    def record(connection: Any, made: Any, **more: Any) -> None:
        if not failed.is_set():
            failed.set()
            raise sqlite3.IntegrityError("no such row")
        real(connection, made, **more)

    monkeypatch.setattr(decisions, "record", held.before(record))
    async with office.gate() as gate:
        told = await gate.decide(office.attempt(), soon(0.05))
        assert told.reasons == (Reason.DEADLINE,)
        held.release()
        await until(office.decisions)
    assert office.decisions() == [blocked("gate-error")]
    assert office.sql("SELECT id FROM decision") == [(told.id,)]
    assert office.undelivered() == []


async def test_a_block_that_the_store_refuses_holds_up_no_other(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
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


async def test_those_that_came_too_late_are_marked_together(
    office: Office, held: Held, monkeypatch: pytest.MonkeyPatch
) -> None:
    marked: list[int] = []
    real = Decisions.undelivered

    async def counting(store: Decisions, marks: Any) -> None:
        marked.append(len(marks))
        await real(store, marks)

    monkeypatch.setattr(Decisions, "undelivered", counting)
    monkeypatch.setattr(decisions, "record", held.before(decisions.record))
    async with office.gate() as gate:
        found = await asyncio.gather(*(gate.decide(office.attempt(), soon(0.05)) for _ in range(20)))
        held.release()
        await until(lambda: len(office.undelivered()) >= 1)
    late = [decision.id for decision in found]
    assert {id for id, _ in office.undelivered()} <= set(late)
    assert sum(marked) == len(office.undelivered())
    assert len(marked) == 1
