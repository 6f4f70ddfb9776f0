"""Which legs belong to a decision."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from ami_listener.ami.events import Origin
from ami_listener.legs.claims import KEPT, MOST_LEGS, Claims
from ami_listener.legs.leg_policy import AHEAD, FRESH, Kind, LegVerdict, is_emergency, is_short, judge_leg
from dialpact.compliance.carrier_leg import Allowed
from dialpact.compliance.endpoints import dialled

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
    fields = {"node", "trunks", "began", "number"}
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
        ({"d_trunk": "carrier&carrier2"}, ""),
        ({"d_trunk": "carrier2&carrier"}, ""),
        ({"d_trunk": "carrier2&carrier3"}, "foreign-trunk"),
        ({"d_dial": "913800138000", "number": "913800138000"}, ""),
        ({"d_legs": 1}, "reused-decision"),
        ({"began": NOW + FRESH - timedelta(seconds=1)}, ""),
        ({"began": NOW + FRESH}, "stale-decision"),
        ({"began": NOW - AHEAD}, ""),
        ({"began": NOW - AHEAD - timedelta(seconds=1)}, "stale-decision"),
    ],
)
def test_verdicts(change: dict[str, object], kind: str) -> None:
    assert judge(**change) == kind  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("number", "area_codes"),
    [
        *((number, [""]) for number in ("110", "119", "120", "122", "999", "12110", "+86110", "0086119")),
        ("027120", ["027"]),
        ("027110", [""]),
        ("911", ["027"]),
        ("112", ["", "0871"]),  # two trunks on one endpoint
        ("000", [""]),
        ("17", [""]),
    ],
)
def test_an_emergency_number_of_any_country(number: str, area_codes: list[str]) -> None:
    assert is_emergency(number, area_codes)


@pytest.mark.parametrize("number", ["1100", "1200000", "95110", "13800138110", "12345", ""])
def test_what_only_looks_like_one(number: str) -> None:
    assert not is_emergency(number, ["", "027"])


@pytest.mark.parametrize(
    ("number", "short"),
    [("1", True), ("123456", True), ("1234567", False), ("+12345", True), ("", False), ("12a", False)],
)
def test_what_may_be_an_emergency_number_we_do_not_know(number: str, short: bool) -> None:
    assert is_short(number) == short


@pytest.mark.parametrize(
    ("kind", "spared", "told"),
    [
        ("no-decision", "emergency", False),
        ("foreign-number", "foreign-number", True),  # a wrong id is told, and the call goes on
        ("store-unavailable", "store-unavailable", True),
    ],
)
def test_an_emergency_call_is_never_cut(kind: Kind, spared: str, told: bool) -> None:
    before = LegVerdict(kind)
    assert before.may_be_cut
    after = before.spared("emergency")
    assert (after.kind, after.is_incident, after.may_be_cut) == (spared, told, False)


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
    assert dialled("PJSIP/carrier-0000002a", dial_string) == number


# One decision, several legs

AGENT = Origin(caller="PJSIP/agent1001-1", caller_id="1.1", linkedid="1.1")
LOCAL = Origin(caller="Local/1@x-1;2", caller_id="1.3", linkedid="1.1")  # through a Local channel
OTHER = Origin(caller="PJSIP/agent1002-1", caller_id="2.1", linkedid="2.1")
LATER = NOW + timedelta(seconds=10)


@pytest.mark.parametrize(
    ("first", "second", "answered", "kind"),
    [
        (AGENT, AGENT, None, ""),  # a fork, or another way after a busy line
        (AGENT, LOCAL, None, ""),
        (
            AGENT,
            msgspec.structs.replace(AGENT, linkedid="9.9"),
            None,
            "",
        ),  # merged with another call meanwhile
        (AGENT, OTHER, None, "reused-decision"),
        (AGENT, AGENT, NOW, "reused-decision"),
        (AGENT, AGENT, LATER, "reused-decision"),  # dialled in the instant of the answer
        (AGENT, AGENT, LATER + timedelta(microseconds=1), ""),  # a fork whose other leg answered meanwhile
        (Origin(linkedid="1.1"), Origin(linkedid="2.1"), None, "reused-decision"),  # Originate, twice
        (Origin(), Origin(), None, "reused-decision"),  # of neither is anything known
    ],
)
def test_a_decision_is_one_calls(first: Origin, second: Origin, answered: datetime | None, kind: str) -> None:
    claims = Claims()
    claim = claims.take(ID, "leg1", first, NOW)
    if answered:
        claim.answered(answered)
    verdict = judge_leg(
        decision_id=ID,
        allowed=DECISION,
        number="13800138000",
        node="pbx1",
        trunks={"carrier"},
        began=LATER,
        uniqueid="leg2",
        origin=second,
        claim=claim,
    )
    assert verdict.kind == kind


def test_so_many_legs_and_no_more() -> None:
    claims = Claims()
    for n in range(MOST_LEGS):
        claim = claims.take(ID, f"leg{n}", AGENT, NOW)
    assert claim.admits("leg0", OTHER, NOW), "it is in use by this leg already"
    assert not claim.admits("one more", AGENT, NOW)


def test_old_claims_are_forgotten_and_young_ones_kept() -> None:
    claims = Claims()
    claims.take("a", "1", AGENT, NOW)
    claims.take("b", "2", AGENT, NOW + timedelta(seconds=1))
    claims.take("c", "3", AGENT, NOW + KEPT)
    assert (claims.of("a"), len(claims)) == (None, 2)
    assert KEPT > FRESH + AHEAD


def test_recordings_of_one_decision_are_numbered_in_a_row() -> None:
    claim = Claims().take(ID, "leg1", AGENT, NOW)
    assert [claim.number(2), claim.number(0), claim.number(0)] == [3, 4, 5]
