"""Which CDRs are calls to the outside, and what the gate would have been asked."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from dialpact.compliance.cdr import CdrRecord
from dialpact.compliance.config import Trunk
from dialpact.compliance.endpoints import Destination, destinations
from dialpact.compliance.outbound import Outbound

TRUNKS = {"carrier": Trunk(endpoint="PJSIP/carrier"), "second": Trunk(endpoint="backup")}


def record(**changes: Any) -> CdrRecord:
    base = CdrRecord(
        line=7,
        accountcode="renewal",
        src="02787654321",
        dst="913800138000",
        dcontext="outbound",
        clid='"Ann" <02787654321>',
        channel="PJSIP/agent1001-00000001",
        dstchannel="PJSIP/carrier-00000002",
        lastapp="Dial",
        lastdata="PJSIP/13800138000@carrier,60,tT",
        start=datetime(2026, 11, 24, 2, tzinfo=UTC),
        duration="30",
        billsec="0",
        disposition="ANSWERED",
        uniqueid="1763949600.1",
        userfield="spring",
    )
    return base._replace(**changes)


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        ("PJSIP/13800138000@carrier,60,tT", [Destination("PJSIP/carrier", "13800138000")]),
        ("PJSIP/carrier/sip:13800138000@10.0.0.1:5060", [Destination("PJSIP/carrier", "13800138000")]),
        ("SIP/carrier/13800138000", [Destination("SIP/carrier", "13800138000")]),
        ("IAX2/me:word@carrier/13800138000", [Destination("IAX2/carrier", "13800138000")]),
        ("DAHDI/g1/13800138000", [Destination("DAHDI/g1", "13800138000")]),
        (
            "PJSIP/1001&PJSIP/138@carrier,60",
            [Destination("PJSIP/1001", ""), Destination("PJSIP/carrier", "138")],
        ),
        ("Local/13800138000@out/n", [Destination("Local/out", "13800138000")]),
        ("", []),
        ("nonsense", []),
        ("PJSIP/", []),
        ("/x", [Destination("/x", "")]),
    ],
)
def test_what_dial_was_given(data: str, expected: list[Destination]) -> None:
    assert destinations(data) == expected


def test_an_attempt() -> None:
    found = Outbound(TRUNKS)(record())
    assert found is not None
    assert found.at == int(datetime(2026, 11, 24, 2, tzinfo=UTC).timestamp())
    assert found[1:] == (7, "13800138000", "02787654321", "renewal", "agent1001", "carrier")


@pytest.mark.parametrize(
    ("why", "changes", "trunk"),
    [
        ("by its second channel", {"lastapp": "Hangup", "lastdata": ""}, "carrier"),
        ("an endpoint without a technology", {"dstchannel": "PJSIP/backup-01"}, "second"),
        ("failed before there was a channel", {"dstchannel": ""}, "carrier"),
        ("a trunk whose name only starts so", {"dstchannel": "PJSIP/carrier2-01"}, None),
        ("a telephone of the house answered", {"dstchannel": "PJSIP/1001-01"}, None),
        ("no dial at all", {"dstchannel": "", "lastapp": "Playback", "lastdata": "hello"}, None),
        ("a dial inside", {"dstchannel": "", "lastdata": "PJSIP/1001,60"}, None),
        ("came in by the trunk", {"channel": "PJSIP/carrier-01", "dstchannel": "PJSIP/1001-02"}, None),
    ],
)
def test_which_calls_left_by_a_trunk(why: str, changes: dict[str, str], trunk: str | None) -> None:
    found = Outbound(TRUNKS)(record(**changes))
    assert (found and found.trunk) == trunk, why


def test_the_extension_where_the_trunk_was_given_no_number() -> None:
    found = Outbound(TRUNKS)(record(lastapp="Hangup", lastdata=""))
    assert found is not None
    assert found.number == "913800138000"


def test_a_context_that_counts_whatever_it_dialled() -> None:
    inside = record(dstchannel="PJSIP/other-01", lastdata="PJSIP/13900139000@other", dcontext="campaigns")
    assert Outbound(TRUNKS)(inside) is None
    found = Outbound(TRUNKS, contexts=["campaigns"])(inside)
    assert found is not None
    assert (found.number, found.trunk) == ("13900139000", "")


@pytest.mark.parametrize(
    ("data", "number"),
    [
        ("PJSIP/13800138000@any,60", "13800138000"),
        ("SIP/any/+8613800138000", "+8613800138000"),
        ("PJSIP/1001", None),
        ("PJSIP/1001@other-pbx", None),
        ("Local/13800138000@out", None),
    ],
)
def test_without_a_configuration(data: str, number: str | None) -> None:
    found = Outbound(None)(record(lastdata=data))
    assert (found and found.number) == number


@pytest.mark.parametrize(
    ("options", "changes", "campaign", "caller"),
    [
        ({}, {}, "renewal", "02787654321"),
        ({"campaign_from": "userfield"}, {}, "spring", "02787654321"),
        ({"campaign_from": "dcontext"}, {}, "outbound", "02787654321"),
        ({"campaign": "all"}, {}, "all", "02787654321"),
        ({"caller_id": "95588"}, {}, "renewal", "95588"),
        ({}, {"src": ""}, "renewal", "02787654321"),
        ({}, {"src": "", "clid": "unknown"}, "renewal", ""),
    ],
)
def test_who_called_and_for_what(
    options: dict[str, Any], changes: dict[str, str], campaign: str, caller: str
) -> None:
    found = Outbound(TRUNKS, **options)(record(**changes))
    assert found is not None
    assert (found.campaign, found.caller_id) == (campaign, caller)


@pytest.mark.parametrize(
    ("channel", "agent"),
    [("PJSIP/agent1001-01", "agent1001"), ("Local/138@out-01;2", ""), ("", ""), ("OOH323/a-b-3", "a-b")],
)
def test_whose_telephone(channel: str, agent: str) -> None:
    found = Outbound(TRUNKS)(record(channel=channel))
    assert found is not None
    assert found.agent == agent
