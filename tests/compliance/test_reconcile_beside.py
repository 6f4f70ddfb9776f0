"""What no decision tells of: legs that the listener saw, other endpoints, whispers; and sites that dial 9."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest

from dialpact.compliance.config import Trunk
from dialpact.compliance.dial_prefix import DialPrefixes
from dialpact.store.sqlite import Store, create
from tests.compliance.cdr_day import (
    AGENT,
    INBOUND,
    NUMBER,
    ORIGINATED,
    T,
    decided,
    line,
    reconciled,
    recorded,
    told,
)

PRIVATE = {"leg": "PJSIP/private-00000002", "data": f"PJSIP/{NUMBER}@private,30"}


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    file = tmp_path / "dialpact.db"
    create(file)
    async with await Store.open(file) as store:
        yield store


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

    @pytest.mark.parametrize(
        ("options", "found"),
        [({}, 1), ({"node": "other"}, 0), ({"trunk": "carrier2"}, 0), ({"trunk": "carrier"}, 1)],
    )
    async def test_of_the_node_and_the_trunk_that_were_asked_for(
        self, store: Store, options: dict[str, Any], found: int
    ) -> None:
        leg = told("no-decision", "PJSIP/carrier-00000007", 1.2, ORIGINATED)
        counts, _ = await reconciled(store, [line()], decided(), recorded(), leg, **options)
        assert counts.found.get("leg-without-cdr", 0) == found

    @pytest.mark.parametrize("together", [1, 1000])
    async def test_many_in_pages(self, store: Store, together: int) -> None:
        legs = [told("no-decision", f"PJSIP/carrier-0000010{n}", 1.2, ORIGINATED) for n in range(5)]
        counts, _ = await reconciled(store, [line()], decided(), recorded(), *legs, together=together)
        assert counts.found == {"leg-without-cdr": 5}

    async def test_one_that_was_found_already_is_not_found_twice(self, store: Store) -> None:
        """Its context alone has told that it was originated."""
        rows = [
            line(**INBOUND, context="from-carrier", uniqueid=f"{T}.1"),
            line(**INBOUND | {"channel": "PJSIP/carrier-00000002"}, context="dialler", uniqueid=f"{T}.2"),
        ]
        leg = told("no-decision", "PJSIP/carrier-00000002", 0.4, ORIGINATED)
        counts, _ = await reconciled(store, rows, leg, inbound=["from-carrier"])
        assert (counts.found, counts.inbound) == ({"without-decision": 1}, 1)

    async def test_a_leg_that_left_by_another_number_is_a_call_with_its_decision(self, store: Store) -> None:
        leg = told("caller-id-altered", "PJSIP/carrier-00000001", 0.4, "cut; by x; authorised and sent 1 2")
        counts, _ = await reconciled(store, [line()], decided(), recorded(), leg)
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
            ({"started": -60.0, "answered": -60.0, "ended": -50.0}, False),
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
