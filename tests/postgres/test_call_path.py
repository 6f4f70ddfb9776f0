"""The way of a call through the store: each engine, asked for the same, says the same."""

from __future__ import annotations

import time
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance.clock import stamp
from dialpact.compliance.judge import Judge
from dialpact.compliance.ledger.bound.difference import Difference, RegisterLook
from dialpact.compliance.model import Decision
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.trial import Confirmed
from dialpact.store.ports.decisions import Undelivered, WaitingAttempt
from dialpact.store.units import optout
from dialpact.store.units.differences import SQL as DIFFERENCES
from dialpact.store.units.registers.change import log
from tests.compliance.store_values import AT, BY, Fixed, Still, attempt, decision
from tests.compliance.test_store_enforcement import ALARM, REFUSED
from tests.compliance.test_store_enforcement import judge as judge_of
from tests.compliance.test_store_registers import but
from tests.postgres.calling import (
    CALLER_ID,
    JUDGE,
    NUMBER,
    OTHER,
    RULES,
    TRUNKS,
    Asked,
    after,
    ended,
    no_flaw,
    ready,
    recorded,
)
from tests.postgres.engines import PATIENT, Engines

STRANGER, TRIAL = "13800138001", "0123456789abcdef"


async def test_a_decision_is_recorded_with_its_leaf_and_read_again(engines: Engines) -> None:
    ask = Asked()

    async def run(store: Any) -> Any:
        await ready(store)
        made = [await ask(store), await ask(store, OTHER), await ask(store, "1380013")]
        leaves = await no_flaw(store)
        assert [key for _, kind, key in leaves if kind == "decision"] == [one.id for one in made]
        page = await store.calls.list(most=2)
        rest = await store.calls.list(after=page.next)
        stored = await store.calls.get(made[0].id)
        assert stored.decision == made[0]
        found = await store.calls.list(number=f"+86{NUMBER}", since=AT, until=after(1), verdict="ALLOW")
        return made, leaves, page, rest, stored, found

    made, _, page, rest, _, found = await engines.same(run)
    assert [(one.allowed, one.reasons) for one in made] == [
        (True, ()),
        (True, ()),
        (False, ("invalid-number",)),
    ]
    assert [entry.seq for entry in (*page.rows, *rest.rows)] == [3, 2, 1]
    assert [entry.id for entry in found.rows] == [made[0].id]


async def test_an_opt_out_blocks_the_next_attempt_and_is_heard_in_its_recording(engines: Engines) -> None:
    ask = Asked()

    async def run(store: Any) -> Any:
        await ready(store)
        call = await ask(store)
        await recorded(store, call, "a" * 32)
        said = {"how": "callee-key", "scope": "industry", "node": "pbx1", "channel": "PJSIP/c-1"}
        took = [await store.opt_outs.from_call(call.id, at=after(20.126), **said) for _ in range(2)]
        await ended(store, "a" * 32)
        before: dict[str, Any] = {
            "how": "agent-key",
            "by": "1001",
            "channel": "",
            "node": "pbx1",
            "recording": "a" * 32,
        }
        before |= {"number": int(f"86{NUMBER}"), "scope": "all", "value": "", "decision": call.id}
        await store.transact(
            lambda one: optout.SQL.insert(one, at=stamp(after(20.126)), position=1.0, **before)
        )
        line = await store.opt_outs.from_line(f"+86{OTHER}", node="pbx1", channel="PJSIP/c-9", at=after(90))
        blocked = [await ask(store, at=30), await ask(store, OTHER, at=100)]
        heard = [await optout.of_number(store, f"+86{number}") for number in (NUMBER, OTHER)]
        listed = (await store.dnc.list()).rows
        return took, line, blocked, heard, listed, await no_flaw(store)

    took, _, blocked, heard, listed, _ = await engines.same(run)
    assert took[0] == took[1]
    assert [one.reasons[0] for one in blocked] == ["do-not-call", "do-not-call"]
    assert [[one["position"] for one in some] for some in heard] == [[None, 15.13], [None]]
    assert (heard[0][1]["path"], heard[0][0]["recording"]) == (f"/r/{'a' * 32}.wav", "a" * 32)
    assert [(entry.number, entry.scope, entry.value) for entry in listed] == [
        (f"+86{NUMBER}", "industry", "loans"),
        (f"+86{OTHER}", "all", ""),
    ]


async def test_what_was_not_delivered_counts_as_no_call(engines: Engines, tmp_path: Path) -> None:
    ask = Asked(judge_of(tmp_path, (ALARM, '{ per = "callee", limit = 2, hours = 24 }')))

    async def run(store: Any) -> Any:
        await ready(store)
        made = [await ask(store, at=place) for place in range(3)]
        marks = [Undelivered(one.id, after(5), "caller-gone") for one in made[:1]]
        await store.decisions.undelivered([*marks, *marks, Undelivered("no such", after(5), "x")])
        made.extend([await ask(store, at=9), await ask(store, at=10)])
        found = await store.calls.list(verdict="BLOCK")
        return made, found, await store.carrier_legs.allowed(made[0].id), await no_flaw(store)

    made, found, allowed, leaves = await engines.same(run)
    assert [one.allowed for one in made] == [True, True, False, True, False]
    assert made[-1].retry_at == after(1) + timedelta(days=1)
    assert [entry.reasons for entry in found.rows] == [
        ("too-many-attempts",),
        ("too-many-attempts",),
        ("caller-gone",),
    ]
    assert not allowed.delivered
    assert sum(kind == "undelivered" for _, kind, _ in leaves) == 1


async def test_without_a_lease_nothing_is_let_through(engines: Engines) -> None:
    ask = Asked()

    async def run(store: Any) -> Any:
        await ready(store)
        lease = partial(store.recorder_leases.renew, "pbx1", at=after(3))
        await lease(ready=False, why="disk full", seconds=60)
        made = [await ask(store, at=4)]
        await lease(ready=True, why="", seconds=-1)
        made.append(await ask(store, at=5))
        await lease(ready=True, why="", seconds=600)
        renewed = await store.recorder_leases.renewed_at("pbx1"), await store.recorder_leases.renewed_at("x")
        return [*made, await ask(store, at=6)], renewed

    made, renewed = await engines.same(run)
    assert [one.allowed for one in made] == [False, False, True]
    assert renewed == (after(3), None)


async def test_another_way_of_a_call_is_counted_with_it(engines: Engines, tmp_path: Path) -> None:
    ask = Asked(judge_of(tmp_path, (ALARM, '{ per = "callee", limit = 2, hours = 24 }')))

    async def run(store: Any) -> Any:
        await ready(store)
        ways = [await ask(store, at=place, uniqueid="1.1", trunk=name) for place, name in enumerate(TRUNKS)]
        other = await ask(store, at=5, uniqueid="1.2")
        await recorded(store, other, "a" * 32, "7.1", at=6)
        await store.recordings.answered("pbx1", "7.1", after(7))
        answered = await ask(store, at=8, uniqueid="1.2", trunk="backup")
        return ways, other, answered, await no_flaw(store)

    ways, other, answered, _ = await engines.same(run)
    assert [one.facts.continues for one in ways] == ["", ways[0].id]
    assert [one.allowed for one in (*ways, other)] == [True, True, True]
    assert (answered.facts.continues, answered.reasons) == ("", ("too-many-attempts",))


async def test_whoever_is_refused_often_is_suspended_and_a_busy_caller_id_is_told(
    engines: Engines, tmp_path: Path
) -> None:
    ask = Asked(judge_of(tmp_path, (REFUSED, "refused = { agent = 2 }"), ("limit = 60", "limit = 1")))

    async def run(store: Any) -> Any:
        await ready(store)
        made = [await ask(store, STRANGER, at=place) for place in range(2)]
        made.extend([await ask(store, at=10, agent="1001"), await ask(store, at=11, agent="1002")])
        await store.suspensions.lift("agent", "1001", reason="trained", by="chen", at=after(12))
        made.extend([await ask(store, at=13), await ask(store, STRANGER, at=14), await ask(store, at=15)])
        return made, (await store.suspensions.list(lifted=True)).rows, (await store.incidents.list()).rows

    made, suspended, told = await engines.same(run)
    assert [one.reasons for one in made[2:]] == [("suspended",), (), (), made[0].reasons, ()]
    assert [(one.key, one.evidence) for one in suspended] == [("1001", (made[1].id, made[0].id))]
    assert [(one.kind, one.channel) for one in told] == [("busy-caller-id", CALLER_ID)]


async def test_numbers_beside_each_other_are_seen_as_a_sweep(engines: Engines) -> None:
    ask = Asked()

    async def run(store: Any) -> Any:
        await ready(store)
        made = [await ask(store, f"1380013{8000 + place}", at=place) for place in (0, 3, 1)]
        asked = JUDGE.attempt(NUMBER, "spring", CALLER_ID)
        facts = (await store.calls.look(asked, JUDGE.asked, after(9))).facts
        return made, facts, await store.calls.last_dialled(asked, JUDGE.asked, after(9))

    _, facts, dialled = await engines.same(run)
    assert facts.neighbours == (1, 3)
    assert sorted(dialled) == [(1, after(1)), (3, after(3))]


class Breaking:
    """A judge who cannot judge one of them."""

    asked, stops_on_fork = JUDGE.asked, True
    too_late, broken, unbound = JUDGE.too_late, JUDGE.broken, JUDGE.unbound
    forked, restored = JUDGE.forked, JUDGE.restored

    def decide(self, attempt: Any, facts: Any, now: datetime, *, id: str) -> Decision:
        if attempt.callee.e164 == f"+86{STRANGER}":
            raise LookupError("no such rule")
        return JUDGE.decide(attempt, facts, now, id=id)


async def test_one_that_cannot_be_decided_costs_the_others_nothing(engines: Engines) -> None:
    ask = Asked(Breaking())

    async def run(store: Any) -> Any:
        await ready(store)
        made = await ask.together(store, [NUMBER, STRANGER, OTHER])
        calls = await store.calls.list()
        return [one.decision for one in made], [str(one.failure) for one in made], calls, await no_flaw(store)

    made, failures, calls, _ = await engines.same(run)
    assert [one.allowed for one in made] == [True, False, True]
    assert failures == ["None", "no such rule", "None"]
    assert [one.seq for one in calls.rows] == [3, 2, 1]


async def test_a_row_that_is_refused_costs_the_others_nothing(engines: Engines) -> None:
    made = but(decision(), id="f" * 32)

    async def run(store: Any) -> Any:
        batch = [WaitingAttempt(f"{place:032x}", attempt(), time.monotonic() + PATIENT) for place in range(2)]
        judge = Fixed(made, made, made, made)  # the second is there already
        found = await store.decisions.decide(batch, judge, Still())
        kinds = [(kind, key) for _, kind, key in await no_flaw(store)]
        return [(one.decision.id, one.decision.allowed, one.failure is None) for one in found], kinds

    found, kinds = await engines.same(run)
    assert found == [("f" * 32, True, True), (f"{1:032x}", False, False)]
    assert kinds == [("decision", id) for id, *_ in found]


async def test_what_is_not_what_the_log_says_blocks_and_so_does_a_backup_put_back(engines: Engines) -> None:
    ask = Asked()
    differs = Difference(register="caller-id", key=CALLER_ID, code="changed", leaf=3, detail="x")
    looks = [RegisterLook(register=name, rows=2, unbound=0, whole=True) for name in ("caller-id", "dnc")]
    again = [RegisterLook(register="dnc", rows=None, unbound=1, whole=False)]

    async def run(store: Any) -> Any:
        await ready(store)
        note = partial(store.differences.note, rechecked=["caller-id"], node="pbx1", at=AT)
        noted = [await note([differs], looks), await note([differs], again)]
        stands = partial(store.calls.look, attempt(), JUDGE.asked, AT)
        known = (await stands()).differing
        look = await store.read(lambda connection: dict(DIFFERENCES.looks(connection)))
        made = [await ask(store)]
        noted.append(await note([], []))
        made.append(await ask(store))

        def act(action: str) -> Any:
            return lambda connection: log(connection, "store", action, "database", {}, **BY)

        for action in ("restore", "acknowledge"):
            await store.transact(act(action))
            made.append(await ask(store))
            assert (await stands()).unacknowledged is (action == "restore")
        return noted, known, look, made, (await store.incidents.count()), await no_flaw(store)

    noted, known, look, made, incidents, _ = await engines.same(run)
    assert (noted, known) == ([1, 0, 0], frozenset({("caller-id", CALLER_ID)}))
    assert (look["registers"], look["rows"], look["unbound"], look["whole"]) == (2, 4, 1, 0)
    assert [one.allowed for one in made] == [False, True, False, True]
    assert [one.count for one in incidents] == [1]


async def test_a_forked_log_stops_every_call(engines: Engines) -> None:
    ask = Asked(Judge(RULES, TRUNKS, "pbx1", stops_on_fork=True))

    async def run(store: Any) -> Any:
        await ready(store)
        made = [await ask(store)]
        await store.transact(lambda connection: connection.execute("UPDATE ledger_log SET forked = 'x'"))
        return [*made, await ask(store, at=1)]

    made = await engines.same(run)
    assert [one.allowed for one in made] == [True, False]


async def test_a_trial_is_good_for_one_call(engines: Engines) -> None:
    ask = Asked()
    said = {"number": f"+86{NUMBER}", "caller_id": CALLER_ID, "business": "acme", "purpose": "marketing"}
    new = Confirmed(id=TRIAL, ends_at=after(900), wording="mine", **said)

    async def run(store: Any) -> Any:
        await ready(store)
        for _ in range(2):
            await store.trials.confirm(new, per_day=2, numbers_per_day=1, **BY)
        with pytest.raises(Fault, match="trials"):
            await store.trials.confirm(new, per_day=2, numbers_per_day=1, **BY)
        words = {"campaign": f"dialpact-trial.{TRIAL}", "channel": f"Local/{TRIAL}@dialpact-try-00000003;2"}
        return [await ask(store, at=place, **words) for place in range(2)]

    made = await engines.same(run)
    assert [one.allowed for one in made] == [True, False]
    assert all(one.facts.trial for one in made)
