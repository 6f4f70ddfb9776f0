"""What is silent, and why, on the fake Asterisk: packets and files as each test wants them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from ami_listener.timings import Timings
from dialpact.compliance import soundtrack
from dialpact.testing.ami import Channel, FakeAmi
from tests.ami_listener.pace import QUICK, changed
from tests.ami_listener.scene import Scene, talking, until

COUNTS = "CHANNEL(rtcp,all)"


@pytest.fixture
def timings() -> Timings:
    asking = {"ask_again": 0.05, "ask_seldom": 0.1, "ask_rarely": 0.2}
    odd = {"silent": 0.3, "stalled": 0.5, "evidence": 0.3, "patience": 3.0, "covered": 0.05}
    return changed(QUICK, sound=asking | odd)


class Talk:
    """A call that talks, with its agent's channel; each side's packets come or do not."""

    def __init__(self, scene: Scene, ami: FakeAmi, leg: Channel, agent: Channel) -> None:
        self.scene, self.ami, self.leg, self.agent = scene, ami, leg, agent
        self.comes = {"callee": True, "agent": True}
        self.on_leg = {"callee": True, "agent": True}
        self.on_agent = {"callee": True, "agent": True}
        self.grows = True
        self.source = 7
        self._counts = {"callee": 1000, "agent": 1000}

    async def run(self) -> None:
        while True:
            await asyncio.sleep(0.05)
            for side in self._counts:
                self._counts[side] += 5 * self.comes[side]
            received, sent = self._counts["callee"], self._counts["agent"]
            self.leg.variables[COUNTS] = (
                f"ssrc=1;themssrc={self.source};rxcount={received};txcount={sent};rlp=0"
            )
            self.agent.variables[COUNTS] = f"ssrc=1;themssrc=9;rxcount={sent};txcount={received};rlp=0"
            if self.grows:
                self.leg.speak(0.05, **self.on_leg)
                # At the other end what is received and what is sent are the other way round.
                self.agent.speak(0.05, callee=self.on_agent["agent"], agent=self.on_agent["callee"])


@pytest.fixture
async def talk(scene: Scene, ami: FakeAmi) -> AsyncIterator[Talk]:
    _, leg = await talking(scene, ami)
    agent = ami.channel("agent1001", state="Up")
    agent.enter_bridge(leg.bridge)
    made = Talk(scene, ami, leg, agent)
    running = asyncio.create_task(made.run())
    yield made
    running.cancel()
    await asyncio.gather(running, return_exceptions=True)


async def ended(talk: Talk, count: int) -> list[soundtrack.Soundtrack]:
    talk.grows = False
    talk.agent.hang_up()
    talk.leg.hang_up()
    found = [soundtrack.decode(row["sound"]) for row in await talk.scene.recorded("kept", count)]
    return [track for track in found if track]


def asked(talk: Talk) -> int:
    return talk.ami.count("Getvar", Variable=COUNTS)


async def test_while_both_sides_sound_nothing_is_asked(talk: Talk) -> None:
    await asyncio.sleep(1.0)
    assert asked(talk) == 0


async def test_a_side_that_another_recorder_hears_is_lost(talk: Talk) -> None:
    await asyncio.sleep(0.4)
    talk.on_leg["callee"] = False
    told = await talk.scene.incident("recording-side-lost")
    assert told["detail"].startswith("callee: silent from second ")
    assert "-2.wav" in told["detail"]
    await asyncio.sleep(0.5)
    assert (await talk.scene.incidents()).count("recording-side-lost") == 1
    first, _ = await ended(talk, 2)
    assert first.packets is not None
    assert first.packets.callee > 0


async def test_a_side_that_no_recorder_hears_was_silent(talk: Talk) -> None:
    talk.on_leg["agent"] = talk.on_agent["agent"] = False
    await until(lambda: talk.ami.count("MixMonitor", Channel=talk.agent.name) == 1)
    await asyncio.sleep(1.0)
    assert await talk.scene.incidents() == []
    before = asked(talk)
    await asyncio.sleep(0.5)
    assert asked(talk) - before < 10, "what is explained is asked about rarely"


async def test_what_was_silent_at_first_can_be_lost_later(talk: Talk) -> None:
    talk.on_leg["callee"] = talk.on_agent["callee"] = False
    await until(lambda: talk.ami.count("MixMonitor", Channel=talk.agent.name) == 1)
    await asyncio.sleep(0.8)
    assert await talk.scene.incidents() == []
    talk.on_agent["callee"] = True
    await talk.scene.incident("recording-side-lost")


async def test_no_packets_are_a_fact_and_no_second_recorder(talk: Talk) -> None:
    talk.on_leg["callee"] = talk.comes["callee"] = False
    await asyncio.sleep(1.2)
    assert talk.ami.count("MixMonitor", Channel=talk.agent.name) == 0
    assert await talk.scene.incidents() == []


async def test_packets_that_come_after_all(talk: Talk) -> None:
    talk.on_leg["callee"] = talk.comes["callee"] = False
    await asyncio.sleep(0.8)
    talk.comes["callee"] = True
    await talk.scene.incident("recording-side-lost")


async def test_where_nobody_can_tell_it_is_said(talk: Talk) -> None:
    talk.agent.hang_up()
    talk.on_leg["callee"] = False
    assert "no other recorder can tell" in (await talk.scene.incident("recording-side-lost"))["detail"]


async def test_a_second_silence_with_another_source_proves_nothing(talk: Talk) -> None:
    """The recorder that was started for the first one has lost the side as well, if it is lost."""
    talk.on_leg["callee"] = talk.on_agent["callee"] = False
    await until(lambda: talk.ami.count("MixMonitor", Channel=talk.agent.name) == 1)
    await asyncio.sleep(0.8)
    talk.on_leg["callee"] = talk.on_agent["callee"] = True
    await asyncio.sleep(0.4)
    assert await talk.scene.incidents() == []
    talk.source = 8
    talk.on_leg["callee"] = talk.on_agent["callee"] = False
    assert "no other recorder can tell" in (await talk.scene.incident("recording-side-lost"))["detail"]


async def test_nobody_sends(talk: Talk) -> None:
    await asyncio.sleep(0.4)
    talk.grows = talk.comes["callee"] = talk.comes["agent"] = False
    await asyncio.sleep(4.5)
    assert await talk.scene.incidents() == []
    (track,) = await ended(talk, 1)
    ((begin, end, missing),) = track.unsent
    assert 0 <= begin < end
    assert missing > 3


async def test_packets_without_growth_are_a_stall(talk: Talk) -> None:
    talk.grows = False
    await talk.scene.incident("recording-stalled", 12)


async def test_a_mix_that_outgrows_the_call(talk: Talk) -> None:
    for _ in range(60):
        talk.leg.speak(0.3)
        await asyncio.sleep(0.1)
    told = await talk.scene.incident("recording-distorted", 2)
    assert told["detail"].startswith("the file holds ")
    (track, *_) = await ended(talk, 2)
    assert track.distorted in told["detail"]
