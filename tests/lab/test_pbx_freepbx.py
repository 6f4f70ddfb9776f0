"""FreePBX 17's dialplan, as its generator prints it, in the real Asterisk, with our adapter on it."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest

from dialpact.application.pbx.freepbx import FreePbx
from tests.ami_listener.scene import until
from tests.lab import hooked, pbx_family
from tests.lab.bootstrap import Installation
from tests.lab.recipes import AGENT, CALLER_ID, CUSTOMER, OTHER, Lab, heard, talked
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(150)]

WITHOUT_CONSENT = "13912345678"
FAILS = Answer(ring=None, delay=0.1, status=503)


@pytest.fixture(scope="module", params=[True, False], ids=["notified", "silent"])
def lab(installation: Installation, request: pytest.FixtureRequest) -> Iterator[Lab]:
    with pbx_family.lab_of(installation, FreePbx(), "freepbx-17", request.param) as lab:
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


async def test_a_call_that_may_be_made(lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str) -> None:
    call = await agent.call(number, caller_id="1001")
    (leg,) = await carrier.called()
    assert leg.number == number
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.hang_up()
    (row,) = await lab.kept(number, "agent1001")
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    (one,) = lab.calls(number)
    assert (one["trunk"], one["campaign"], one["caller_id"]) == ("carrier", "autumn-loans", CALLER_ID)
    (told,) = lab.rows("SELECT interlock FROM carrier_leg WHERE decision = ?", one["id"])
    assert told["interlock"] == "through"


async def test_a_call_that_may_not_be_made(lab: Lab, carrier: SoftCarrier, agent: Softphone) -> None:
    async with SoftCarrier(lab.pbx, Answer(), trunk="carrier2") as second:
        call = await agent.call(WITHOUT_CONSENT, caller_id="1001")
        await call.over()
        assert call.status == 403
        assert not carrier.legs
        assert not second.legs  # hung up, and not only this trunk left out
    (one,) = lab.calls(WITHOUT_CONSENT)[-1:]
    assert (one["verdict"], one["reasons"]) == ("BLOCK", ["no-consent"])


async def test_a_campaign_that_would_shift_what_follows(lab: Lab) -> None:
    await hooked.a_campaign_with_commas(lab, "", caller_id="1001")


async def test_another_trunk_is_the_same_call(lab: Lab, agent: Softphone, number: str) -> None:
    """The PBX calls its hook for each; caps count the call once."""
    async with (
        SoftCarrier(lab.pbx, FAILS) as first,
        SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER)), trunk="carrier2") as second,
    ):
        call = await agent.call(number, caller_id="1001")
        (leg,) = await second.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await call.hang_up()
        # As the trunk wants it in dialpact.toml: OUTPREFIX_2 is the PBX's own.
        assert [[leg.number for leg in one.legs] for one in (first, second)] == [[number], [number]]
    await lab.decided(number, 2)
    one, then = lab.calls(number)
    assert [(one["trunk"], one["outcome"]), (then["trunk"], then["outcome"])] == [
        ("carrier", "failed"),
        ("carrier2", "answered"),
    ]
    assert [one["continues"], then["continues"]] == ["", one["id"]]
    (row,) = await lab.kept_of(then["id"])
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)


async def test_a_blind_transfer_to_another_customer(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    outside = next(lab.numbers)
    call = await agent.call(number, caller_id="1001")
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    carrier.answer = Answer(talk=Media(hz=OTHER))
    await call.refer(outside)
    await call.transferred()
    await call.hang_up()
    _, second = await carrier.called(2)
    await talked((leg, OTHER), (second, CUSTOMER))
    await leg.hang_up()
    await second.over()
    await lab.kept(number, "agent1001")
    (row,) = await lab.kept(outside, "agent1001")
    heard(row, "callee", OTHER)
    heard(row, "agent", CUSTOMER)
    (told,) = lab.calls(outside)
    assert told["caller_id"] == CALLER_ID
    (through,) = lab.rows("SELECT interlock FROM carrier_leg WHERE decision = ?", told["id"])
    assert through["interlock"] == "through"


async def test_a_blind_transfer_to_one_who_has_not_consented(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    call = await agent.call(number, caller_id="1001")
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.refer(WITHOUT_CONSENT)
    await call.transferred()
    await call.hang_up()
    await leg.over()
    assert [leg.number for leg in carrier.legs] == [number]
    told = lab.calls(WITHOUT_CONSENT)[-1]
    assert (told["verdict"], told["agent"]) == ("BLOCK", "agent1001")
    await lab.kept(number, "agent1001")


async def test_an_emergency_call(lab: Lab, agent: Softphone) -> None:
    """With what the PBX puts before a number on that trunk."""
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
    assert not proof.missing
    assert not carrier.legs
    assert [(one.route.context, one.route.pattern, one.result, one.why) for one in proof.routes] == [
        ("outrt-1", "_1XXXXXXXXXX", "proven", ""),
        ("outrt-1", "_[19]XX", "proven", ""),
        ("outrt-2", "_00.", "goes-round", "enum"),
        ("outrt-2", "_00.", "goes-round", "dundi"),
        ("outrt-2", "_00.", "goes-round", "fixed"),
    ]


async def test_a_name_that_would_end_the_options(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    """It stands in Dial's options as the PBX writes them: another U() would be the last."""
    call = await agent.call(f"*76{number}", caller_id="1001")
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.hang_up()
    await lab.kept(number, "agent1001")
    (told,) = lab.rows("SELECT interlock FROM carrier_leg WHERE decision = ?", lab.calls(number)[0]["id"])
    assert told["interlock"] == "through"


async def test_one_who_answers_a_follow_me_is_asked_all_the_same(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    """By U(macro-confirm), which the PBX puts before our options."""
    call = await agent.call(f"*77{number}", caller_id="1001")
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    assert re.search(r'\[s@macro-confirm:1\] Set\("PJSIP/carrier-', lab.pbx.log())
    await call.hang_up()
    await lab.kept(number, "agent1001")
    (told,) = lab.rows("SELECT interlock FROM carrier_leg WHERE decision = ?", lab.calls(number)[0]["id"])
    assert told["interlock"] == "through"


async def test_a_route_that_tells_when_its_pattern_matches(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    """The subroutine runs on the caller's own channel, before there is a leg."""
    call = await agent.call(f"*78{number}", caller_id="1001")
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.hang_up()
    await lab.kept(number, "agent1001")
    assert "not bridged" not in lab.pbx.log()


async def test_the_agents_key(lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str) -> None:
    """The PBX has a list of features for everybody: ours is added to it."""
    call = await agent.call(number, caller_id="1001")
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    channel = next(
        row for row in lab.pbx.cli("core show channels concise").splitlines() if "agent1001" in row
    )
    told = lab.pbx.cli(f"core show channel {channel.split('!')[0]}")
    assert "DYNAMIC_FEATURES=apprecord#dialpact-agent" in told
    await call.press("*9")
    await until(lambda: lab.rows("SELECT 1 FROM opt_out WHERE number = ?", f"86{number}"), 10)
    await call.hang_up()


async def test_what_is_not_recorded_is_not_put_through(lab: Lab, agent: Softphone, number: str) -> None:
    before = lab.pbx.recordings.stat()
    async with SoftCarrier(lab.pbx, Answer(ring=1.5, talk=Media(hz=CUSTOMER))) as carrier:
        call = await agent.call(number, caller_id="1001")
        (leg,) = await carrier.called()
        lab.pbx.recordings.chmod(0o500)
        for file in lab.pbx.recordings.rglob("*"):
            if file.is_dir():
                file.chmod(0o500)
        try:
            await call.over()
            await leg.over()
        finally:
            lab.pbx.recordings.chmod(before.st_mode & 0o777)
        assert leg.status == 200
        assert call.status is not None and call.status >= 400
        assert leg.sound().strength(AGENT) < 0.1
    assert "not bridged, PJSIP/carrier-" in lab.pbx.log()
    assert [one["trunk"] for one in lab.calls(number)] == ["carrier"]  # no other trunk: he is not rung again


async def test_without_our_lines_the_listener_cuts(lab: Lab, carrier: SoftCarrier, agent: Softphone) -> None:
    custom = lab.pbx.home / "etc" / "extensions_custom.conf"
    text = custom.read_text("utf-8")
    start = text.index("\n[macro-dialout-trunk-predial-hook]")
    custom.write_text(text[:start] + text[text.index("\n[", start + 1) :], "utf-8")
    lab.pbx.cli("dialplan reload")
    known = len(lab.incidents())
    call = await agent.call(WITHOUT_CONSENT, caller_id="1001")
    (leg,) = await carrier.called()  # the PBX's own empty hook
    await leg.over()
    await call.over()
    await until(lambda: len(lab.incidents()) > known, 10)
    assert leg.ended_by != "here"
    assert leg.sound().seconds < 1  # the PBX bridges at once, and the listener cuts
    assert any(told.startswith("no-decision: cut") for told in lab.incidents())
