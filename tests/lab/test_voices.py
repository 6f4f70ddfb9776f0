"""Every voice is on the recording, whatever number and source its RTP has: on a real Asterisk."""

from __future__ import annotations

import asyncio
import audioop
import time
from pathlib import Path
from typing import Any

import pytest

from tests.ami_listener.scene import Scene, until
from tests.lab.ear import Sound
from tests.lab.gated import allow
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

TALKS = "02712345699"
RECORDS = "Begin MixMonitor Recording"
RINGTONE, CALLEE, AGENT, SECOND = 440, 1000, 600, 700  # Hz


@pytest.fixture(scope="module")
def lab_options(gated_options: dict[str, Any]) -> dict[str, Any]:
    return gated_options


def seconds_of(row: dict[str, Any], side: str, hz: float) -> float:
    """How much of a recording's side is this tone: tenths of a second, each looked at for itself."""
    sound = audioop.lin2ulaw(Path(row[f"{side}_path"]).read_bytes()[44:], 2)
    tenths = (Sound(bytearray(sound[start : start + 800])) for start in range(0, len(sound) - 799, 800))
    return sum(tenth.dbfs > -40 and tenth.strength(hz) > 0.8 for tenth in tenths) / 10


async def test_the_callee_is_heard_after_ringback_tone_of_another_host(scene: Scene, pbx: Pbx) -> None:
    decision = await allow(scene, pbx, TALKS)
    early = Media(hz=RINGTONE, seq=20000, seconds=1.5)
    talk = Media(hz=CALLEE, seq=5000, address="127.0.4.9")
    async with SoftCarrier(pbx, Answer(early=early, talk=talk)) as carrier, Softphone(pbx) as agent:
        call = await agent.call(TALKS, Media(hz=AGENT))
        await call.hears(RINGTONE)
        await call.answered()
        await call.hears(CALLEE)
        await asyncio.sleep(3)
        await call.hang_up()
        (leg,) = await carrier.called()
        await leg.over()
    (row,) = await scene.recorded("kept")
    assert row["decision"] == decision
    assert seconds_of(row, "callee", CALLEE) > 2.5
    assert seconds_of(row, "agent", AGENT) > 2.5
    assert seconds_of(row, "callee", RINGTONE) == 0, "that was before the answer"
    assert await scene.incidents() == []


async def test_words_spoken_into_the_ringing_are_left_out(scene: Scene, pbx: Pbx) -> None:
    """A click-to-call agent, or a bot, who talks before the answer: nobody heard it."""
    await allow(scene, pbx, TALKS)
    early = Media(hz=None, seconds=3)
    async with (
        SoftCarrier(pbx, Answer(early=early, talk=Media(hz=CALLEE))) as carrier,
        Softphone(pbx) as agent,
    ):
        call = await agent.call(TALKS, Media(hz=AGENT))
        await call.answered()
        call.media.say(SECOND)
        await call.hears(CALLEE)
        await asyncio.sleep(2)
        await call.hang_up()
        await (await carrier.called())[0].over()
    (row,) = await scene.recorded("kept")
    assert seconds_of(row, "agent", AGENT) < 0.4, "what was said while it rang"
    assert seconds_of(row, "agent", SECOND) > 1.5
    assert row["started_at"] >= row["answered_at"]
    assert row["seconds"] == pytest.approx(row["talk_seconds"], abs=0.3)


async def test_nothing_is_kept_of_a_busy_line(scene: Scene, pbx: Pbx) -> None:
    await allow(scene, pbx, TALKS)
    busy = Answer(early=Media(hz=RINGTONE, seconds=1), status=486, cause=17)
    async with SoftCarrier(pbx, busy), Softphone(pbx) as agent:
        call = await agent.call(TALKS, Media(hz=AGENT))
        await call.hears(RINGTONE)
        await call.over()
    (row,) = await scene.recorded("unanswered")
    assert row["sha256"] is None
    assert list(pbx.recordings.rglob(f"{row['decision']}*")) == []
    (leg,) = await scene.carrier_legs(ended=1)
    assert (leg["dial_status"], leg["answered_at"]) == ("BUSY", None)
    assert await scene.incidents() == []


@pytest.mark.parametrize("way", ["blind", "attended"])
async def test_the_second_agent_is_heard(scene: Scene, pbx: Pbx, way: str) -> None:
    """His RTP has lower numbers than the first one's."""
    await allow(scene, pbx, TALKS)
    second = Answer(talk=Media(hz=SECOND, seq=5000))
    async with (
        SoftCarrier(pbx, Answer(talk=Media(hz=CALLEE))) as carrier,
        Softphone(pbx) as agent,
        Softphone(pbx, "agent1002", second) as other,
    ):
        call = await agent.call(TALKS, Media(hz=AGENT, seq=20000))
        await call.hears(CALLEE)
        (leg,) = await carrier.called()
        await leg.hears(AGENT)
        if way == "attended":
            await call.hold()
            consultation = await agent.call("*1002")
            await consultation.hears(SECOND)
            await call.refer("*1002", replaces=consultation)
            await call.transferred()
            await consultation.hang_up()
        else:
            await call.refer("*1002")
            await call.transferred()
        await call.hang_up()
        await leg.hears(SECOND)
        await asyncio.sleep(2.5)
        await leg.hang_up()
        (taken,) = await other.called()
        await taken.over()
    first, joined = sorted(await scene.recorded("kept", 2), key=lambda row: row["started_at"])
    assert (first["part"], joined["part"]) == ("carrier", "joined")
    assert first["decision"] == joined["decision"]
    assert seconds_of(first, "callee", CALLEE) > 3
    assert seconds_of(first, "agent", AGENT) > 0.3
    assert seconds_of(joined, "agent", SECOND) > 2
    assert seconds_of(joined, "callee", CALLEE) > 2
    await until(lambda: not len(scene.listener.companions))
    assert await scene.incidents() == []


async def test_a_colleague_who_picks_the_transferred_customer_up_is_heard(scene: Scene, pbx: Pbx) -> None:
    """The customer is sent to an agent whose telephone rings; a third one answers it from his own."""
    await allow(scene, pbx, TALKS)
    async with (
        SoftCarrier(pbx, Answer(talk=Media(hz=CALLEE))) as carrier,
        Softphone(pbx) as agent,
        Softphone(pbx, "agent1002", Answer(status=None)) as other,
    ):
        call = await agent.call(TALKS, Media(hz=AGENT, seq=20000))
        await call.hears(CALLEE)
        (leg,) = await carrier.called()
        await leg.hears(AGENT)
        await call.refer("*1002")
        await call.transferred()
        await call.hang_up()
        await other.called()
        picker = await agent.call("*84", Media(hz=SECOND, seq=5000))
        await picker.hears(CALLEE)
        await leg.hears(SECOND)
        await asyncio.sleep(2.5)
        await leg.hang_up()
        await picker.over()
    first, joined = sorted(await scene.recorded("kept", 2), key=lambda row: row["started_at"])
    assert (first["part"], joined["part"], joined["decision"]) == ("carrier", "joined", first["decision"])
    assert seconds_of(first, "callee", CALLEE) > 3
    assert max(seconds_of(row, "agent", SECOND) for row in (first, joined)) > 2
    assert await scene.incidents() == []


async def test_a_side_that_is_lost_in_mid_call_is_rescued_once(scene: Scene, pbx: Pbx) -> None:
    await allow(scene, pbx, TALKS)
    async with SoftCarrier(pbx, Answer(talk=Media(hz=CALLEE, seq=20000))) as carrier, Softphone(pbx) as agent:
        call = await agent.call(TALKS, Media(hz=AGENT))
        await call.hears(CALLEE)
        (leg,) = await carrier.called()
        await leg.hears(AGENT)
        leg.media.renumber(seq=5000, ssrc=7)
        spoken = time.time() - leg.time_of(200)
        (known,) = scene.listener.legs.values()
        recorders = pbx.log().count(RECORDS)
        assert scene.listener.companions.rescue(known.pbx, known)
        assert not scene.listener.companions.rescue(known.pbx, known), "the channel is no longer fresh"
        await until(lambda: pbx.log().count(RECORDS) > recorders)
        await asyncio.sleep(3)
        await call.hang_up()
        await leg.over()
    first, rescued = sorted(await scene.recorded("kept", 2), key=lambda row: row["started_at"])
    assert seconds_of(first, "callee", CALLEE) < spoken + 0.3, "and then no more"
    assert seconds_of(rescued, "callee", CALLEE) > 2.5
    assert seconds_of(rescued, "agent", AGENT) > 2.5


@pytest.mark.parametrize("what", ["listener", "stopped"])
async def test_the_second_agents_recording_goes_on(scene: Scene, pbx: Pbx, what: str) -> None:
    """When the listener is started anew, and when somebody stops it."""
    await allow(scene, pbx, TALKS)
    async with (
        SoftCarrier(pbx, Answer(talk=Media(hz=CALLEE))) as carrier,
        Softphone(pbx) as agent,
        Softphone(pbx, "agent1002", Answer(talk=Media(hz=SECOND))),
    ):
        call = await agent.call(TALKS, Media(hz=AGENT))
        await call.hears(CALLEE)
        await call.refer("*1002")
        await call.transferred()
        await call.hang_up()
        (leg,) = await carrier.called()
        await leg.hears(SECOND)
        await asyncio.sleep(1)
        if what == "listener":
            await scene.kill()
            await scene.start()
            await scene.ready()
            await until(lambda: len(scene.listener.companions) == 1)
        else:
            (companion,) = scene.listener.companions
            act(pbx, "StopMixMonitor", Channel=companion.channel)
            await scene.incident("recording-stopped")
        await asyncio.sleep(2)
        await leg.hang_up()
    rows = await scene.recorded("kept", 2 if what == "listener" else 3)
    joined = [row for row in rows if row["part"] == "joined"]
    assert sum(seconds_of(row, "agent", SECOND) for row in joined) > 2.5
    assert len(joined) == (1 if what == "listener" else 2)
    assert await scene.incidents() == (["recording-stopped"] if what == "stopped" else [])
