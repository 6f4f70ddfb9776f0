"""No finding where all was right, and none missed: calls as a real Asterisk writes them, invented numbers."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dialpact.store.sqlite import Store, create
from tests.compliance import cdr_lab
from tests.compliance.cdr_day import (
    INBOUND,
    NUMBER,
    ORIGINATED,
    STRANGER,
    T,
    decided,
    line,
    reconciled,
    recorded,
    told,
)

SECOND = {"leg": "PJSIP/carrier2-00000002", "data": f"PJSIP/{NUMBER}@carrier2,30,iU(dialpact-answered)"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    file = tmp_path / "dialpact.db"
    create(file)
    async with await Store.open(file) as store:
        yield store


def failed(**changes: Any) -> bytes:
    """The first trunk, whose carrier refused within a millisecond."""
    return line(**{"answer": None, "end": changes.get("at", 0), "disposition": "FAILED"} | changes)


class TestFailover:
    """The dialplan asks anew for the second trunk: each leg has its own decision, and nobody gave up."""

    @pytest.mark.parametrize("chained", [True, False])
    @pytest.mark.parametrize("ids", [True, False])
    @pytest.mark.parametrize("skew", [-5, -3, 0, 3, 5])
    @pytest.mark.parametrize("wait", [0, 4, 40])
    async def test_however_fast(self, store: Store, chained: bool, ids: bool, skew: int, wait: int) -> None:
        """Of a caller who waited the first row begins with his channel. ``skew``: of the PBX's clock."""
        uniqueid = f"{T}.0" if ids else ""
        begins = wait + skew
        rows = [
            failed(at=skew, end=begins, uniqueid=uniqueid),
            line(at=begins, answer=begins + 1, end=begins + 21, uniqueid=uniqueid, **SECOND),
        ]
        counts, found = await reconciled(
            store,
            rows,
            decided(seconds=wait + 0.2),
            recorded(answered=None, started=wait + 0.3, ended=wait + 0.4, state="unanswered"),
            decided("d2", wait + 0.5, trunk="carrier2", continues="d1" if chained else ""),
            recorded("d2", started=wait + 1, answered=wait + 1, ended=wait + 21, channel=SECOND["leg"]),
        )
        assert (found, counts.matched, counts.recorded) == ([], 2, 1)

    @pytest.mark.parametrize("ids", [True, False])
    @pytest.mark.parametrize(
        ("again", "kinds"), [(True, []), (False, ["trunk-differs", "without-recording"])]
    )
    async def test_a_user_field_that_was_set_once(
        self, store: Store, ids: bool, again: bool, kinds: list[str]
    ) -> None:
        """It stays on the channel, and is in the second trunk's row, too."""
        named = {"userfield": f"dialpact:{'d' * 32}", "uniqueid": f"{T}.0" if ids else ""}
        facts = [decided("d" * 32)]
        if again:
            facts += [decided("d2", 0.5, trunk="carrier2"), recorded("d2", channel=SECOND["leg"])]
        counts, found = await reconciled(store, [failed(**named), line(**named, **SECOND)], *facts)
        assert ([one.kind for one in found], counts.matched) == (kinds, 2)

    @pytest.mark.parametrize("wait", [0, 4, 40])
    async def test_a_first_trunk_that_has_no_leg(self, store: Store, wait: int) -> None:
        """An endpoint without a contact: one row, that has the first Dial's data and the second one's leg."""
        row = line(answer=wait + 1, end=wait + 21, dst="*71" + NUMBER, leg=SECOND["leg"])
        counts, found = await reconciled(
            store,
            [row],
            decided(seconds=wait + 0.2),
            decided("d2", wait + 0.3, trunk="carrier2", continues="d1"),
            recorded("d2", started=wait + 1, answered=wait + 1, ended=wait + 21, channel=SECOND["leg"]),
        )
        assert [one.kind for one in found] == ["another-way"]
        assert (counts.matched, counts.recorded) == (1, 1)

    async def test_the_same_trunk_again(self, store: Store) -> None:
        """The first Dial made no leg, the second one four seconds later did: the recording names it."""
        _, found = await reconciled(
            store,
            [line(answer=6, end=26)],
            decided(),
            decided("d2", 4.3),
            recorded("d2", started=6, answered=6, ended=26),
        )
        assert [one.kind for one in found] == ["another-way"]

    @pytest.mark.parametrize("skew", [-4, 0, 4])
    async def test_the_same_trunk_a_minute_later(self, store: Store, skew: int) -> None:
        """By clocks that differ: nobody answered, and each attempt has its own decision."""
        rows = [line(at=skew, answer=None, end=skew + 30), line(at=skew + 60, answer=None, end=skew + 90)]
        again = rows[1].replace(b"carrier-00000001", b"carrier-00000002")
        _, found = await reconciled(store, [rows[0], again], decided(), decided("d2", 60.2))
        assert found == []

    async def test_a_second_trunk_that_nobody_asked_for(self, store: Store) -> None:
        """On the first one's decision: still found."""
        _, found = await reconciled(store, [failed(), line(**SECOND)], decided())
        assert [one.kind for one in found] == ["trunk-differs", "without-recording"]

    async def test_a_decision_for_that_trunk_that_is_used_up(self, store: Store) -> None:
        """An answered call has it; a later one by the same trunk without a decision of its own is found."""
        rows = [
            line(end=11, answer=1, **SECOND),
            line(at=31, answer=32, end=52, leg="PJSIP/carrier2-00000003"),
        ]
        _, found = await reconciled(
            store,
            rows,
            decided(trunk="carrier2"),
            recorded(started=1, answered=1, ended=11, channel=SECOND["leg"]),
            decided("d2", 30.8),
        )
        assert [one.kind for one in found] == ["trunk-differs", "without-recording"]


class TestCameIn:
    """A CDR has the last context of a call."""

    @pytest.mark.parametrize("context", ["ivr", "ext-queues", "agents"])
    @pytest.mark.parametrize("dst", ["s", "1", "02788880007"])
    async def test_by_a_goto(self, store: Store, context: str, dst: str) -> None:
        rows = [
            line(
                **INBOUND | {"src": f"1391234567{n}", "channel": f"PJSIP/carrier-0000000{n}"},
                dst=dst,
                context=context,
                uniqueid=f"{T}.{n}",
            )
            for n in range(9)
        ]
        counts, found = await reconciled(store, rows, inbound=["from-carrier"])
        assert (found, counts.inbound, counts.unnamed_contexts) == ([], 9, {context: 9})

    async def test_one_that_hung_up_before_the_answer_shows_that_calls_get_there(self, store: Store) -> None:
        here = [line(**INBOUND, context="from-carrier")] * 3
        there = line(**INBOUND | {"channel": "PJSIP/carrier-00000002"}, context="ivr", dst="s")
        left = line(**INBOUND | {"channel": "PJSIP/carrier-00000003"}, context="ivr", dst="s", answer=None)
        apart = [row.replace(b"carrier-00000001", b"carrier-0000001%d" % n) for n, row in enumerate(here)]
        counts, found = await reconciled(store, [*apart, there], inbound=["from-carrier"])
        assert ([one.kind for one in found], counts.inbound) == (["without-decision"], 3)
        counts, found = await reconciled(store, [*apart, there, left], inbound=["from-carrier"])
        assert (found, counts.inbound, counts.unnamed_contexts) == ([], 5, {"ivr": 1})

    async def test_whom_nobody_answered_was_not_originated(self, store: Store) -> None:
        """An Originate that nobody answers runs AppDial2 and nothing else, whatever contexts are named."""
        row = line(**INBOUND, context="ivr", dst="s", answer=None)
        counts, found = await reconciled(store, [row])
        assert (found, counts.inbound) == ([], 1)

    @pytest.mark.parametrize(
        ("changes", "found"),
        [
            ({"src": "02788880009"}, 1),  # a number of ours
            ({"src": "+862788880009"}, 1),  # in another form
            ({"src": "", "dst": "s"}, 1),
            ({"app": "AppDial2", "data": "(Outgoing Line)", "dst": "s", "answer": None}, 1),
        ],
    )
    async def test_an_originate_is_found_all_the_same(
        self, store: Store, changes: dict[str, Any], found: int
    ) -> None:
        caller_id = {"number": "02788880009", "business": "b", "licence": "L", "carrier": "c"}
        caller_id |= {"authenticated": 1, "trunks": "[]", "purposes": "[]", "valid_from": "2026-01-01"}
        business = {
            "id": "b",
            "name": "b",
            "actor": "own-business",
            "created_at": "2026-01-01T00:00:00.000000Z",
        }
        caller_id["created_at"] = business["created_at"]
        rows = [line(**INBOUND | {"context": "ivr"} | changes)]
        others = [
            line(**INBOUND | {"channel": f"PJSIP/carrier-000001{n}"}, context="ivr", dst="s")
            for n in range(10, 15)
        ]
        counts, told = await reconciled(
            store,
            rows + others,
            lambda connection: cdr_lab.insert(connection, "business", business),
            lambda connection: cdr_lab.insert(connection, "caller_id", caller_id),
            inbound=["from-carrier"],
        )
        assert (len(told), counts.inbound) == (found, 5 if found else 6)

    @pytest.mark.parametrize(("calls", "kinds"), [(49, {}), (50, {"without-decision": 50})])
    async def test_a_program_that_shows_one_strangers_number(
        self, store: Store, calls: int, kinds: dict[str, int]
    ) -> None:
        rows = [
            line(**INBOUND | {"channel": f"PJSIP/carrier-000000{n:02}"}, context="dialler")
            for n in range(calls)
        ]
        counts, _ = await reconciled(store, rows, inbound=["from-carrier"])
        assert counts.found == kinds

    @pytest.mark.parametrize("options", [{}, {"inbound": ["from-carrier"]}])
    @pytest.mark.parametrize("src", ["", STRANGER])
    async def test_the_listener_saw_that_it_was_originated(
        self, store: Store, options: dict[str, Any], src: str
    ) -> None:
        row = line(**INBOUND | {"src": src}, dst="600", context="dialler")
        let_be = told("no-decision", "PJSIP/carrier-00000001", 0.4, ORIGINATED.replace("cut", "let be"))
        counts, (found,) = await reconciled(store, [row], let_be, **options)
        assert (counts.calls, counts.answered, counts.inbound, counts.unnamed_contexts) == (1, 1, 0, {})
        assert (found.kind, found.detail, found.number) == (
            "without-decision",
            {"way": "originated"},
            "13912345671",
        )


class TestNoCall:
    """What is no finding."""

    @pytest.mark.parametrize("dst", ["7001", "*74" + NUMBER, "02788881234"])
    async def test_a_page_by_an_extension(self, store: Store, dst: str) -> None:
        """Page() names nothing in its CDR: the extension is not what the trunk was given."""
        page = {"app": "ConfBridge", "data": "848233251", "dst": dst}
        counts, found = await reconciled(store, [line(**page)], decided(), recorded())
        assert (found, counts.matched, counts.recorded) == ([], 1, 1)

    async def test_a_page_to_a_telephone_and_a_trunk(self, store: Store) -> None:
        """The telephone was first: it has a row with the leg, too, that begins before the caller's."""
        page = {"app": "ConfBridge", "data": "347781601", "answer": 1}
        phone = {"channel": "PJSIP/agent1002-00000009", "src": "", "dst": "s", "uniqueid": f"{T}.9"}
        rows = [
            line(**page, dst="7002", leg="PJSIP/agent1002-00000009"),
            line(**page, **phone),
            line(**page | {"answer": 2}, dst="7002", at=1),
        ]
        counts, found = await reconciled(store, rows, decided())
        assert ([one.kind for one in found], counts.matched) == (["without-recording"], 1)

    async def test_a_page_of_the_house(self, store: Store) -> None:
        page = {"app": "ConfBridge", "data": "1241626618", "dst": "7005"}
        rows = [
            line(**page, leg="PJSIP/agent1002-00000009"),
            line(**page, channel="PJSIP/agent1002-00000009", src="", leg="PJSIP/agent1003-0000000a"),
        ]
        counts, found = await reconciled(store, rows)
        assert (found, counts.calls, counts.house) == ([], 0, 2)

    @pytest.mark.parametrize("options", [{}, {"inbound": ["ivr"]}])
    async def test_a_channel_that_ari_made_and_nobody_dialled(
        self, store: Store, options: dict[str, Any]
    ) -> None:
        made = {"src": "", "dst": "s", "context": "from-carrier", "app": "Stasis", "data": "app", "leg": ""}
        row = line(**made, channel="PJSIP/carrier-00000001", answer=None, end=1)
        counts, found = await reconciled(store, [row], **options)
        assert (found, counts.calls, counts.inbound, counts.house) == ([], 0, 0, 1)

    @pytest.mark.parametrize("knows", [True, False])
    async def test_a_recording_of_a_call_found_answered(self, store: Store, knows: bool) -> None:
        """``knows``: Asterisk kept a CDR that said since when; else it counts from when it was found."""
        late = recorded(started=11, answered=1.0 if knows else 11.0)
        counts, (found,) = await reconciled(store, [line()], decided(), late)
        assert (found.kind, found.is_note, counts.recorded) == ("found-answered", True, 1)
        assert found.detail == {"seconds": "10"}

    async def test_found_answered_and_then_cut_short(self, store: Store) -> None:
        late = recorded(started=11, answered=1.0, ended=13.0)
        _, (found,) = await reconciled(store, [line()], decided(), late)
        assert (found.kind, found.detail) == ("length-differs", {"talk": "20", "sound": "2"})

    async def test_an_earlier_recording_that_failed(self, store: Store) -> None:
        """It was not found: it was recorded, and what was recorded is not there."""
        broken = recorded(started=1, answered=1.0, ended=11.0, state="failed")
        _, (found,) = await reconciled(store, [line()], decided(), broken, recorded(started=11, answered=1.0))
        assert found.kind == "length-differs"
