"""What can become of one call, on a real Asterisk: recorded from its answer on, both directions.

Carrier and phone each send a tone of their own, so that a recording shows whose voice is on which side.
"""

from __future__ import annotations

import asyncio
import audioop
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.ami_listener.pace import changed
from tests.ami_listener.scene import Scene, until
from tests.lab.carrier import TONE as CALLEE
from tests.lab.carrier import Carrier
from tests.lab.ear import Sound
from tests.lab.gated import ALL, allow, legs
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.phone import TONE as AGENT
from tests.lab.phone import Phone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

TALKS = "02712345699"
CALLER = {"caller_id": "02788880001"}
MILLIWATT = 1004.0  # Hz: somebody inside who answers


@pytest.fixture(scope="module")
def lab_options(gated_options: dict[str, Any]) -> dict[str, Any]:
    return gated_options


@pytest.fixture(scope="module", autouse=True)
def carrier(pbx: Pbx) -> Iterator[Carrier]:
    with Carrier(pbx, rules=ALL) as answering:
        yield answering


def heard(row: dict[str, Any], side: str) -> Sound:
    """A side's sound."""
    return Sound(bytearray(audioop.lin2ulaw(Path(row[f"{side}_path"]).read_bytes()[44:], 2)))


async def whole(scene: Scene, decision: str, *, agent: float = AGENT) -> dict[str, Any]:
    """The only recording that was kept: all of the talk, both voices, each on its side, nothing to say."""
    (row,) = await scene.recorded("kept")
    assert row["decision"] == decision
    assert row["seconds"] > row["talk_seconds"] - 0.3
    assert heard(row, "callee").strength(CALLEE) > 0.9
    assert heard(row, "agent").strength(agent) > 0.5, "whoever talked to the callee last is on it"
    await until(lambda: not scene.listener.legs)
    assert await scene.incidents() == []
    return row


@pytest.mark.parametrize("number", ["02712345606", "02712345603"], ids=["at once", "after early media"])
async def test_an_answer_before_or_long_after_the_verdict(scene: Scene, pbx: Pbx, number: str) -> None:
    decision = await allow(scene, pbx, number)
    assert (await Phone(pbx).call(number, talk_seconds=2, **CALLER)).answered
    row = await whole(scene, decision)
    assert row["seconds"] < row["talk_seconds"] + 0.3, "what came before the answer is not on it"


async def test_a_fork_to_two_legs(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    decision = await allow(scene, pbx, TALKS)
    before = len(carrier.invites())
    assert (await Phone(pbx).call(f"*72{TALKS}", talk_seconds=2, **CALLER)).answered
    assert len(carrier.invites()) == before + 2
    await whole(scene, decision)
    assert len(await scene.recorded("unanswered")) == 1


async def test_another_way_when_the_first_does_not_answer(scene: Scene, pbx: Pbx, carrier: Carrier) -> None:
    decision = await allow(scene, pbx, TALKS)
    assert (await Phone(pbx).call(f"*73{TALKS}", talk_seconds=2, **CALLER)).answered
    await whole(scene, decision)
    assert len(await scene.recorded("unanswered")) == 1


async def test_the_callee_on_hold(scene: Scene, pbx: Pbx) -> None:
    decision = await allow(scene, pbx, TALKS)
    async with Phone(pbx).calling(TALKS, hangup_by="test", **CALLER) as call:
        await call.heard(1.0)
        await call.hold()
        await asyncio.sleep(1.0)
        await call.hold(on=False)
        await asyncio.sleep(1.0)
        pbx.cli("channel request hangup all")
        await call.ended()
    await whole(scene, decision)


async def test_a_blind_transfer_to_an_inside_phone(scene: Scene, pbx: Pbx) -> None:
    decision = await allow(scene, pbx, TALKS)
    async with Phone(pbx).calling(TALKS, hangup_by="test", **CALLER) as call:
        await call.heard(1.0)
        await call.dialog.refer("*1001")
        await call.hang_up()
    (leg,) = legs(pbx)
    await asyncio.sleep(2.5)
    assert "Milliwatt" in pbx.cli(f"core show channel {leg}")
    pbx.cli("channel request hangup all")
    row = await whole(scene, decision, agent=MILLIWATT)
    assert row["seconds"] > 3


async def test_an_attended_transfer_to_an_inside_phone(scene: Scene, pbx: Pbx) -> None:
    """The agent asks a colleague first, then joins the callee to him."""
    decision = await allow(scene, pbx, TALKS)
    async with Phone(pbx).calling(TALKS, hangup_by="test", **CALLER) as call:
        await call.heard(1.0)
        async with Phone(pbx).calling("*1001", hangup_by="test", **CALLER) as consultation:
            await consultation.heard(0.5)
            await call.dialog.refer("*1001", replaces=consultation.dialog)
            await call.hang_up()
        await asyncio.sleep(2.5)
        assert len(legs(pbx)) == 1
    pbx.cli("channel request hangup all")
    row = await whole(scene, decision, agent=MILLIWATT)
    assert row["seconds"] > 3


async def test_a_conference(scene: Scene, pbx: Pbx) -> None:
    decision = await allow(scene, pbx, TALKS)
    async with Phone(pbx).calling(TALKS, hangup_by="test", **CALLER) as call:
        await call.heard(1.0)
        async with Phone(pbx, "agent1002").calling("*1003", hangup_by="test", **CALLER) as other:
            await other.answered()
            await call.dialog.refer("*1003")
            await call.hang_up()
            (leg,) = legs(pbx)
            await asyncio.sleep(2.0)
            assert "ConfBridge" in pbx.cli(f"core show channel {leg}")
    pbx.cli("channel request hangup all")
    row = await whole(scene, decision)
    assert row["seconds"] > 2.5


@pytest.mark.parametrize("prefix", ["*78", "*80"], ids=["optimised", "not optimised"])
async def test_a_local_channel_between_agent_and_carrier(scene: Scene, pbx: Pbx, prefix: str) -> None:
    decision = await allow(scene, pbx, TALKS)
    assert (await Phone(pbx).call(f"{prefix}{TALKS}", talk_seconds=2, **CALLER)).answered
    await whole(scene, decision)


@pytest.mark.parametrize("option", ["", "/n"], ids=["optimised", "not optimised"])
@pytest.mark.parametrize("agent", ["1001", "1002", "1004"], ids=["application", "phone", "queue"])
async def test_a_predictive_call(scene: Scene, pbx: Pbx, option: str, agent: str) -> None:
    """The callee first, by an Originate of a Local channel into the gated context; the agent joins him."""
    decision = await allow(scene, pbx, TALKS)
    channel = f"Local/{TALKS}@predictive{option}"
    joined = {"Context": "inside", "Exten": agent, "Priority": "1"}
    act(pbx, "Originate", Channel=channel, Async="true", CallerID="<02788880001>", **joined)
    await until(lambda: bool(scene.listener.legs), 3)
    await asyncio.sleep(2.5)
    pbx.cli("channel request hangup all")
    row = await whole(scene, decision, agent=MILLIWATT)
    assert row["seconds"] > 2


async def test_a_predictive_call_of_a_refused_number_reaches_nobody(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    before = len(carrier.invites())
    joined = {"Context": "inside", "Exten": "1001", "Priority": "1"}
    act(pbx, "Originate", Channel="Local/13912345678@predictive", **joined)
    assert len(carrier.invites()) == before
    assert await scene.incidents() == []


async def test_a_channel_that_is_renamed_in_mid_call_and_a_listener_started_anew(
    scene: Scene, pbx: Pbx
) -> None:
    decision = await allow(scene, pbx, TALKS)
    async with Phone(pbx).calling(TALKS, hangup_by="test", **CALLER) as call:
        await call.heard(1.0)
        (leg,) = legs(pbx)
        act(pbx, "Redirect", Channel=leg, Context="inside", Exten="1001", Priority="1")
        await asyncio.sleep(0.5)
        await scene.kill()
        await scene.start()
        await scene.ready()
        await until(lambda: len(scene.listener.legs) == 1)
        await asyncio.sleep(1.5)
        pbx.cli("channel request hangup all")
        await call.ended()
    row = await whole(scene, decision, agent=MILLIWATT)
    assert row["seconds"] > 2.5


async def test_comparisons_in_the_middle_of_every_call_find_nothing(scene: Scene, pbx: Pbx) -> None:
    scene.timings = changed(scene.timings, listener={"second_look": 0.1, "audit": 0.1})
    await scene.stop()
    await scene.start()
    await scene.ready()
    decision = await allow(scene, pbx, TALKS)
    async with Phone(pbx, "carrier").calling("02788889990", hangup_by="test", campaign="") as incoming:
        await incoming.answered()
        assert (await Phone(pbx).call(f"*72{TALKS}", talk_seconds=3, **CALLER)).answered
    await whole(scene, decision)
