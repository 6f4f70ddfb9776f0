"""A key that refuses, on any channel of a call and in any state: one opt-out, told to whoever pressed it."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
from msgspec import structs

from ami_listener.timings import Timings
from dialpact.compliance.config import OptOutConfig
from dialpact.store.units import optout
from dialpact.testing.ami import Channel, FakeAmi
from tests.ami_listener.pace import QUICK, changed, timed
from tests.ami_listener.scene import NUMBER, Scene, ringing, talking, until

DONE, FAILED = "D", "DDD"


KEYS = {"dialplan": 0.2, "done": ("D", 20, 1), "failed": ("D", 20, 3)}


@pytest.fixture
def timings() -> Timings:
    return changed(QUICK, keys=KEYS)


async def said(scene: Scene) -> list[tuple[str, str, str, str]]:
    found = await optout.of_number(scene.store, "+86" + NUMBER)
    return [(row["how"], row["by"], row["decision"], row["channel"]) for row in found]


async def told(channel: Channel, tone: str = DONE) -> None:
    await until(lambda: channel.heard == tone)


def together(*channels: Channel, technology: str = "simple_bridge", bridge: str = "b1") -> None:
    for channel in channels:
        channel.enter_bridge(bridge, technology)


def asks(ami: FakeAmi, asker: Channel, decision: str) -> Channel:
    """What the dialplan does first when it takes a key up."""
    made = ami.channel("x")
    name = f"Local/callee_{decision}_business_{asker.uniqueid}@dialpact-optout-ask-00000001;1"
    del ami.channels[made.name]
    made.name = name
    ami.channels[name] = made
    ami.event("Newchannel", "call", made.block())
    return made


async def alone(scene: Scene, ami: FakeAmi) -> tuple[str, Channel]:
    """Answered, and in no bridge: a queue, music, an announcement."""
    decision, leg = await ringing(scene, ami)
    leg.answer()
    return decision, leg


@pytest.mark.parametrize("technology", ["simple_bridge", "softmix", "holding_bridge", "native_rtp", ""])
async def test_customer_in_every_state(scene: Scene, ami: FakeAmi, technology: str) -> None:
    decision, leg = await alone(scene, ami)
    if technology:
        leg.enter_bridge("b1", technology)
    leg.press("*9")
    await told(leg)
    assert await said(scene) == [("callee-key", "+86" + NUMBER, decision, leg.name)]


async def test_it_is_on_disk_with_the_recording_before_he_is_told(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await talking(scene, ami)
    (kept,) = await scene.recorded("running")
    leg.press("*9")
    await told(leg)
    (row,) = await optout.of_number(scene.store, "+86" + NUMBER)
    assert (row["recording"], row["scope"]) == (kept["id"], "all")  # this decision's business is not known
    assert row["position"] is None, "the recording's index tells it, at the end"
    assert row["decision"] == decision


async def test_before_the_answer(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await ringing(scene, ami)
    leg.press("*9")
    await told(leg)
    assert [row[2] for row in await said(scene)] == [decision]


async def test_a_leg_that_is_still_being_judged(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    leg.press("*9")
    await told(leg)
    assert [row[2] for row in await said(scene)] == [decision]


async def test_twice_is_one_word_with_the_same_tone(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await alone(scene, ami)
    leg.press("*9")
    await told(leg)
    leg.press("*9")
    await told(leg, DONE + DONE)
    assert len(await said(scene)) == 1


async def test_one_who_presses_and_hangs_up_at_once(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await alone(scene, ami)
    leg.press("*9")
    leg.hang_up()

    async def is_said() -> bool:
        return [row[2] for row in await said(scene)] == [decision]

    await until(is_said)


async def test_where_the_dialplan_takes_it_up_no_tone_is_added(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await talking(scene, ami)
    leg.press("*9")
    asks(ami, leg, decision)
    await ami.seen("Setvar", Channel=leg.name, Variable="SHARED(DIALPACT_OPTOUT)", Value="done")
    await asyncio.sleep(scene.timings.keys.dialplan + 0.1)
    assert (ami.count("PlayDTMF"), leg.heard) == (0, "")
    assert len(await said(scene)) == 1


async def test_another_channel_s_dialplan_is_not_his(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await talking(scene, ami)
    leg.press("*9")
    asks(ami, ami.channel("agent1001"), decision)
    await told(leg)


@pytest.mark.parametrize("keys", ["9", "*", "*19", "6222021234567890", "#9", "**"])
async def test_other_keys_opt_nobody_out(scene: Scene, ami: FakeAmi, keys: str) -> None:
    _, leg = await alone(scene, ami)
    leg.press(keys)
    await asyncio.sleep(0.1)
    assert await said(scene) == []
    assert ami.count("PlayDTMF") == 0


async def test_what_asterisk_sends_is_not_pressed(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await alone(scene, ami)
    leg.press("*9", "Sent")
    await asyncio.sleep(0.1)
    assert await said(scene) == []


async def test_no_digit_is_logged(
    scene: Scene, ami: FakeAmi, capsys: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    _, leg = await alone(scene, ami)
    leg.press("4929123456781234")
    leg.press("*9")
    await told(leg)
    shown = "".join([*capsys.readouterr(), caplog.text])
    assert "opt-out" in shown
    assert NUMBER not in shown
    assert "4929" not in shown and "digit" not in shown.lower()


async def test_agent_to_whom_the_customer_was_transferred(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await alone(scene, ami)
    second = ami.channel("agent1002", state="Up")
    together(leg, second)
    second.press("*9")
    await told(second)
    assert await said(scene) == [("agent-key", "agent1002", decision, second.name)]
    assert leg.heard == ""


async def test_customer_and_agents_are_told_apart(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await alone(scene, ami)
    first, second = ami.channel("agent1001", state="Up"), ami.channel("agent1002", state="Up")
    together(leg, first, second, technology="softmix")
    for channel in (second, leg, first):
        channel.press("*9")
        await told(channel)
    assert {row[:3] for row in await said(scene)} == {
        ("agent-key", "agent1002", decision),
        ("callee-key", "+86" + NUMBER, decision),
        ("agent-key", "agent1001", decision),
    }


async def test_agent_behind_local_channels(scene: Scene, ami: FakeAmi) -> None:
    """A queue's member by Local: what he presses is heard on the telephone, and not again on the Local."""
    decision, leg = await alone(scene, ami)
    halves = []
    for half in ("1", "2"):
        made = ami.channel("x", state="Up")
        del ami.channels[made.name]
        made.name = f"Local/1002@agents-00000001;{half}"
        ami.channels[made.name] = made
        halves.append(made)
    phone = ami.channel("agent1002", state="Up")
    together(leg, halves[0])
    together(phone, halves[1], bridge="b2")
    phone.press("*9")
    halves[0].press("*9")
    await told(phone)
    assert await said(scene) == [("agent-key", "agent1002", decision, phone.name)]
    assert halves[0].heard == ""


@pytest.mark.parametrize("case", ["elsewhere", "left", "parked", "another bridge", "hung up"])
async def test_whoever_does_not_hear_the_customer_refuses_nothing(
    scene: Scene, ami: FakeAmi, case: str
) -> None:
    _, leg = await alone(scene, ami)
    agent = ami.channel("agent1002", state="Up")
    if case == "parked":
        together(leg, agent, technology="holding_bridge")
    elif case == "another bridge":
        together(leg)
        together(agent, bridge="b2")
    elif case != "elsewhere":
        together(leg, agent)
        (agent if case == "left" else leg).leave_bridge()
        if case == "hung up":
            leg.hang_up()
    agent.press("*9")
    await asyncio.sleep(0.1)
    assert await said(scene) == []


async def test_bridges_from_before_the_listener_came(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await alone(scene, ami)
    _, waiting = await alone(scene, ami)
    await scene.stop()
    second, parked = ami.channel("agent1002", state="Up"), ami.channel("agent1003", state="Up")
    together(leg, second)
    together(waiting, parked, technology="holding_bridge", bridge="lot")
    await scene.start()
    await scene.ready()
    parked.press("*9")
    second.press("*9")
    await told(second)
    assert await said(scene) == [("agent-key", "agent1002", decision, second.name)]


async def test_keys_of_the_site_s_own(
    timings: Timings, ami: FakeAmi, directory: Path, tmp_path: Path
) -> None:
    scene = Scene(tmp_path / "own", ami.port, directory, timings=timings)
    scene.config = structs.replace(scene.config, opt_out=OptOutConfig(callee_key="**", agent_key="#77"))
    async with scene:
        await scene.ready()
        _, leg = await alone(scene, ami)
        agent = ami.channel("agent1001", state="Up")
        together(leg, agent)
        leg.press("*9")
        agent.press("*9**")
        await asyncio.sleep(0.1)
        assert await said(scene) == []
        agent.press("#77")
        await told(agent)
        leg.press("**")
        await told(leg)
        assert [row[0] for row in await said(scene)] == ["agent-key", "callee-key"]


@timed(keys=KEYS | {"stored": 0.2})
async def test_a_store_that_is_locked_gets_it_later(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await alone(scene, ami)
    with sqlite3.connect(scene.database, isolation_level=None) as other:
        other.execute("BEGIN IMMEDIATE")
        leg.press("*9")
        await told(leg, FAILED)
        other.execute("ROLLBACK")
    other.close()

    async def is_said() -> bool:
        return len(await said(scene)) == 1

    await until(is_said, 10)


@pytest.fixture
async def incoming(scene: Scene, ami: FakeAmi) -> AsyncIterator[Channel]:
    yield ami.call_in("13900139000")


@timed(keys=KEYS | {"judged": 0.1})
async def test_carrier_s_own_call_and_strangers_refuse_nothing(
    scene: Scene, ami: FakeAmi, incoming: Channel
) -> None:
    incoming.press("*9")
    ami.channel("agent1001", state="Up").press("*9")
    await asyncio.sleep(0.3)
    assert await said(scene) == []
    assert (ami.count("PlayDTMF"), incoming.heard) == (0, "")
