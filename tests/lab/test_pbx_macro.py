"""FreePBX 16 and Issabel call their hooks by Macro, which Asterisk has lost with 21.

Where Asterisk 16 of Debian 11 is chosen (``DIALPACT_LAB_RELEASE=bullseye``) their dialplan runs as it is
printed. That one bridges no marketing call (docs/asterisk-versions.md), so refusals are what it shows. On one
of one's own with app_macro (``DIALPACT_LAB_ROOT``, 18 or 20) all of it runs as it is printed. Elsewhere the
same lines run with ``Macro(name,a,b)`` written as ``Gosub(macro-name,s,1(a,b))``: it shows what our lines do
among theirs, and not what Macro does.
"""

from __future__ import annotations

import signal
from collections.abc import AsyncIterator, Iterator

import pytest

from dialpact.application.pbx.adapter import Adapter
from dialpact.application.pbx.freepbx import FreePbx
from dialpact.application.pbx.issabel import Issabel
from tests.lab import pbx_family
from tests.lab.bootstrap import Installation, captured_as
from tests.lab.recipes import AGENT, CALLER_ID, CUSTOMER, Lab, heard, talked
from tests.lab.softphone import Answer, Media, Outgoing, SoftCarrier, Softphone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(150)]

WITHOUT_CONSENT = "13912345678"
FAILS = Answer(ring=None, delay=0.1, status=503)
RELEASE = int(captured_as())
MACRO = RELEASE < 21  # as it is printed
PROVES = RELEASE > 16  # that a call is recorded
PBXES: list[tuple[Adapter, str, bool]] = [
    (FreePbx(), "freepbx-16", True),
    (FreePbx(), "freepbx-16", False),
    (Issabel(), "issabel-5", False),
]


@pytest.fixture(scope="module", params=PBXES, ids=["freepbx-notified", "freepbx-silent", "issabel"])
def lab(installation: Installation, request: pytest.FixtureRequest) -> Iterator[Lab]:
    adapter, name, notified = request.param
    with pbx_family.lab_of(installation, adapter, name, notified, macro=MACRO) as lab:
        yield lab


@pytest.fixture
def number(lab: Lab) -> str:
    return next(lab.numbers)


@pytest.fixture
async def carrier(lab: Lab) -> AsyncIterator[SoftCarrier]:
    async with SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER))) as carrier:
        yield carrier


@pytest.fixture
async def agent(lab: Lab) -> AsyncIterator[Softphone]:
    async with Softphone(lab.pbx, answer=Answer(talk=Media(hz=AGENT))) as agent:
        yield agent


async def not_connected(lab: Lab, call: Outgoing, carrier: SoftCarrier) -> None:
    """Asterisk 16 can prove no recording: blocked by the gate, or, until that is known, by the interlock."""
    await call.over(15)
    assert call.status is not None and call.status >= 400
    for leg in carrier.legs:
        await leg.over()
        assert leg.sound().strength(AGENT) < 0.1
    if carrier.legs:
        assert "not bridged, PJSIP/carrier" in lab.pbx.log()


async def test_a_call_that_may_not_be_made(lab: Lab, carrier: SoftCarrier, agent: Softphone) -> None:
    async with SoftCarrier(lab.pbx, Answer(), trunk="carrier2") as second:
        call = await agent.call(WITHOUT_CONSENT, caller_id="1001")
        await call.over()
        assert call.status is not None and call.status >= 400
        assert not carrier.legs
        assert not second.legs
    (one,) = lab.calls(WITHOUT_CONSENT)
    assert one["verdict"] == "BLOCK"
    assert "no-consent" in one["reasons"]
    assert (one["trunk"], one["campaign"], one["agent"]) == ("carrier", "autumn-loans", "agent1001")


async def test_a_call_that_may_be_made(lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str) -> None:
    call = await agent.call(number, caller_id="1001")
    if not PROVES:
        await not_connected(lab, call, carrier)
        return
    (leg,) = await carrier.called()
    assert leg.number == number
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.hang_up()
    (row,) = await lab.kept(number, "agent1001")
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    (one,) = lab.calls(number)
    assert (one["trunk"], one["caller_id"]) == ("carrier", CALLER_ID)
    (told,) = lab.rows("SELECT interlock FROM carrier_leg WHERE decision = ?", one["id"])
    assert told["interlock"] == "through"


async def test_an_emergency_call(lab: Lab, agent: Softphone) -> None:
    """Over the second trunk where the first has no line, with what the PBX puts before a number."""
    before = len(lab.site.dialpact("calls", "list"))
    async with (
        SoftCarrier(lab.pbx, FAILS),
        SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER)), trunk="carrier2") as second,
    ):
        call = await agent.call("110", caller_id="1001")
        await call.hears(CUSTOMER)
        assert [leg.number for leg in second.legs] == ["9110"]
        await call.hang_up()
    assert len(lab.site.dialpact("calls", "list")) == before


async def test_it_is_proven_and_what_goes_round_is_named(lab: Lab, carrier: SoftCarrier) -> None:
    proof = await pbx_family.proof_of(lab)
    if not MACRO:  # not the hook's lines as they are installed, and that is seen
        hooks = ("macro-dialout-trunk-predial-hook", "macro-dialout-dundi-predial-hook")
        assert proof.missing == tuple(f"[{hook}] s: MacroExit()" for hook in hooks)
        return
    assert not proof.missing
    assert not carrier.legs
    assert [(one.route.context, one.route.pattern, one.result, one.why) for one in proof.routes] == [
        ("outrt-1", "_1XXXXXXXXXX", "proven", ""),
        ("outrt-1", "_[19]XX", "proven", ""),
        ("outrt-2", "_00.", "goes-round", "enum"),
        ("outrt-2", "_00.", "goes-round", "dundi"),
        ("outrt-2", "_00.", "goes-round", "fixed"),
    ]


async def test_a_gate_that_hangs(lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str) -> None:
    """The time that the call itself has runs out within Macro: it must not go on to the PBX's Dial."""
    gate = lab.site.process("gate")
    gate.send_signal(signal.SIGSTOP)
    try:
        call = await agent.call(number, caller_id="1001")
        await call.over(12)
    finally:
        gate.send_signal(signal.SIGCONT)
    assert not carrier.legs
    assert "refused PJSIP/agent1001" in lab.pbx.log()


async def test_another_trunk_is_the_same_call(lab: Lab, agent: Softphone, number: str) -> None:
    async with (
        SoftCarrier(lab.pbx, FAILS) as first,
        SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER)), trunk="carrier2") as second,
    ):
        call = await agent.call(number, caller_id="1001")
        if not PROVES:
            await not_connected(lab, call, second)
            assert all(one["continues"] for one in lab.calls(number)[1:])
            return
        (leg,) = await second.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await call.hang_up()
        assert [[leg.number for leg in one.legs] for one in (first, second)] == [[number], [number]]
    await lab.decided(number, 2)
    one, then = lab.calls(number)
    assert [one["continues"], then["continues"]] == ["", one["id"]]
    await lab.kept_of(then["id"])


async def test_a_blind_transfer_to_one_who_has_not_consented(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    call = await agent.call(number if PROVES else "110", caller_id="1001")
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.refer(WITHOUT_CONSENT)
    await call.transferred()
    await call.hang_up()
    await leg.over()
    assert len(carrier.legs) == 1
    told = lab.calls(WITHOUT_CONSENT)[-1]
    assert (told["verdict"], told["agent"]) == ("BLOCK", "agent1001")


async def test_what_is_not_recorded_is_not_put_through(lab: Lab, agent: Softphone, number: str) -> None:
    if not PROVES:  # as every call there: see the first two
        return
    before = lab.pbx.recordings.stat().st_mode & 0o777
    async with SoftCarrier(lab.pbx, Answer(ring=1.5, talk=Media(hz=CUSTOMER))) as carrier:
        call = await agent.call(number, caller_id="1001")
        (leg,) = await carrier.called()
        folders = [lab.pbx.recordings, *(f for f in lab.pbx.recordings.rglob("*") if f.is_dir())]
        for folder in folders:
            folder.chmod(0o500)
        try:
            await call.over()
            await leg.over()
        finally:
            for folder in folders:
                folder.chmod(before)
        assert leg.status == 200
        assert call.status is not None and call.status >= 400
        assert leg.sound().strength(AGENT) < 0.1
    assert [one["trunk"] for one in lab.calls(number)] == ["carrier"]
