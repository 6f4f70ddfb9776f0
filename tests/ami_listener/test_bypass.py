"""Which legs belong to a decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ami_listener.bypass import AHEAD, FRESH, dialled, judge_leg
from compliance.store.sqlite.recordings import Allowed

NOW = datetime(2026, 11, 24, 2, 0, tzinfo=UTC)
ID = "0123456789abcdef" * 2
DECISION = Allowed(
    id=ID,
    node="pbx1",
    decided_at=NOW,
    dial="13800138000",
    number="+8613800138000",
    caller_id="02788880001",
    campaign="spring",
    trunk="carrier",
    delivered=True,
    allowed=True,
    legs=0,
)


def judge(decision_id: str = ID, **change: object) -> str:
    fields = {"node", "trunks", "began", "number", "claimed", "area_code"}
    arguments = {
        "node": "pbx1",
        "trunks": {"carrier"},
        "began": NOW,
        "number": "13800138000",
    } | {name: value for name, value in change.items() if name in fields}
    decision = {name.removeprefix("d_"): value for name, value in change.items() if name not in fields}
    allowed = msgspec.structs.replace(DECISION, **decision) if "known" not in change else None
    verdict = judge_leg(decision_id=decision_id, allowed=allowed, **arguments)  # type: ignore[arg-type]
    assert verdict.fits == (verdict.kind == "")
    return verdict.kind


@pytest.mark.parametrize(
    ("change", "kind"),
    [
        ({}, ""),
        ({"decision_id": ""}, "no-decision"),
        ({"decision_id": ID.upper()}, "malformed-decision"),
        ({"decision_id": ID[:-1]}, "malformed-decision"),
        ({"decision_id": ID + "\n"}, "malformed-decision"),
        ({"known": False}, "unknown-decision"),
        ({"d_allowed": False}, "refused-decision"),
        ({"d_dial": ""}, "refused-decision"),
        ({"d_delivered": False}, "undelivered-decision"),
        ({"d_node": "pbx2"}, "foreign-node"),
        ({"number": "13800138001"}, "foreign-number"),
        ({"number": "138001380001"}, "foreign-number"),
        ({"number": "913800138000"}, "foreign-number"),
        ({"number": ""}, "foreign-number"),
        ({"d_trunk": "carrier2"}, "foreign-trunk"),
        ({"d_trunk": ""}, "foreign-trunk"),
        ({"d_legs": 1}, "reused-decision"),
        ({"claimed": True}, "reused-decision"),
        ({"began": NOW + FRESH - timedelta(seconds=1)}, ""),
        ({"began": NOW + FRESH}, "stale-decision"),
        ({"began": NOW - AHEAD}, ""),
        ({"began": NOW - AHEAD - timedelta(seconds=1)}, "stale-decision"),
    ],
)
def test_verdicts(change: dict[str, object], kind: str) -> None:
    assert judge(**change) == kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "number", ["110", "119", "120", "122", "999", "12110", "+86110", "0086119", "027120"]
)
def test_an_emergency_call_need_not_have_asked(number: str) -> None:
    verdict = judge_leg(
        decision_id="", allowed=None, number=number, node="pbx1", trunks={"carrier"}, began=NOW
    )
    assert (verdict.kind, verdict.is_incident, verdict.fits) == ("emergency", False, False)


@pytest.mark.parametrize("number", ["1100", "1200000", "95110", "13800138110", "12345", ""])
def test_what_only_looks_like_one_must(number: str) -> None:
    verdict = judge_leg(
        decision_id="", allowed=None, number=number, node="pbx1", trunks={"carrier"}, began=NOW
    )
    assert (verdict.kind, verdict.is_incident) == ("no-decision", True)


def test_an_emergency_number_does_not_excuse_a_wrong_id() -> None:
    assert judge(number="110") == "foreign-number"


@pytest.mark.parametrize(
    ("dial_string", "number"),
    [
        ("13800138000@carrier", "13800138000"),
        ("+8613800138000@carrier", "+8613800138000"),
        ("carrier/sip:13800138000@10.0.0.1:5060", "13800138000"),
        ("carrier/sips:13800138000@10.0.0.1", "13800138000"),
        ("trunk/13800138000", "13800138000"),
        ("13800138000", "13800138000"),
        ("13800138000@a/13900139000@b", "13800138000"),
        ("", ""),
    ],
)
def test_number_in_a_dial_string(dial_string: str, number: str) -> None:
    assert dialled(dial_string) == number


@pytest.mark.parametrize("number", ["110", "027110", "911", "112", "000", "17"])
def test_an_emergency_call_of_any_country_is_no_incident(number: str) -> None:
    verdict = judge_leg(
        decision_id="", allowed=None, number=number, node="pbx1", trunks={"carrier"}, began=NOW
    )
    assert (verdict.kind, verdict.is_incident) == ("emergency", False)
