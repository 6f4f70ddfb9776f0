"""A pre-dial question is the gate's own decision: recorded, once, in time, and never allowed by a failure."""

from __future__ import annotations

import asyncio
import itertools
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from msgspec import structs

from agi.limits import Limits
from dialpact.application.actor import Actor, Door, Right
from dialpact.application.context import Context
from dialpact.application.gate import Gate
from dialpact.application.predial import Predialled, predial
from dialpact.compliance.carrier_leg import FRESH
from dialpact.compliance.errors import NotPermitted, StoreError
from dialpact.compliance.judge import Judge, new_id
from dialpact.compliance.profile import Policy
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import Cap
from dialpact.store.sqlite import Store
from tests.agi.office import BUSY_MS, CALLER_ID, NUMBER, STRANGER, Office, policy, soon, until
from tests.agi.stores import Flushed, Held, Watched

QUICK = Limits(retry_seconds=0.02)
CALL = {"campaign": "spring", "caller_id": CALLER_ID, "trunk": "carrier", "seconds": 2.0}
PROGRAM = Actor(name="api:crm", door=Door.API, rights=frozenset({Right.CHECK}))


@pytest.fixture
def office(tmp_path: Path) -> Office:
    return Office(tmp_path, QUICK)


@pytest.fixture
async def store(office: Office) -> AsyncIterator[Store]:
    async with office.store() as store:
        yield store


class Desk:
    """Asks on behalf of one program."""

    def __init__(self, office: Office, gate: Gate, store: Store, judge: Judge | None = None) -> None:
        self.office, self.gate, self.judge = office, gate, judge or office.judge
        self.context = Context(store, PROGRAM, office.clock)

    async def __call__(self, number: str = NUMBER, **words: Any) -> Predialled:
        return await predial(self.context, self.gate, self.judge, number, **(CALL | words))


@pytest.fixture
async def desk(office: Office, store: Store) -> AsyncIterator[Desk]:
    async with office.gate() as gate:
        yield Desk(office, gate, store)


async def test_recorded_as_the_gates_own(office: Office, desk: Desk) -> None:
    allowed, block = await desk(), await desk(STRANGER)
    told, refused = allowed.answer("en"), block.answer("zh")
    assert (told.verdict, told.dial, told.number, told.reasons) == ("ALLOW", NUMBER, f"+86{NUMBER}", ())
    assert told.dial_by == office.clock.now() + FRESH
    assert told.holds_until is not None and f"{told.holds_until:%H:%M}" == "03:59"
    assert (refused.verdict, refused.dial, refused.dial_by) == ("BLOCK", "", None)
    assert refused.reasons == (Reason.NO_CONSENT,)
    rows = office.sql("SELECT id, verdict, channel, uniqueid, node FROM decision ORDER BY seq")
    assert rows == [
        (told.decision, "ALLOW", "API/crm", "", "pbx1"),
        (refused.decision, "BLOCK", "API/crm", "", "pbx1"),
    ]
    assert (allowed.dials, block.dials) == (True, False)
    assert office.undelivered() == []


async def test_the_same_rules_for_numbers(office: Office, desk: Desk) -> None:
    assert (await desk("110")).decision.reasons == (Reason.EMERGENCY_NUMBER,)
    assert (await desk("nonsense")).decision.reasons == (Reason.INVALID_NUMBER,)
    assert (await desk("95588")).decision.reasons == (Reason.PROTECTED_NUMBER,)
    assert (await desk(f"+86 {NUMBER[:3]} {NUMBER[3:]}")).answer("en").dial == NUMBER
    assert len(office.decisions()) == 4


async def test_a_question_that_comes_again_is_no_second_attempt(office: Office, desk: Desk) -> None:
    id = new_id()
    first, second = await desk(id=id), await desk(id=id)
    assert first.answer("en") == second.answer("en")
    assert first.decision.id == id
    assert len(office.decisions()) == 1


async def test_an_old_allow_is_none(office: Office, desk: Desk) -> None:
    """What was allowed once may have been refused since: nobody dials on it tomorrow."""
    id = new_id()
    told = (await desk(id=id)).answer("en")
    office.clock.set("2026-11-24 10:01:59")
    assert (await desk(id=id)).dials
    office.clock.set("2026-11-24 10:02:00")
    later = await desk(id=id)
    answer = later.answer("en")
    assert (later.dials, answer.dial, answer.dial_by) == (False, "", None)
    assert (answer.verdict, answer.reasons, answer.decision) == ("BLOCK", (Reason.DEADLINE,), told.decision)
    assert len(office.decisions()) == 1


async def test_one_whose_answer_did_not_get_out_is_none_either(office: Office, desk: Desk) -> None:
    id = new_id()
    allowed = await desk(id=id)
    await desk.gate.withdraw(allowed.decision, Reason.GATE_ERROR)
    assert office.undelivered() == [(id, "gate-error")]
    again = (await desk(id=id)).answer("en")
    assert (again.verdict, again.reason, again.dial) == ("BLOCK", "gate-error", "")


async def test_another_business(office: Office, desk: Desk) -> None:
    office.add_campaign("theirs", "other")
    with pytest.raises(NotPermitted):
        await desk(campaign="theirs", businesses=("acme",))
    assert office.decisions() == [], "who may not ask has asked nothing"
    assert (await desk(businesses=("acme",))).dials
    unknown = await desk(campaign="nobodys", businesses=("acme",))
    assert Reason.UNKNOWN_CAMPAIGN in unknown.decision.reasons


async def test_a_locked_database(office: Office, desk: Desk) -> None:
    with office.locked():
        answer = (await desk()).answer("en")
    assert (answer.verdict, answer.dial) == ("BLOCK", "")
    assert answer.reasons in ((Reason.GATE_ERROR,), (Reason.DEADLINE,))
    assert answer.holds_until == office.clock.now(), "a failure is promised for no time"
    await until(office.decisions)
    assert office.sql("SELECT id, verdict FROM decision") == [(answer.decision, "BLOCK")]


async def test_a_database_that_can_not_be_asked(office: Office, store: Store) -> None:
    """Whether the question came before nobody knows then; so it is not allowed."""
    id = new_id()

    class Broken:
        async def get(self, _: str) -> None:
            raise StoreError("disk gone")

    async with office.gate() as gate:
        desk = Desk(office, gate, store)
        assert (await desk(id=id)).dials
        desk.context = structs.replace(desk.context, store=type("S", (), {"calls": Broken()})())
        block = await desk(id=id)
        assert (block.dials, block.decision.reasons) == (False, (Reason.GATE_ERROR,))
        await until(office.undelivered)
    assert office.undelivered() == [(id, "gate-error")], "what was told is what holds"
    assert len(office.decisions()) == 1


async def test_the_deadline(office: Office, store: Store) -> None:
    async with (
        await Held.open(office.database, BUSY_MS) as held,
        office.gate(Watched(held, in_time=True)) as gate,
    ):
        desk, id = Desk(office, gate, store), new_id()
        late = await desk(seconds=0.1, id=id)
        again = await desk(seconds=0.1, id=id)
        assert (late.dials, late.decision.reasons) == (False, (Reason.DEADLINE,))
        assert again.decision == late.decision, "it is being decided, and was answered"
        held.release()
        await until(office.undelivered)
    assert office.undelivered() == [(id, "deadline")]
    assert len(office.decisions()) == 1


async def test_an_allow_that_waits_for_the_disk_when_its_time_is_over(office: Office, store: Store) -> None:
    """Others see its row by then; who asks again is told what he was told, and not what stands there."""
    async with (
        await Flushed.open(office.database, BUSY_MS) as held,
        office.gate(Watched(held, in_time=True)) as gate,
    ):
        desk, id = Desk(office, gate, store), new_id()
        late = await desk(seconds=0.5, id=id)
        assert held.committed.is_set() and office.decisions() == [("ALLOW", "[]")]
        again = await desk(id=id)
        assert (late.dials, again.dials, again.undelivered) == (False, False, Reason.DEADLINE)
        held.go.set()
        await until(office.undelivered)
        assert (await desk(id=id)).undelivered is Reason.DEADLINE
    assert office.undelivered() == [(id, "deadline")]


async def test_an_allow_that_was_taken_back_is_none_before_the_store_says_so(
    office: Office, store: Store
) -> None:
    watched = Watched(store)
    watched.decisions.mark_failures = itertools.repeat(StoreError("disk full"))
    async with office.gate(watched) as gate:
        desk, id = Desk(office, gate, store), new_id()
        allowed = await desk(id=id)
        await gate.withdraw(allowed.decision, Reason.GATE_ERROR)
        again = await desk(id=id)
        assert (allowed.dials, again.dials, again.undelivered) == (True, False, Reason.GATE_ERROR)
        assert office.undelivered() == []


async def test_who_is_gone_before_his_answer_has_none(office: Office, store: Store) -> None:
    async with await Held.open(office.database, BUSY_MS) as held, office.gate(held) as gate:
        asking = asyncio.create_task(Desk(office, gate, store)())
        await until(held.reached.is_set)
        asking.cancel()
        held.release()
        await until(office.undelivered)
    assert [reason for _, reason in office.undelivered()] == ["gate-error"]
    assert office.decisions() == [("ALLOW", "[]")]


async def test_caps_are_of_all_gates_together(office: Office, store: Store) -> None:
    """The dialplan's and that of the web process, each on a connection of its own, as fast as they can."""
    (profile,) = policy().profiles
    assert profile.attempts is not None
    attempts = structs.replace(profile.attempts, caps=(Cap(per="callee", limit=5, hours=24),))
    capped = Policy((structs.replace(profile, attempts=attempts),), policy().calendar)
    judge = Judge(capped, office.config.trunks, "pbx1")
    async with (
        Store(office.database, short_units=True, yields=True) as own,
        office.gate(own, judge=judge) as gate,
        office.gate(judge=judge) as other,
    ):
        desk = Desk(office, gate, store, judge)
        told = await asyncio.gather(
            *(desk(seconds=20.0) for _ in range(20)),
            *(other.decide(office.attempt(), soon(20.0)) for _ in range(20)),
        )
    decided = [one.decision if isinstance(one, Predialled) else one for one in told]
    assert sum(one.put_through for one in decided) == 5
    assert {one.reasons for one in decided if not one.put_through} == {(Reason.TOO_MANY_ATTEMPTS,)}
    assert len(office.decisions()) == 40


async def test_shadow(office: Office, store: Store) -> None:
    judge = Judge(policy(), office.config.trunks, "pbx1", "shadow")
    async with office.gate(judge=judge) as gate:
        answer = (await Desk(office, gate, store, judge)(STRANGER)).answer("en")
    assert (answer.mode, answer.verdict, answer.dial) == ("shadow", "BLOCK", STRANGER)
    assert answer.dial_by == office.clock.now() + timedelta(seconds=120)


async def test_who_has_no_right(office: Office, desk: Desk) -> None:
    nobody = structs.replace(PROGRAM, rights=frozenset())
    desk.context = structs.replace(desk.context, actor=nobody)
    with pytest.raises(NotPermitted):
        await desk()
