"""Every string of every answer that is read, over a database full of numbers, however spelled: a key without
the scope ``numbers`` reads none of them, and one with it reads them all.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from dialpact.compliance.carrier_leg import CarrierLeg
from dialpact.compliance.model import Callee, CallerId, Finding
from dialpact.compliance.reasons import Reason
from dialpact.store.sqlite import Store
from dialpact.web.api.routing import endpoints
from tests.cli.conftest import Home
from tests.compliance.store_values import AT
from tests.compliance.test_veil import ABROAD, FIXED, MOBILE, NUMBERS, shows
from tests.web.api import recorded
from tests.web.api.client import Client, api, key

OURS = "02788880007"  # registered: the operator's own
THEIRS = "13911112222"  # a caller ID that nobody registered: somebody's
NAMED = {
    MOBILE: Callee(given="", e164=MOBILE, national="13800138000", kind="mobile", region="CN"),
    FIXED: Callee(given="", e164=FIXED, national="02787654321", kind="fixed-line", region="CN"),
    ABROAD: Callee(given="", e164=ABROAD, national="12125550123", kind="fixed-or-mobile", region="US"),
}
WHOSE = {spelled: number for number, all in NUMBERS.items() for spelled in all}
READ = {"calls", "evidence"}  # scopes of what is read here


@pytest.fixture(scope="module")
def office(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Home]:
    with pytest.MonkeyPatch.context() as patch:
        place = Home(tmp_path_factory.mktemp("office"))
        patch.chdir(place.path)
        patch.delenv("DIALPACT_CONFIG", raising=False)
        place.run("init")
        fill(place)
        yield place


def fill(home: Home) -> None:
    home.run("business", "add", "jianghan", "--name", "江汉", "--actor", "own-business")
    issued = ("--licence", "L-1", "--carrier", "CT", "--authenticated", "--valid-from", "2026-01-01")
    home.run("caller-id", "add", OURS, "--business", "jianghan", *issued, "--trunk", "*", "--purpose", "*")
    made, kept, legs = [], [], []
    entry = CallerId(
        number=OURS,
        business="jianghan",
        licence="L-1",
        carrier="CT",
        authenticated=True,
        trunks=("*",),
        purposes=("*",),
        valid_from=AT.date(),
        valid_to=None,
    )
    for place, (spelled, number) in enumerate(WHOSE.items()):
        findings = (
            Finding(rule="number", result="pass"),
            Finding(rule="suspension", result="pass"),
            Finding(
                rule="caller_id", result="fail", code=Reason.CALLER_ID_UNAUTHORISED, clause=f"x {spelled}"
            ),
            Finding(
                rule="session",
                result="fail",
                code=Reason.GATE_ERROR,
                detail={"key": "attack", "what": spelled},
            ),
            Finding(rule="gate", result="fail", code=Reason.GATE_ERROR, detail={"key": f"by {spelled}"}),
        )
        one = recorded.call(
            f"{place:031x}a",
            callee=replace(NAMED[number], given=spelled),
            at=AT + timedelta(minutes=place),
            findings=findings,
            caller_id=OURS if place % 2 else THEIRS,
            agent=f"agent {spelled}" if place % 3 == 0 else "1001",
            channel=f"Local/{spelled}@out-0000001a;1",
            attack=f"forged: {spelled}",
        )
        one = replace(
            one, facts=replace(one.facts, caller_id=entry if place % 2 else None), dial=f"9{spelled}"
        )
        made.append(one)
        new = recorded.recording(home, f"{place:031x}b", one, channel=f"PJSIP/{spelled}-0000001a")
        kept.append(new)
        legs.append(leg(one.id, spelled, number))
    # Dialled as no callee at all; the numbers are in what was given.
    nobody = Callee(given="tel:13800138000 x", problem="invalid-number", detail="letters")
    made.append(recorded.call("c" * 32, callee=nobody, at=AT, allowed=False, caller_id=THEIRS))
    recorded.put(home, *made)
    recorded.keep(home, *kept)

    async def write(store: Store) -> None:
        for each in legs:
            await store.carrier_legs.write(each)
        for one, spelled in zip(made, WHOSE, strict=False):
            await store.incidents.add(
                at=AT,
                node="pbx1",
                kind="foreign-number",
                decision=one.id,
                channel=f"Local/{spelled}@out",
                detail=f"cut; dialled {spelled} for {NAMED[WHOSE[spelled]].national}",
            )
        for spelled in ("13800138000", "+86 138 0013 8000", "027-87654321", "87654321", "sip:87654321@h"):
            await store.incidents.add(
                at=AT,
                node="pbx1",
                kind="no-decision",
                channel=f"PJSIP/x-{spelled}@y",
                detail=f"by {spelled}, gone",
            )

    recorded.within(home, write)
    home.run("suspension", "add", "agent", "1001", "--reason", "called 13800138000 at night", "--by", "chen")
    home.run("complaint", "add", "13800138000", "--at", AT.isoformat(), "--source", "12321: 138 0013 8000")


def leg(decision: str, spelled: str, number: str) -> CarrierLeg:
    beside = {
        "channel": f"SIP/{spelled}-1",
        "way": "whisper",
        "heard_by": "agent",
        "since": "2026-11-24T02:00:00Z",
    }
    return CarrierLeg(
        decision=decision,
        node="pbx1",
        channel=f"PJSIP/{spelled}@carrier-0000002b",
        uniqueid="1764100000.12",
        linkedid="1764100000.10",
        dialled_at=AT,
        answered_at=AT,
        ended_at=AT,
        sip_call_id=f"{NAMED[number].national}-77@10.0.0.1",
        sent_from=spelled if spelled.isascii() else OURS,
        dial_status="ANSWER",
        supervision=json.dumps({"x": beside}),
    )


def strings(value: Any, place: str = "") -> Iterator[tuple[str, str]]:
    """With their places; also the keys of objects, and numbers that are none of theirs."""
    if isinstance(value, dict):
        for name, each in value.items():
            yield f"{place} (name)", name
            yield from strings(each, f"{place}.{name}")
    elif isinstance(value, list):
        for index, each in enumerate(value):
            yield from strings(each, f"{place}[{index}]")
    elif not isinstance(value, bool) and value is not None:
        yield place, str(value)


def answers(client: Client) -> Iterator[tuple[str, str, Any]]:
    """Name, whole text and JSON of an answer of every endpoint that reads calls and what belongs to them."""
    calls = client("GET", "/v1/calls?limit=1000").json["items"]
    recordings = client("GET", "/v1/recordings?limit=1000").json["items"]
    assert len(calls) == len(WHOSE) + 1 and len(recordings) == len(WHOSE)
    asked: list[tuple[str, str, object]] = [
        ("GET /v1/calls", "/v1/calls?limit=1000", None),
        ("GET /v1/recordings", "/v1/recordings?limit=1000", None),
        ("GET /v1/incidents", "/v1/incidents?limit=1000", None),
        ("GET /v1/inspections", "/v1/inspections?from=2026-11", None),
        *(("GET /v1/calls/{id}", f"/v1/calls/{one['id']}", None) for one in calls),
        *(("GET /v1/recordings/{id}", f"/v1/recordings/{one['id']}", None) for one in recordings),
        *(("POST /v1/calls/search", "/v1/calls/search", {"number": spelled}) for spelled in list(WHOSE)[:20]),
    ]
    for name, path, body in asked:
        for language in ("en", "zh"):
            said = client(name.partition(" ")[0], path, body, language=language)
            assert said.status == 200, (path, said.body)
            yield name, said.body.decode(), said.json
            for header, value in said.headers.items():
                assert not any(shows(value, number) for number in NUMBERS), (header, value)


def test_nobody_reads_a_number_who_may_not(office: Home) -> None:
    seen, asked = 0, set()
    with api(office, key(office, "blind", "calls", "evidence")) as client:
        for name, _, answer in answers(client):
            asked.add(name)
            for place, text in strings(answer):
                seen += 1
                for number in (*NUMBERS, THEIRS):
                    assert not shows(text, number), (name, place, text)
        shown = client("GET", "/v1/calls?limit=1000").json["items"]
        # Who may not see numbers goes by the operator's own, and by what is left of the others.
        assert {one["caller_id"] for one in shown} == {OURS, "139****2222"}
        assert {one["number"] for one in shown} >= {"+86138****8000", ""}
    assert seen > 5000
    there = {each.name for each in endpoints() if READ & set(each.scopes) and len(each.scopes) == 1}
    assert {
        name for name in there if name.startswith(("GET /v1/calls", "GET /v1/rec", "GET /v1/in"))
    } - asked == {"GET /v1/recordings/{id}/audio"}


def test_who_may_reads_them(office: Home) -> None:
    with api(office, key(office, "seeing", "calls", "evidence", "numbers")) as client:
        whole = {name: "" for name, *_ in answers(client)}
        for name, _, answer in answers(client):
            whole[name] += json.dumps(answer, ensure_ascii=False)
    for name in whole:
        assert MOBILE in whole[name] or "13800138000" in whole[name], name
    for spelled in WHOSE:
        assert json.dumps(spelled, ensure_ascii=False).strip('"') in whole["GET /v1/calls/{id}"], spelled
