"""What a recording leaves out, on a real Asterisk: seen while the call talks, with its seconds."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from dialpact.compliance import soundtrack
from dialpact.compliance.clock import instant
from tests.ami_listener.scene import Scene
from tests.lab.audiosocket import Bot
from tests.lab.gated import allow, legs
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.softphone import Answer, Leg, Media, SoftCarrier, Softphone
from tests.lab.track import Track

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

NUMBER = "02712345699"
CALLEE, AGENT, MUSIC = 1000, 600, 300  # Hz


@pytest.fixture(scope="module")
def lab_options(gated_options: dict[str, Any]) -> dict[str, Any]:
    return gated_options


class Talk:
    """A call between a soft carrier and a softphone. ``since``: when it was answered."""

    def __init__(self, scene: Scene, pbx: Pbx, callee: Media, agent: Media) -> None:
        self._scene, self._pbx = scene, pbx
        self._carrier = SoftCarrier(pbx, Answer(talk=callee))
        self._phone, self._media = Softphone(pbx), agent
        self.callee: Leg
        self.agent: Leg

    async def __aenter__(self) -> Talk:
        await self._carrier.__aenter__()
        await self._phone.__aenter__()
        await allow(self._scene, self._pbx, NUMBER)
        self.agent = await self._phone.call(NUMBER, self._media)
        await self.agent.answered()
        (self.callee,) = await self._carrier.called()
        self.since = time.time()
        return self

    async def __aexit__(self, *of: Any) -> None:
        await self._phone.__aexit__(*of)
        await self._carrier.__aexit__(*of)

    async def until(self, second: float) -> None:
        await asyncio.sleep(self.since + second - time.time())

    def now(self) -> float:
        return time.time() - self.since


def talk(scene: Scene, pbx: Pbx, callee: Media | None = None, agent: Media | None = None) -> Talk:
    return Talk(scene, pbx, callee or Media(hz=CALLEE, seq=20000), agent or Media(hz=AGENT, seq=30000))


def sound(row: dict[str, Any]) -> soundtrack.Soundtrack:
    found = soundtrack.decode(row["sound"])
    assert found is not None
    return found


def heard(row: dict[str, Any], side: str) -> Track:
    return Track.read(row[f"{side}_path"])


async def test_a_source_that_begins_lower_is_told_during_the_call_and_heard_elsewhere(
    scene: Scene, pbx: Pbx
) -> None:
    async with talk(scene, pbx) as call:
        await call.until(3)
        await call.callee.hold(Media(hz=MUSIC, seq=100, address="127.0.4.7"), direction="sendrecv")
        told = await scene.incident("recording-side-lost", 12)
        at = call.now()
        assert told["detail"].startswith("callee: silent from second 3.") or "second 2.9" in told["detail"]
        assert "-2.wav" in told["detail"], "where it is heard"
        assert at < 13
        await call.until(at + 3)
        await call.agent.hang_up()
    first, second = await scene.recorded("kept", 2)
    assert [row["part"] for row in (first, second)] == ["carrier", "joined"]
    (lost,) = sound(first).silent["callee"]
    assert lost.reason == "lost"
    assert lost.heard_in == second["id"]
    assert lost.begin == pytest.approx(3.0, abs=0.3)
    assert lost.end == pytest.approx(first["talk_seconds"], abs=0.3)
    begun = instant(second["started_at"]) - instant(first["answered_at"])
    assert lost.missing == pytest.approx(begun.total_seconds() - 3, abs=0.3)
    assert lost.missing < 7
    assert heard(second, "callee").strength(MUSIC, 1.0) > 0.9
    assert heard(second, "agent").strength(AGENT, 1.0) > 0.9
    assert await scene.incidents() == ["recording-side-lost"]


async def test_the_agents_side_as_well(scene: Scene, pbx: Pbx) -> None:
    async with talk(scene, pbx) as call:
        await call.until(2.5)
        call.agent.media.renumber(seq=10, ssrc=77)
        told = await scene.incident("recording-side-lost", 12)
        assert told["detail"].startswith("agent: silent from second 2.")
        await asyncio.sleep(2.5)
        await call.agent.hang_up()
    _, second = await scene.recorded("kept", 2)
    assert heard(second, "agent").strength(AGENT, 1.0) > 0.9
    assert await scene.incidents() == ["recording-side-lost"]


async def test_a_muted_telephone_is_a_fact(scene: Scene, pbx: Pbx) -> None:
    async with talk(scene, pbx) as call:
        await call.until(2)
        call.agent.media.mute()
        await call.until(11)
        call.agent.media.say(AGENT)
        await call.until(14)
        await call.agent.hang_up()
    first, _ = await scene.recorded("kept", 2)
    (silent,) = sound(first).silent["agent"]
    assert (silent.reason, silent.missing) == ("sent", 0)
    assert (silent.begin, silent.end) == (pytest.approx(2, abs=0.3), pytest.approx(11, abs=0.3))
    assert await scene.incidents() == []


async def test_a_side_that_sends_nothing_is_a_fact(scene: Scene, pbx: Pbx) -> None:
    async with talk(scene, pbx) as call:
        await call.until(2)
        call.callee.media.stop()
        await call.until(9)
        call.callee.media.say(CALLEE)
        await call.until(12)
        await call.agent.hang_up()
    (row,) = await scene.recorded("kept")
    (silent,) = sound(row).silent["callee"]
    assert silent.reason == "unsent"
    assert (silent.begin, silent.end) == (pytest.approx(2, abs=0.3), pytest.approx(9, abs=0.3))
    assert await scene.incidents() == []


async def test_nobody_sends_for_fifteen_seconds(scene: Scene, pbx: Pbx) -> None:
    """Silence suppression on both sides: the file has none of it, and its places are still true to time."""
    async with talk(scene, pbx) as call:
        await call.until(3)
        call.callee.media.stop()
        call.agent.media.stop()
        await call.until(18)
        call.callee.media.say(CALLEE)
        call.agent.media.say(AGENT)
        await call.until(21)
        call.callee.media.say(MUSIC)
        said = scene.clock.now()
        await call.until(25)
        await call.agent.hang_up()
    (row,) = await scene.recorded("kept")
    track = sound(row)
    ((begin, end, missing),) = track.unsent
    assert (begin, end) == (pytest.approx(3, abs=2.1), pytest.approx(18, abs=2.1))
    assert missing == pytest.approx(15, abs=0.5)
    place = soundtrack.place(row["sound"], said)
    real = heard(row, "callee").spans(MUSIC)[0].start
    assert place is not None
    assert place[0] - 0.2 <= real <= place[1] + 0.2
    assert place[1] - place[0] < 0.3, "it is known exactly"
    assert await scene.incidents() == []


async def test_a_call_that_falls_silent_for_good(scene: Scene, pbx: Pbx) -> None:
    async with talk(scene, pbx) as call:
        await call.until(3)
        call.callee.media.stop()
        call.agent.media.stop()
        await call.until(15)
        await call.agent.hang_up()
    (row,) = await scene.recorded("kept")
    assert sum(missing for *_, missing in sound(row).unsent) == pytest.approx(12, abs=1)
    assert await scene.incidents() == []


@pytest.mark.parametrize("wide", ["callee", "agent"])
async def test_a_sites_own_recorder_at_48_khz_distorts_the_mix(scene: Scene, pbx: Pbx, wide: str) -> None:
    codecs = {"callee": "ulaw", "agent": "ulaw"} | {wide: "g722"}
    callee, agent = Media(hz=CALLEE, codec=codecs["callee"]), Media(hz=AGENT, codec=codecs["agent"])
    async with talk(scene, pbx, callee, agent) as call:
        await call.until(2)
        (leg,) = legs(pbx)
        act(pbx, "MixMonitor", Channel=leg, File=f"{pbx.recordings}/site-{wide}.sln48")
        told = await scene.incident("recording-distorted", 12)
        assert call.now() < 12
        await asyncio.sleep(3)
        await call.agent.hang_up()
    first, second = await scene.recorded("kept", 2)
    assert sound(first).distorted in told["detail"]
    assert sound(first).seconds["mix"] > 1.5 * sound(first).seconds["callee"]
    assert sound(second).seconds["mix"] == pytest.approx(second["talk_seconds"], abs=0.5), "that one is right"
    assert await scene.incidents() == ["recording-distorted"]


@pytest.mark.parametrize("piece", [0.02, 0.2])
async def test_a_bot_on_audiosocket(scene: Scene, pbx: Pbx, piece: float) -> None:
    await allow(scene, pbx, NUMBER)
    async with (
        SoftCarrier(pbx, Answer(talk=Media(hz=CALLEE))) as carrier,
        Bot(pbx.ports.take(2)) as bot,
    ):
        dialled = {"Context": "agents", "Exten": NUMBER, "Priority": "1"}
        act(pbx, "Originate", Channel=bot.dial, Async="true", CallerID="<02788880001>", **dialled)
        await bot.answered()
        (leg,) = await carrier.called()
        await leg.answered()
        begin = time.time()
        for _ in range(2):
            await bot.say(AGENT, 4.0, piece)
            await asyncio.sleep(1.0)
        assert leg.sound(begin).seconds == pytest.approx(8.0, abs=0.4), "the callee hears all of it"
        if piece > 0.1:
            told = await scene.incident("recording-distorted")
            assert "AudioSocket" in told["detail"]
            assert "pieces of 20 ms" in told["detail"]
        pbx.cli("channel request hangup all")
    (row,) = await scene.recorded("kept")
    spoken = sum(span.seconds for span in heard(row, "agent").spans(AGENT, bridge=0))
    if piece > 0.1:
        assert spoken < 7.8
        assert await scene.incidents() == ["recording-distorted"]
    else:
        assert spoken == pytest.approx(8.0, abs=0.2)
        assert await scene.incidents() == []
