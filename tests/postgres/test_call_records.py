"""What is recorded of a call: each engine, asked for the same, says the same."""

from __future__ import annotations

import json
from datetime import date, timedelta
from functools import partial
from typing import Any

import pytest
from msgspec.structs import replace

from dialpact.compliance.carrier_leg import CarrierLeg
from dialpact.compliance.clock import Uptime, stamp
from dialpact.compliance.errors import StoreRefused
from dialpact.compliance.soundtrack import Soundtrack
from dialpact.compliance.trusted_time import Reading
from dialpact.compliance.waveform import Waveform
from dialpact.store.units import incidents
from dialpact.store.units.registers.change import log
from tests.compliance.store_values import AT, BY
from tests.postgres.calling import CALLER_ID, OTHER, Asked, after, ended, no_flaw, ready, recorded
from tests.postgres.engines import Engines


async def test_the_life_of_a_recording(engines: Engines) -> None:
    ask = Asked()
    first, second, third = ("a" * 32, "b" * 32, "c" * 32)

    async def run(store: Any) -> Any:
        await ready(store)
        calls = [await ask(store), await ask(store, OTHER)]
        await recorded(store, calls[0], first)
        open = [await store.recordings.unfinished("pbx1")]
        await store.recordings.running(first, after(6), None)
        await store.recordings.answered("pbx1", "1.2", after(9))
        await store.recordings.answered("pbx1", "1.2", after(10))
        open.append(await store.recordings.unfinished("pbx1"))
        sound = Soundtrack(since=stamp(after(6)), index=((0, 0), (59, 59))).encode()
        drawn = {"callee": Waveform(3, b"\x01\xff"), "agent": Waveform(3, b"")}
        told = {"talk_seconds": 55, "callee_sha256": "e" * 64, "callee_dbfs": -20.5, "bytes": 16_000}
        finished = [
            await ended(store, first, keep_until=date(2028, 11, 24), sound=sound, waveforms=drawn, **told)
        ]
        finished.append(await ended(store, first))
        await recorded(store, calls[0], second, "1.3", at=70)
        await ended(store, second, unseen=True, state="unanswered")
        await recorded(store, calls[1], third, "1.4", at=70)
        await ended(store, third, unseen=True)
        lists = [await store.recording_list.list(), await store.recording_list.list(most=1)]
        lists.append(await store.recording_list.list(after=lists[-1].next, most=1))
        for wanted in (
            {"state": "unseen"},
            {"due": date(2030, 1, 1)},
            {"held": True},
            {"number": f"+86{OTHER}"},
        ):
            lists.append(await store.recording_list.list(**wanted))

        def settle(connection: Any) -> None:
            log(connection, "recording", "settle", third, {"answered": True}, **BY)
            log(connection, "recording", "settle", second, {"answered": False}, **BY)

        await store.transact(settle)
        lists.extend([await store.recording_list.list(), await store.recording_list.list(state="kept")])
        return (
            open,
            finished,
            lists,
            await store.recording_list.ids_beginning("b", most=5),
            await no_flaw(store),
        )

    open, finished, lists, ids, leaves = await engines.same(run)
    assert [[one.state for one in some] for some in open] == [["starting"], ["running"]]
    assert open[1][0].answered_at == after(9)
    assert finished == [True, False]
    assert [[one.id for one in page.rows] for page in lists[:3]] == [
        [second, third, first],
        [second],
        [third],
    ]
    assert [[one.id for one in page.rows] for page in lists[3:7]] == [[second, third], [first], [], []]
    assert [one.state for one in lists[7].rows] == ["unanswered", "kept", "kept"]
    assert [one.id for one in lists[8].rows] == [third, first]
    assert ids == [second]
    assert sum(kind == "recording" for _, kind, _ in leaves) == 3


def heard(*named: str, **until: str) -> str:
    """As the listener tells of supervisors."""
    told = {
        name: {
            "channel": f"PJSIP/{name}-1",
            "way": "ChanSpy",
            "heard_by": "nobody",
            "since": stamp(after(20)),
            "until": until.get(name),
        }
        for name in named
    }
    return json.dumps(told)


async def test_the_life_of_a_carrier_leg(engines: Engines) -> None:
    ask = Asked()

    async def run(store: Any) -> Any:
        await ready(store)
        calls = [
            await ask(store, uniqueid="1.1"),
            await ask(store, OTHER, at=1, uniqueid="2.1", channel="API/crm"),
            await ask(store, OTHER, at=2, uniqueid="3.1"),
        ]
        leg = CarrierLeg(
            decision=calls[0].id,
            node="pbx1",
            channel="PJSIP/carrier-1",
            uniqueid="1.2",
            linkedid="",
            dialled_at=after(1),
            ringing_at=after(3),
            sent_from="+862788880007",
        )
        write = store.carrier_legs.write
        await write(leg)
        one, two = "z 1", "b 2"
        await write(replace(leg, linkedid="1.1", answered_at=after(9), sip_call_id="s", sent_from=""))
        await write(replace(leg, linkedid="9.9", ringing_at=after(4), supervision=heard(one)))
        await write(replace(leg, supervision=heard(two, one, **{one: stamp(after(30))})))
        running = await store.calls.get(calls[0].id)
        await write(
            replace(leg, ended_at=after(60), dial_status="ANSWER", hangup_cause=16, interlock="through")
        )
        await write(replace(leg, ended_at=after(99), hangup_cause=17))
        other = replace(leg, decision=calls[1].id, uniqueid="2.2", dialled_at=after(50))
        await write(other)
        await store.carrier_legs.end_unseen(other.decision, "pbx1", "2.2", after(40))
        gone = [await store.calls.get(one.id) for one in calls]
        let_out = partial(store.carrier_legs.let_out, "pbx1", ["1.1", "2.1"], calls[0].dial)
        found = [
            await store.carrier_legs.allowed(calls[0].id),
            await store.carrier_legs.allowed("no such"),
            await let_out(AT - timedelta(1), after(9)),
            await let_out(after(0), after(9)),
            await store.carrier_legs.let_out_by_program("pbx1", calls[1].dial, AT, after(9)),
            await store.carrier_legs.let_out_by_program("pbx1", calls[0].dial, AT, after(9)),
        ]
        missed = partial(store.carrier_legs.missed, "pbx1", AT, after(99), reported="lost", together="gap")
        lost = [await missed()]
        await store.incidents.add(at=after(3), node="pbx1", kind="gap", detail=f"{calls[2].id} and more")
        lost.append(await missed())
        listed = await store.calls.list()
        return running, gone, found, lost, listed, await no_flaw(store)

    running, gone, found, lost, listed, leaves = await engines.same(run)
    (leg,) = running.carrier_legs
    assert (leg.linkedid, leg.sip_call_id, leg.ringing_at, leg.sent_from) == (
        "1.1",
        "s",
        after(3),
        "+862788880007",
    )
    assert [(one.channel, one.until) for one in leg.supervision] == [
        ("PJSIP/z 1-1", after(30)),
        ("PJSIP/b 2-1", None),
    ]
    assert [leg.ended_at for call in gone for leg in call.carrier_legs] == [after(60), after(50)]
    assert gone[0].carrier_legs[0].hangup_cause == 16
    assert found[0].sent_as == ("+862788880007", CALLER_ID)
    assert found[1] is None
    assert [[one.id[-1] for one in some] for some in found[2:]] == [["1"], [], ["2"], []]
    assert [[one.id[-1] for one in some] for some in lost] == [["3"], []]
    assert [one.outcome for one in listed.rows][-1] == "answered"
    assert sum(kind == "carrier-leg" for _, kind, _ in leaves) == 2


async def test_incidents_are_told_once_listed_and_counted(engines: Engines) -> None:
    async def run(store: Any) -> Any:
        add = partial(store.incidents.add, node="pbx1")
        for place in range(4):
            await add(at=after(place), kind="lost" if place else "gap", detail=f"{place}")
        for _ in range(2):
            await add(at=after(9), kind="full", channel="x", once=True)
        page = await store.incidents.list(most=2)
        rest = await store.incidents.list(after=page.next)
        some = await store.incidents.list(kind="lost", since=after(2), until=after(3))
        counted = [await store.incidents.count(), await store.incidents.count(since=after(3))]
        look = await store.installation.counted("pbx1", date(2026, 11, 24), after=2)
        return page, rest, some, counted, look, await no_flaw(store)

    page, rest, some, counted, look, leaves = await engines.same(run)
    assert [one.detail for one in (*page.rows, *rest.rows)] == ["", "3", "2", "1", "0"]
    assert [one.detail for one in some.rows] == ["2"]
    assert [(one.kind, one.count) for one in counted[0]] == [("lost", 3), ("full", 1), ("gap", 1)]
    assert (dict(look.incidents), look.last) == ({"lost": 2, "full": 1}, 5)
    assert len(leaves) == 5


async def test_what_no_column_takes_is_refused_and_leaves_nothing(engines: Engines) -> None:
    bad: Any = {"no": "text"}

    async def run(store: Any) -> Any:
        with pytest.raises(StoreRefused):
            await store.incidents.add(at=AT, node="a", kind="k", detail=bad)
        with pytest.raises(StoreRefused):
            await recorded(store, await Asked()(store), "a" * 32, uniqueid=bad)
        return (await store.incidents.list()).rows, len(await no_flaw(store))

    assert await engines.same(run) == ([], 1)


async def test_the_log_keeps_its_hashes(engines: Engines) -> None:
    many = 70_000 // 100

    def some(connection: Any) -> None:
        for place in range(many):
            incidents.write(connection, at=AT, node="pbx1", kind="k", detail=str(place))

    async def run(store: Any) -> Any:
        await store.transact(some)
        page = await store.ledger.list(most=3)
        standing = await store.ledger.standing("incident", "7")
        return await no_flaw(store), [one.key for one in page.rows], standing

    leaves, last, standing = await engines.same(run)
    assert len(leaves) == many
    assert last == [str(many - 2), str(many - 1), str(many)]
    assert (standing.leaf, standing.flaw) == (6, "")


async def test_readings_of_the_clock_bear_out_a_time(engines: Engines) -> None:
    def read(seconds: float, up: float, boot: str = "b") -> Any:
        return lambda: Reading(after(seconds), Uptime(boot, timedelta(seconds=up)))

    async def run(store: Any) -> Any:
        take, turn = store.clocks.take, store.clocks.take_turn
        found = [await take(read(0, 100), "gate"), await take(read(86_400, 160), "gate")]
        turns = [await turn(read(70, place), "purge", timedelta(seconds=10)) for place in (165, 170, 180)]
        found.append(await store.clocks.foretell(read(90, 200)()))
        found.append(await take(read(4000, 10, "c"), "gate"))
        return found, turns, await no_flaw(store)

    found, turns, leaves = await engines.same(run)
    assert turns == [True, False, True]
    assert [one.time for one in found] == [AT, after(60), after(90), after(260)]
    assert [kind for _, kind, _ in leaves] == ["clock"] * 5


async def test_what_a_supervisor_asks(engines: Engines) -> None:
    ask = Asked()

    async def run(store: Any) -> Any:
        await ready(store)
        made = [await ask(store), await ask(store, OTHER, at=1), await ask(store, "1", at=2)]
        supervised = store.supervised
        act = partial(supervised.act, detail={"a": 1}, **BY)
        leaves = [await act("supervision", "question", "q1"), await act("ledger", "resume", "k")]
        asked = [await supervised.decisions(AT, after(2), 10), await supervised.decisions(AT, after(9), 1)]
        lost = [await supervised.lost(AT - timedelta(1), after(1)), await supervised.lost(AT, after(1))]
        count = await supervised.acts_since(AT), await supervised.acts_since(after(1))
        return made, leaves, asked, lost, count, await supervised.rotation_leaf()

    made, leaves, asked, lost, count, rotation = await engines.same(run)
    assert [(one.id, one.put_through, one.erased) for one in asked[0]] == [
        (one.id, True, False) for one in made[:2]
    ]
    assert len(asked[1]) == 1
    assert (lost, count, rotation) == ([True, False], (1, 0), leaves[1])
