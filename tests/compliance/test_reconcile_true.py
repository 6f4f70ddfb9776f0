"""No finding where all was right, and none missed: calls as a real Asterisk writes them, invented numbers."""

from __future__ import annotations

from collections.abc import AsyncIterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance.config import Trunk
from dialpact.compliance.dial_prefix import DialPrefixes
from dialpact.compliance.reconcile import CdrFinding, Counts
from dialpact.store.sqlite import Store, create
from tests.compliance import cdr_lab
from tests.compliance.cdr_day import AGENT, NUMBER, Fill, T, decided, line, recorded, told

SECOND = {"leg": "PJSIP/carrier2-00000002", "data": f"PJSIP/{NUMBER}@carrier2,30,iU(dialpact-answered)"}
STRANGER = "13912345678"
INBOUND = {"src": STRANGER, "leg": "", "app": "Queue", "data": "sales", "channel": "PJSIP/carrier-00000001"}
PRIVATE = {"leg": "PJSIP/private-00000002", "data": f"PJSIP/{NUMBER}@private,30"}
ORIGINATED = "cut; by an Originate linkedid=1795941200.1; dialled 13912345671"


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    file = tmp_path / "dialpact.db"
    create(file)
    async with await Store.open(file) as store:
        yield store


async def reconciled(
    store: Store, rows: Sequence[bytes], *facts: Fill, **options: Any
) -> tuple[Counts, list[CdrFinding]]:
    def work(connection: Any) -> None:
        for fact in facts:
            fact(connection)

    await store.transact(work)
    result, found = await cdr_lab.run(store, b"".join(rows), **options)
    return result.counts, found


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
        _, (found,) = await reconciled(store, [row], let_be, **options)
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


class TestLegs:
    """What the listener told of."""

    @pytest.mark.parametrize(
        ("kind", "detail", "fate"),
        [
            ("no-decision", ORIGINATED, "cut"),
            ("no-decision", ORIGINATED.replace("cut", "let be"), "let-be"),
            ("reused-decision", ORIGINATED, "cut"),
            ("unlisted-endpoint", "cut; by an Originate; endpoint=private trunk=carrier dialled 139", "cut"),
        ],
    )
    async def test_that_left_no_cdr(self, store: Store, kind: str, detail: str, fate: str) -> None:
        """Page() of a customer who was cut before he answered: the caller's row has no leg."""
        paged = line(app="ConfBridge", data="914824671", leg="", dst="7003", answer=0, end=5)
        leg = told(kind, "PJSIP/carrier-00000007", 1.2, detail)
        _, (found,) = await reconciled(store, [paged], leg)
        assert (found.kind, found.detail) == ("leg-without-cdr", {"incident": kind, "fate": fate})
        assert (found.channel, found.number) == ("PJSIP/carrier-00000007", detail.rpartition(" ")[2])

    async def test_that_has_its_cdr(self, store: Store) -> None:
        originate = {"src": "", "dst": "s", "app": "AppDial2", "data": "(Outgoing Line)", "leg": ""}
        row = line(**originate, channel="PJSIP/carrier-00000001", answer=None)
        _, (found,) = await reconciled(
            store, [row], told("no-decision", "PJSIP/carrier-00000001", 0.4, ORIGINATED)
        )
        assert found.kind == "without-decision"

    @pytest.mark.parametrize(("seconds", "kinds"), [(320.0, 0), (330.0, 1)])
    async def test_of_the_same_name_at_another_time(self, store: Store, seconds: float, kinds: int) -> None:
        """After a restart of Asterisk names begin anew."""
        rows = [line(), line(at=600, answer=601, end=602, leg="", app="Hangup", data="")]
        leg = told("no-decision", "PJSIP/carrier-00000001", seconds, ORIGINATED)
        counts, _ = await reconciled(store, rows, decided(), recorded(), leg)
        assert counts.found.get("leg-without-cdr", 0) == kinds

    async def test_of_another_node_and_of_another_time_than_was_asked_for(self, store: Store) -> None:
        leg = told("no-decision", "PJSIP/carrier-00000007", 1.2, ORIGINATED)
        counts, found = await reconciled(store, [line()], decided(), recorded(), leg, node="other")
        assert "leg-without-cdr" not in counts.found
        counts, found = await reconciled(store, [line()], trunk="carrier2")
        assert found == []

    async def test_a_leg_that_left_by_another_number_is_a_call_with_its_decision(self, store: Store) -> None:
        leg = told("caller-id-altered", "PJSIP/carrier-00000001", 0.4, "cut; by x; authorised and sent 1 2")
        assert await reconciled(store, [line()], decided(), recorded(), leg) is not None
        counts, _ = await reconciled(store, [line()])
        assert counts.found == {}


class TestUnlisted:
    """By an endpoint to the carrier that no trunk lists."""

    @pytest.mark.parametrize("answer", [1, None])
    @pytest.mark.parametrize(
        ("leg", "data"),
        [
            ("PJSIP/private-00000002", f"PJSIP/{NUMBER}@private,30"),
            ("PJSIP/private-00000002", f"PJSIP/private/sip:{NUMBER}@198.51.100.7:5060"),
            ("SIP/private-00000002", f"SIP/private/{NUMBER}"),
            ("IAX2/private-4711", f"IAX2/me:word@private/{NUMBER}"),
            ("DAHDI/3-1", f"DAHDI/g2/{NUMBER}"),
            ("Dongle/dongle0-0100000001", f"Dongle/dongle0/{NUMBER}"),
        ],
    )
    async def test_a_number_of_seven_digits(
        self, store: Store, leg: str, data: str, answer: int | None
    ) -> None:
        counts, (found,) = await reconciled(store, [line(leg=leg, data=data, answer=answer)])
        assert (found.kind, found.number, found.trunk) == ("unlisted-endpoint", NUMBER, "")
        assert found.detail == {"endpoint": leg.rpartition("-")[0]}
        assert (counts.calls, counts.house) == (0, 1)

    @pytest.mark.parametrize(
        ("leg", "data"),
        [
            ("PJSIP/1002-00000002", "PJSIP/1002,20"),
            ("PJSIP/sbc-00000002", "PJSIP/1002@sbc"),
            ("PJSIP/sbc-00000002", "PJSIP/110@sbc"),
            ("Local/13800138000@out-00000002;1", f"Local/{NUMBER}@out"),
            ("", f"PJSIP/{NUMBER}@nowhere"),  # no leg came into being
            ("PJSIP/1002-00000002", f"PJSIP/{NUMBER}@private&PJSIP/1002"),
        ],
    )
    async def test_telephones_of_the_house(self, store: Store, leg: str, data: str) -> None:
        counts, found = await reconciled(store, [line(leg=leg, data=data)])
        assert (found, counts.house) == ([], 1)

    async def test_on_a_decision_for_a_trunk(self, store: Store) -> None:
        counts, found = await reconciled(store, [line(**PRIVATE)], decided())
        assert [one.kind for one in found] == ["unlisted-endpoint", "without-recording"]
        assert counts.matched == 0

    async def test_an_originate_that_the_listener_cut(self, store: Store) -> None:
        """Its row is like a click-to-dial's: only the listener knows whom it rang."""
        row = line(
            channel="PJSIP/private-00000003", leg="", app="AppDial2", data="", src="", dst="s", answer=None
        )
        detail = "cut; by an Originate; endpoint=private trunk=carrier dialled 13912345671"
        leg = told("unlisted-endpoint", "PJSIP/private-00000003", 0.4, detail)
        _, found = await reconciled(store, [line(**PRIVATE), row], leg)
        assert [one.kind for one in found] == ["unlisted-endpoint", "unlisted-endpoint"]


class TestWhispers:
    @staticmethod
    def spy(**changes: Any) -> bytes:
        base = {
            "channel": "PJSIP/boss-00000009",
            "leg": "",
            "dst": "*77",
            "app": "ChanSpy",
            "uniqueid": f"{T}.9",
        }
        return line(**base | {"data": "PJSIP/carrier,qw", "at": 5, "answer": 5, "end": 15} | changes)

    @pytest.mark.parametrize(
        ("changes", "hears"),
        [
            ({}, "callee"),  # to the customer's own leg
            ({"data": "PJSIP/agent1001,qW"}, "agent"),
            ({"data": "pjsip/AGENT1001,B"}, "callee"),
            ({"data": "PJSIP/agent1001,qd"}, "callee"),
            ({"data": ",w"}, "callee"),  # anybody
            ({"data": "PJSIP/agent1001,wg(a:b)"}, "callee"),
            ({"data": "PJSIP/agent1001,w(a"}, "callee"),  # who knows
            ({"app": "ExtenSpy", "data": "13800138000@agents,w"}, "callee"),
            ({"data": "PJSIP/agent1001,q"}, ""),  # he only listens
            ({"data": "PJSIP/agent1001"}, ""),
            ({"data": "PJSIP/agent1001,qv(4)g(wB)"}, ""),  # no options of their own
            ({"data": "PJSIP/agent1003,qw"}, ""),  # who has no call on a trunk
            ({"at": 30, "answer": 30, "end": 40}, ""),  # it was over
            ({"app": "Stasis", "data": "app", "channel": f"Snoop/{T}.1-00000000"}, "callee"),
            ({"app": "Stasis", "data": "app", "channel": f"Snoop/{T + 400}.1-00000000"}, ""),
        ],
    )
    async def test_beside_a_call(self, store: Store, changes: dict[str, Any], hears: str) -> None:
        counts, found = await reconciled(store, [line(), self.spy(**changes)], decided(), recorded())
        assert counts.found == ({"whisper": 1} if hears else {})
        assert [one.detail["hears"] for one in found] == ([hears] if hears else [])

    async def test_of_which_call_is_said_where_it_was_one(self, store: Store) -> None:
        _, (found,) = await reconciled(store, [line(), self.spy()], decided(), recorded())
        assert (found.channel, found.number, found.line) == ("PJSIP/boss-00000009", NUMBER, 2)
        other = line(channel="PJSIP/agent1002-00000003", leg="PJSIP/carrier-00000004", uniqueid=f"{T}.3")
        _, found = await reconciled(store, [line(), other, self.spy()])
        assert [one.number for one in found if one.kind == "whisper"] == [""]

    @pytest.mark.parametrize(
        ("changes", "covered"),
        [
            ({}, True),
            ({"state": "failed"}, False),
            ({"channel": "PJSIP/boss-00000008"}, False),
            ({"started": 60.0, "answered": 60.0, "ended": 70.0}, False),
            ({"part": "joined"}, False),
        ],
    )
    async def test_that_is_recorded(self, store: Store, changes: dict[str, Any], covered: bool) -> None:
        voice = {
            "channel": "PJSIP/boss-00000009",
            "part": "supervisor",
            "started": 5.2,
            "answered": 5.2,
            "ended": 15,
        }
        facts = decided(), recorded(), recorded(**voice | changes)
        counts, _ = await reconciled(store, [line(), self.spy()], *facts)
        assert counts.found == ({} if covered else {"whisper": 1})

    @pytest.mark.parametrize(("data", "found"), [("PJSIP/agent1001,w", 0), ("PJSIP/agent1001,B", 1)])
    async def test_a_coach_where_coaches_are_not_recorded(self, store: Store, data: str, found: int) -> None:
        trunks = {"carrier": Trunk(endpoint="PJSIP/carrier", supervisor="report")}
        rows = [line(), self.spy(data=data)]
        counts, _ = await reconciled(store, rows, decided(), recorded(), trunks=trunks)
        assert counts.found.get("whisper", 0) == found


class TestPrefix:
    """A site that dials 9 for an outside line."""

    @pytest.mark.parametrize("data", [f"PJSIP/9{NUMBER}@carrier", f"PJSIP/{NUMBER}@carrier"])
    @pytest.mark.parametrize("ids", [True, False])
    async def test_a_call(self, store: Store, data: str, ids: bool) -> None:
        row = line(
            dst=f"9{NUMBER}", data=data, uniqueid=f"{T}.0" if ids else "", channel=AGENT if ids else "x-1"
        )
        other = recorded(channel="PJSIP/carrier-0000ffff") if not ids else recorded()
        counts, found = await reconciled(store, [row], decided(), other, prefixes=DialPrefixes(["9"]))
        assert (found, counts.matched) == ([], 1)

    @pytest.mark.parametrize(
        ("number", "prefixes", "kind"),
        [
            ("9110", ["9"], "emergency"),
            ("0110", ["9", "0"], "emergency"),
            ("9027110", ["9"], "emergency"),
            ("9110", [], "without-decision"),
            ("995588", ["9"], "without-decision"),
        ],
    )
    async def test_an_emergency_call(self, store: Store, number: str, prefixes: list[str], kind: str) -> None:
        row = line(dst=number, data=f"PJSIP/{number}@carrier")
        counts, _ = await reconciled(store, [row], prefixes=DialPrefixes(prefixes))
        assert counts.found == {kind: 1}

    async def test_another_number_is_another_one(self, store: Store) -> None:
        row = line(data="PJSIP/913900139000@carrier")
        counts, _ = await reconciled(store, [row], decided(), recorded(), prefixes=DialPrefixes(["9"]))
        assert counts.found == {"number-differs": 1}

    @pytest.mark.parametrize(
        ("number", "bare"),
        [
            ("913800138000", "13800138000"),
            ("13800138000", "13800138000"),
            ("902787654321", "02787654321"),
            ("987654321", "87654321"),
            ("02787654321", "02787654321"),
            ("002787654321", "02787654321"),
            ("95588", "95588"),
            ("995588", "95588"),
            ("9110", "110"),
            ("92127360104", "2127360104"),
            ("9", "9"),
            ("", ""),
            ("00447700900123", "00447700900123"),
        ],
    )
    def test_what_is_left(self, number: str, bare: str) -> None:
        assert DialPrefixes(["9", "0"]).bare(number, "027") == bare

    def test_the_longest_goes_first(self) -> None:
        assert DialPrefixes(["9", "91"]).readings("9113800138000") == [
            "13800138000",
            "113800138000",
            "9113800138000",
        ]
        assert DialPrefixes(["9", "91"]).bare("9113800138000") == "13800138000"
