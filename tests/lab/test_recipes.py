"""Each recipe of dialplan/recipes, filled in as an administrator would, loaded by a real Asterisk and called.

The customer is heard at 1000 Hz, the agent at 600, whoever comes later at 700, a supervisor at 300.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Iterator

import pytest

from tests.ami_listener.scene import until
from tests.lab.ari import ari
from tests.lab.bootstrap import Installation
from tests.lab.bot import audiosocket, websocket
from tests.lab.recipes import (
    AGENT,
    BOSS,
    CALLER_ID,
    CUSTOMER,
    OTHER,
    RECIPES,
    Lab,
    heard,
    lab_of,
    talked,
)
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

CALL = {"campaign": "autumn-loans", "caller_id": CALLER_ID}
FAILS = Answer(ring=None, delay=0.1, status=503)
WITHOUT_CONSENT = "13912345678"


@pytest.fixture(scope="module")
def lab(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Lab]:
    with lab_of(installation, tmp_path_factory.mktemp("recipes")) as lab:
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


@pytest.fixture
async def other(lab: Lab) -> AsyncIterator[Softphone]:
    async with Softphone(lab.pbx, "agent1002", Answer(talk=Media(hz=OTHER))) as agent:
        yield agent


def test_each_recipe_is_loaded(lab: Lab) -> None:
    loaded = lab.pbx.cli("dialplan show")
    for recipe in RECIPES:
        contexts = [line[1:-1] for line in recipe.read_text("utf-8").splitlines() if line.startswith("[")]
        assert contexts
        for context in contexts:
            assert f"Context '{context}'" in loaded, f"{recipe.name}: {context}"
    assert "already exists" not in lab.pbx.log()


async def test_fail_over(lab: Lab, agent: Softphone, number: str) -> None:
    async with (
        SoftCarrier(lab.pbx, FAILS) as first,
        SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER)), trunk="carrier2") as second,
    ):
        call = await agent.call(f"*71{number}", **CALL)
        (leg,) = await second.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await call.hang_up()
        assert [[leg.number for leg in one.legs] for one in (first, second)] == [[number], [number]]
        (row,) = await lab.kept(number, "agent1001")
        # The cap has counted it once, and counts it.
        await (await agent.call(f"*71{number}", **CALL)).over()
        assert [len(one.legs) for one in (first, second)] == [1, 1]
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    one, refused = lab.calls(number)
    assert one["trunk"] == "carrier&carrier2"
    assert refused["reasons"] == ["too-many-attempts"]


async def test_fail_over_with_two_questions(lab: Lab, agent: Softphone, number: str) -> None:
    async with (
        SoftCarrier(lab.pbx, FAILS),
        SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER)), trunk="carrier2") as second,
    ):
        call = await agent.call(f"*72{number}", **CALL)
        (leg,) = await second.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await call.hang_up()
        assert leg.number == number
    await lab.decided(number, 2)
    one, then = lab.calls(number)
    assert [one["outcome"], then["outcome"]] == ["failed", "answered"]
    assert [one["continues"], then["continues"]] == ["", one["id"]]
    (row,) = await lab.kept_of(then["id"])
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)


@pytest.mark.parametrize("way", ["*71", "*72", "*73"])
async def test_an_agents_emergency_call(lab: Lab, agent: Softphone, way: str) -> None:
    before = len(lab.site.dialpact("calls", "list"))
    trunk = "carrier2" if way == "*73" else "carrier"
    async with SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER)), trunk=trunk) as carrier:
        call = await agent.call(f"{way}110", **CALL)
        await call.hears(CUSTOMER)
        assert carrier.legs[0].number == "110"
        await call.hang_up()
    assert len(lab.site.dialpact("calls", "list")) == before
    assert lab.incidents() == []


async def test_technical_prefix(lab: Lab, agent: Softphone, number: str) -> None:
    async with SoftCarrier(lab.pbx, Answer(talk=Media(hz=CUSTOMER)), trunk="carrier2") as carrier:
        call = await agent.call(f"*73{number}", **CALL)
        (leg,) = await carrier.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await call.hang_up()
        assert leg.number == f"9{number}"
    (row,) = await lab.kept(number, "agent1001")
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)


async def test_click_to_call(lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str) -> None:
    await lab.originate("PJSIP/agent1001", Context="click-to-call", Exten=number)
    (call,) = await agent.called()
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.hang_up()
    assert leg.number == number
    (row,) = await lab.kept(number, "agent1001")
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)


async def test_queue(lab: Lab, carrier: SoftCarrier, other: Softphone, number: str) -> None:
    await lab.originate(f"Local/{number}@dialler-out/n", Context="dialler-queue")
    (taken,) = await other.called()
    (leg,) = await carrier.called()
    await talked((taken, CUSTOMER), (leg, OTHER))
    await taken.hang_up()
    await leg.over()
    assert leg.number == number
    (row,) = await lab.kept(number, "dialler")
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", OTHER)


async def test_a_person_goes_to_the_queue(lab: Lab, other: Softphone, number: str) -> None:
    async with SoftCarrier(lab.pbx, Answer(talk=Media(hz=None))) as carrier:
        await lab.originate(f"Local/{number}@dialler-out/n", Context="dialler-amd")
        (leg,) = await carrier.called()
        await leg.answered()
        leg.media.say(CUSTOMER)
        await asyncio.sleep(0.5)
        leg.media.mute()
        (taken,) = await other.called(timeout=8)
        leg.media.say(CUSTOMER)
        await talked((taken, CUSTOMER), (leg, OTHER))
        await leg.hang_up()
        await taken.over()
    (row,) = await lab.kept(number, "dialler")
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", OTHER)


async def test_a_machine_does_not(lab: Lab, carrier: SoftCarrier, other: Softphone, number: str) -> None:
    await lab.originate(f"Local/{number}@dialler-out/n", Context="dialler-amd")
    (leg,) = await carrier.called()
    await leg.over(timeout=10)
    assert leg.ended_by == "pbx"
    assert other.legs == []
    (row,) = await lab.kept(number, "dialler")
    heard(row, "callee", CUSTOMER, seconds=1)


async def test_transfer_inside(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, other: Softphone, number: str
) -> None:
    call = await agent.call(f"*74{number}", **CALL)
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.refer("1002")
    await call.transferred()
    await call.hang_up()
    (taken,) = await other.called()
    await talked((taken, CUSTOMER), (leg, OTHER))
    await leg.hang_up()
    await taken.over()
    row, joined = await lab.kept(number, "agent1001", 2)
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    heard(joined, "agent", OTHER)
    assert (row["part"], joined["part"]) == ("carrier", "joined")


async def test_transfer_outside(lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str) -> None:
    """The first one's consent is not the second one's."""
    outside = next(lab.numbers)
    call = await agent.call(f"*74{number}", **CALL)
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
    assert [leg.number for leg in carrier.legs] == [number, outside]
    (row,) = await lab.kept(number, "agent1001")
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    (row,) = await lab.kept(outside, "agent1001")
    heard(row, "callee", OTHER)
    heard(row, "agent", CUSTOMER)
    assert lab.calls(outside)[0]["caller_id"] == CALLER_ID


async def test_transfer_outside_without_consent(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str
) -> None:
    call = await agent.call(f"*74{number}", **CALL)
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.refer("13912345678")
    await call.transferred()
    await call.hang_up()
    await leg.over()
    assert [leg.number for leg in carrier.legs] == [number]
    (refused,) = lab.calls("13912345678")
    assert (refused["verdict"], refused["agent"]) == ("BLOCK", "agent1001")
    assert "no-consent" in refused["reasons"]
    await lab.kept(number, "agent1001")


@pytest.mark.parametrize(("key", "customer_hears"), [("*81", False), ("*82", False), ("*83", True)])
async def test_supervisor(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str, key: str, customer_hears: bool
) -> None:
    async with Softphone(lab.pbx, "agent1003") as boss:
        call = await agent.call(f"*74{number}", **CALL)
        (leg,) = await carrier.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        spy = await boss.call(f"{key}1001", Media(hz=BOSS))
        await talked((spy, CUSTOMER), (spy, AGENT), share=0.2)
        since = time.time()
        if key != "*81":
            await talked((call, BOSS), share=0.2)
        if customer_hears:
            await talked((leg, BOSS), share=0.2)
        else:
            await asyncio.sleep(0.6)
            assert leg.sound(since).strength(BOSS) < 0.1
        await spy.hang_up()
        await call.hang_up()
    row, *coached = await lab.kept(number, "agent1001", 1 if key == "*81" else 2)
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    for one in coached:
        assert one["part"] == "supervisor"
        heard(one, "agent", BOSS)
    (leg_row,) = lab.rows("SELECT supervision FROM carrier_leg WHERE decision = ?", row["decision"])
    assert "PJSIP/agent1003" in leg_row["supervision"]


async def test_parking(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, other: Softphone, number: str
) -> None:
    call = await agent.call(f"*74{number}", **CALL)
    (leg,) = await carrier.called()
    await talked((call, CUSTOMER), (leg, AGENT))
    await call.refer("700")
    await call.transferred()
    await call.hang_up()
    await until(lambda: "701" in lab.pbx.cli("parking show default"), 5)
    fetched = await other.call("701", Media(hz=OTHER))
    await talked((fetched, CUSTOMER), (leg, OTHER))
    await fetched.hang_up()
    row, joined = await lab.kept(number, "agent1001", 2)
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)
    heard(joined, "agent", OTHER)


async def test_conference(
    lab: Lab, carrier: SoftCarrier, agent: Softphone, other: Softphone, number: str
) -> None:
    one, two = await agent.call("8000", Media(hz=AGENT)), await other.call("8000", Media(hz=OTHER))
    await talked((one, OTHER), (two, AGENT))
    await lab.originate(f"Local/{number}@conference-out/n", Application="ConfBridge", Data="8000")
    (leg,) = await carrier.called()
    await talked((one, CUSTOMER), (two, CUSTOMER), (leg, AGENT), (leg, OTHER), share=0.2)
    await leg.hang_up()
    (row,) = await lab.kept(number, "conference")
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT, OTHER)


async def test_ari(lab: Lab, carrier: SoftCarrier, agent: Softphone, number: str) -> None:
    async with ari(lab.pbx, "dialler") as program:
        bridge = (await program.ask("POST", "bridges", type="mixing"))["id"]
        out = {"endpoint": f"Local/{number}@ari-out/n", "app": "dialler", "callerId": CALLER_ID}
        customer = (await program.ask("POST", "channels", **out))["id"]
        desk = (await program.ask("POST", "channels", endpoint="PJSIP/agent1001", app="dialler"))["id"]
        await program.join(bridge, customer, desk)
        (call,) = await agent.called()
        (leg,) = await carrier.called()
        await talked((call, CUSTOMER), (leg, AGENT))
        await program.ask("DELETE", f"channels/{customer}")
        await leg.over()
    (row,) = await lab.kept(number, "ari")
    heard(row, "callee", CUSTOMER)
    heard(row, "agent", AGENT)


@pytest.mark.parametrize("kind", ["audiosocket", "websocket"])
async def test_a_voice_bot(lab: Lab, carrier: SoftCarrier, number: str, kind: str) -> None:
    serve = {"audiosocket": audiosocket, "websocket": websocket}[kind]
    async with serve(lab.ports[kind], OTHER) as bot:
        await lab.originate(f"Local/{number}@bot-out/n", Context=f"bot-{kind}")
        (leg,) = await carrier.called()
        await talked((leg, OTHER))
        await until(lambda: bot.heard.seconds > 1 and bot.heard.strength(CUSTOMER) > 0.5, 5)
        await leg.hang_up()
        assert len(bot.calls) == 1
        (row,) = await lab.kept(number, "bot")
        heard(row, "callee", CUSTOMER)
        heard(row, "agent", OTHER)
        # Its decision is used up.
        await lab.originate(f"Local/{number}@bot-out/n", Context=f"bot-{kind}")
        await lab.decided(number, 2)
        assert lab.calls(number)[-1]["reasons"] == ["too-many-attempts"]
    assert len(carrier.legs) == 1


async def test_a_bot_does_not_call_the_police(lab: Lab, carrier: SoftCarrier) -> None:
    await lab.originate("Local/110@bot-out/n", Context="bot-websocket")
    await lab.decided("110")
    (call,) = lab.calls("110")
    assert (call["verdict"], call["agent"], call["outcome"]) == ("BLOCK", "bot", "refused")
    assert "emergency-number" in call["reasons"]
    assert carrier.legs == []
