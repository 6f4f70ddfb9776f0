"""Supervisors who speak into a call, on a real Asterisk: their voices are recorded, or they are cut.

The customer is heard at 1000 Hz, the agent at 600, the supervisor at 300.
"""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import datetime
from pathlib import Path
from typing import Any, NamedTuple

import pytest
from msgspec import structs

from tests.ami_listener.scene import NUMBER, Scene, keep_until, names_used_up, until
from tests.lab import gated
from tests.lab.ari import ari
from tests.lab.bootstrap import Installation
from tests.lab.ear import Sound
from tests.lab.leg import Leg
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.softphone import Answer, Media, SoftCarrier, Softphone
from tests.lab.track import Track

pytestmark = [pytest.mark.lab, pytest.mark.timeout(120)]

CUSTOMER, AGENT, BOSS = 1000, 600, 300
DIALPLAN = """
[agents](+)
exten => *61,1,Answer()
 same => n,ChanSpy(PJSIP/carrier,qw)
exten => *62,1,Answer()
 same => n,ChanSpy(PJSIP/agent1001,qw)
exten => *63,1,Answer()
 same => n,ChanSpy(PJSIP/agent1001,qB)
exten => *64,1,Answer()
 same => n,ChanSpy(PJSIP/carrier,q)
exten => *65,1,Answer()
 same => n,ExecIf(1?ExtenSpy(13800138000@agents,qd))
exten => *66,1,Answer()
 same => n,Stasis(spying)
exten => *67,1,Answer()
 same => n,ChanSpy(PJSIP/agent1001,qwE)
 same => n,Wait(5)
exten => *68,1,Goto(conference,s,1)
exten => *69,1,PickupChan(PJSIP/carrier,p)
exten => _*60X.,1,Gosub(dialpact-outbound,s,1(${EXTEN:3},c,a,carrier))
 same => n,Dial(PJSIP/${DIALPACT_NUMBER}@carrier,30,ixXU(dialpact-answered))

[conference]
exten => s,1,Set(CONFBRIDGE(user,quiet)=yes)
 same => n,ConfBridge(7)
"""


@pytest.fixture(scope="module")
def pbx(installation: Installation, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    folder = tmp_path_factory.mktemp("conf")
    (folder / "spies.conf").write_text(DIALPLAN, "utf-8")
    (folder / "features.conf").write_text("[featuremap](+)\nautomixmon => *3\n", "utf-8")
    made = gated.options(folder)
    made["dialplan"].append(folder / "spies.conf")
    with Pbx(installation=installation, features=[folder / "features.conf"], **made) as running:
        yield running


@pytest.fixture
async def scene(pbx: Pbx, tmp_path: Path) -> AsyncIterator[Scene]:
    async with Scene(tmp_path / "dialpact", pbx.ports.ami, pbx.recordings) as scene:
        await scene.ready()
        yield scene
    gated.forget(pbx)
    pbx.cli("channel request hangup all")


class Talk(NamedTuple):
    decision: str
    agent: Leg
    customer: Leg


@asynccontextmanager
async def talking(scene: Scene, pbx: Pbx, dialled: str = NUMBER) -> AsyncIterator[tuple[Talk, Softphone]]:
    """A call that is up, and the supervisor's telephone."""
    decision = await gated.allow(scene, pbx, NUMBER)
    async with (
        SoftCarrier(pbx, Answer(talk=Media(hz=CUSTOMER))) as carrier,
        Softphone(pbx) as agents,
        Softphone(pbx, "agent1002") as boss,
    ):
        call = await agents.call(dialled, Media(hz=AGENT))
        await call.answered()
        (leg,) = await carrier.called()
        await leg.hears(AGENT)
        yield Talk(decision, call, leg), boss
        await call.hang_up()
        await leg.over()


def share(sound: Sound) -> dict[int, float]:
    return {hz: round(sound.strength(hz), 1) for hz in (BOSS, AGENT, CUSTOMER)}


async def hears(leg: Leg, *tones: int) -> None:
    """Waits until these tones, and no other, were heard for some time."""

    def are_there() -> bool:
        now = asyncio.get_running_loop().time() - began + start
        sound = leg.sound(now - 0.4, now)
        return {hz for hz, part in share(sound).items() if part > 0.1} == set(tones)

    start, began = time.time(), asyncio.get_running_loop().time()
    await until(are_there)


async def facts(scene: Scene) -> list[dict[str, Any]]:
    """Who was at the call, as it is written with its leg."""
    (leg,) = await scene.carrier_legs(ended=1)
    return list(json.loads(leg["supervision"]).values())


async def of_supervisor(scene: Scene, count: int = 2) -> dict[str, Any]:
    rows = await scene.recorded("kept", count)
    (row,) = [row for row in rows if row["part"] == "supervisor"]
    return row


def proven(row: dict[str, Any], level: float = -20) -> None:
    """The supervisor's voice is on his recording from end to end, at its level, on the side that is his."""
    voice, others = Track.read(row["agent_path"]), Track.read(row["callee_path"])
    assert voice.strength(BOSS) > 0.95, voice.table(BOSS)
    assert voice.dbfs(0.2) == pytest.approx(level, abs=1)
    assert others.strength(BOSS) < 0.05
    assert Track.read(row["path"]).strength(BOSS) > 0.2
    assert row["agent_dbfs"] == pytest.approx(level, abs=1)


@pytest.mark.parametrize(
    ("key", "heard"),
    [("*61", True), ("*62", False), ("*63", True), ("*65", False)],
    ids=["whisper to the customer", "whisper to the agent", "barge", "a key may make it a barge"],
)
async def test_the_supervisor_is_recorded(scene: Scene, pbx: Pbx, key: str, heard: bool) -> None:
    async with talking(scene, pbx) as (talk, boss):
        spy = await boss.call(key, Media(hz=BOSS))
        await spy.answered()
        await hears(talk.customer, AGENT, *([BOSS] if heard else []))
        await asyncio.sleep(2)
        await spy.hang_up()
        await hears(talk.customer, AGENT)
    row = await of_supervisor(scene)
    assert row["decision"] == talk.decision
    proven(row)
    assert row["keep_until"] is not None
    (fact,) = await facts(scene)
    there = datetime.fromisoformat(fact["until"]) - datetime.fromisoformat(fact["since"])
    assert 1.5 < row["seconds"] == pytest.approx(there.total_seconds(), abs=0.4)
    assert fact["heard_by"] == ("agent" if key == "*62" else "customer")
    assert fact["way"] == ("ExtenSpy" if key == "*65" else "ChanSpy")
    assert fact["since"] < fact["until"]
    assert await scene.incidents() == []


async def test_who_only_listens_is_noted(scene: Scene, pbx: Pbx) -> None:
    async with talking(scene, pbx) as (_, boss):
        spy = await boss.call("*64", Media(hz=BOSS))
        await hears(spy, AGENT, CUSTOMER)
        await spy.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["part"] == "carrier"
    (fact,) = await facts(scene)
    assert (fact["heard_by"], fact["way"]) == ("nobody", "ChanSpy")
    assert fact["channel"].startswith("PJSIP/agent1002-")
    assert await scene.incidents() == []


@pytest.mark.parametrize("rule", ["cut", "report"])
async def test_a_trunk_without_supervisors(scene: Scene, pbx: Pbx, rule: str) -> None:
    carrier = structs.replace(scene.config.trunks["carrier"], supervisor=rule)
    changed = structs.replace(scene.config, trunks={**scene.config.trunks, "carrier": carrier})
    scene.listener.replace(changed, keep_until)
    async with talking(scene, pbx) as (talk, boss):
        spy = await boss.call("*63", Media(hz=BOSS))
        await spy.answered()
        incident = await scene.incident("supervisor-unrecorded")
        assert incident["decision"] == talk.decision
        assert incident["detail"].startswith("cut; " if rule == "cut" else "let be; ")
        if rule == "cut":
            await spy.over()
            await hears(talk.customer, AGENT)
            assert spy.ended_by == "pbx"
        await spy.hang_up()
        coach = await boss.call("*62", Media(hz=BOSS))
        await hears(talk.agent, CUSTOMER, BOSS)
        await coach.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["part"] == "carrier"
    assert [fact["heard_by"] for fact in await facts(scene)] == ["customer", "agent"]
    assert await scene.incidents() == ["supervisor-unrecorded"]


async def test_a_supervisor_who_can_not_be_recorded_is_cut(scene: Scene, pbx: Pbx) -> None:
    """There is no name for his file, found out after his call began."""
    async with talking(scene, pbx) as (talk, boss):
        names_used_up(scene, talk.decision)
        spy = await boss.call("*61", Media(hz=BOSS))
        await spy.answered()
        await spy.over(3)
        assert spy.ended_by == "pbx"
        detail = (await scene.incident("voice-not-recorded"))["detail"]
        assert detail.startswith("cut; supervisor PJSIP/agent1002-")
        await hears(talk.customer, AGENT)


async def test_a_supervisor_who_waits_for_the_agents_next_call(scene: Scene, pbx: Pbx) -> None:
    """He is at the agent's channel before there is a call; here: before the customer has answered."""
    decision = await gated.allow(scene, pbx, NUMBER)
    async with (
        SoftCarrier(pbx, Answer(ring=None, delay=1.5, talk=Media(hz=CUSTOMER))) as carrier,
        Softphone(pbx) as agents,
        Softphone(pbx, "agent1002") as boss,
    ):
        call = await agents.call(NUMBER, Media(hz=AGENT))
        await carrier.called()
        spy = await boss.call("*63", Media(hz=BOSS))
        await spy.answered()
        await call.answered()
        (leg,) = await carrier.called()
        await hears(leg, AGENT, BOSS)
        await asyncio.sleep(1)
        await call.hang_up()
        await leg.over()
    row = await of_supervisor(scene)
    assert row["decision"] == decision
    proven(row)
    assert await scene.incidents() == []


async def test_a_supervisor_who_was_there_before_the_listener(scene: Scene, pbx: Pbx) -> None:
    async with talking(scene, pbx) as (talk, boss):
        spy = await boss.call("*61", Media(hz=BOSS))
        await hears(talk.customer, AGENT, BOSS)
        await scene.kill()
        await asyncio.sleep(0.3)
        await scene.start()
        await scene.ready()
        await until(lambda: len(scene.listener.companions) == 1)
        await asyncio.sleep(1)
        await spy.hang_up()
    row = await of_supervisor(scene)
    assert row["seconds"] > 1.3, "in one piece"
    proven(row)
    assert len(await facts(scene)) == 2
    assert await scene.incidents() == []


@pytest.mark.parametrize(("spy", "whisper"), [("both", "out"), ("none", "both"), ("in", "none")])
async def test_an_ari_snoop(scene: Scene, pbx: Pbx, spy: str, whisper: str) -> None:
    """Asterisk does not say whether it whispers, so each is recorded."""
    async with talking(scene, pbx) as (talk, boss), ari(pbx, "spying") as rest:
        line = await boss.call("*66", Media(hz=BOSS))
        await line.answered()
        leg = await rest.channel("PJSIP/carrier-")
        made = await rest.ask("POST", f"channels/{leg}/snoop", spy=spy, whisper=whisper, app="spying")
        room = await rest.ask("POST", "bridges", type="mixing")
        await rest.join(room["id"], await rest.channel("PJSIP/agent1002-"), made["id"])
        await hears(talk.customer, AGENT, *([BOSS] if whisper != "none" else []))
        await asyncio.sleep(2.5)
        await rest.ask("DELETE", f"channels/{made['id']}")
        await line.hang_up()
    row = await of_supervisor(scene)
    assert row["channel"].startswith("Snoop/")
    if whisper != "none":
        voice = Track.read(row["agent_path"])
        (span,) = voice.spans(BOSS)
        assert span.seconds > 1
        assert voice.dbfs(span.start + 0.1, span.end) == pytest.approx(-20, abs=1)
        assert Track.read(row["path"]).strength(BOSS) > 0.2
    (fact,) = await facts(scene)
    assert (fact["way"], fact["heard_by"]) == ("Snoop", "customer")
    assert await scene.incidents() == []


async def test_a_stop_on_the_supervisors_channel_costs_a_moment(scene: Scene, pbx: Pbx) -> None:
    async with talking(scene, pbx) as (talk, boss):
        spy = await boss.call("*61", Media(hz=BOSS))
        await hears(talk.customer, AGENT, BOSS)
        await asyncio.sleep(1)
        (channel,) = [name for name in channels(pbx) if name.startswith("PJSIP/agent1002-")]
        act(pbx, "StopMixMonitor", Channel=channel)
        detail = (await scene.incident("recording-stopped"))["detail"]
        assert detail.startswith("supervisor: 0.")
        await asyncio.sleep(1)
        await spy.hang_up()
    rows = [row for row in await scene.recorded("kept", 3) if row["part"] == "supervisor"]
    assert len(rows) == 2
    for row in rows:
        proven(row)
    assert await scene.incidents() == ["recording-stopped"]


def channels(pbx: Pbx) -> list[str]:
    return [row.split("!")[0] for row in pbx.cli("core show channels concise").splitlines()]


def seconds_of(incident: dict[str, Any]) -> float:
    return float(incident["detail"].split()[0])


async def test_a_one_touch_recording_takes_no_turn(scene: Scene, pbx: Pbx) -> None:
    """Asterisk's own key stops the recording that there is, ours: it goes on, and is told by its seconds."""
    async with talking(scene, pbx, f"*60{NUMBER}") as (talk, _):
        await asyncio.sleep(1)
        await talk.agent.press("*3")
        assert 0 <= seconds_of(await scene.incident("recording-stopped")) < 0.5
        await talk.customer.hears(AGENT, 1.5)
    rows = await scene.recorded("kept", 2)
    assert all(row["part"] == "carrier" for row in rows)
    for row in rows:
        assert Track.read(row["callee_path"]).strength(CUSTOMER) > 0.9
    assert await scene.incidents() == ["recording-stopped"]


@pytest.mark.parametrize("action", ["StopMixMonitor", "MixMonitorMute"])
async def test_what_is_missing_is_told_in_seconds(scene: Scene, pbx: Pbx, action: str) -> None:
    """Asterisk is held for half a second between the stop and the proof of what takes over."""
    async with talking(scene, pbx):
        await asyncio.sleep(1)
        proven = scene.listener.context.recorder.prove

        async def late(*arguments: Any, **more: Any) -> None:
            await asyncio.sleep(0.5)
            await proven(*arguments, **more)

        scene.listener.context.recorder.prove = late  # type: ignore[method-assign]
        (leg,) = gated.legs(pbx)
        more = {"Direction": "both", "State": "1"} if action == "MixMonitorMute" else {}
        act(pbx, action, Channel=leg, **more)
        kind = "recording-muted" if more else "recording-stopped"
        assert 0.5 <= seconds_of(await scene.incident(kind)) < 0.9
    assert await scene.incidents() == [kind]


@pytest.mark.parametrize("direction", ["in", "out"])
async def test_a_muted_leg_is_recorded_as_it_is_heard(scene: Scene, pbx: Pbx, direction: str) -> None:
    """MuteAudio mutes the call, not only its recording, and Asterisk tells nobody: who is muted is not heard
    by the other, and what the one who is heard says is on the recording.
    """
    pbx.cli("module load res_mutestream.so")
    async with talking(scene, pbx) as (talk, _):
        (leg,) = gated.legs(pbx)
        muted, deaf, other = talk.customer, talk.agent, talk.customer
        if direction == "out":
            muted, deaf, other = talk.agent, talk.customer, talk.agent
        act(pbx, "MuteAudio", Channel=leg, Direction=direction, State="on")
        await deaf.hears_no_sound(1.0)
        assert len(muted.media.sent) > 50
        await other.hears(AGENT if direction == "in" else CUSTOMER)
    (row,) = await scene.recorded("kept")
    callee, agent = Track.read(row["callee_path"]), Track.read(row["agent_path"])
    silent, whole = (callee, agent) if direction == "in" else (agent, callee)
    (gap,) = silent.silences(at_least=0.9)
    assert whole.silences(at_least=0.3) == []
    assert gap.end == pytest.approx(silent.seconds, abs=0.1)


async def test_three_voices_in_a_conference(scene: Scene, pbx: Pbx) -> None:
    """What the customer hears there is on his leg's recording; a site's recorders beside it do no harm."""
    async with talking(scene, pbx) as (talk, boss):
        (name,) = gated.legs(pbx)
        (agent,) = [name for name in channels(pbx) if name.startswith("PJSIP/agent1001-")]
        room = {"Context": "conference", "Exten": "s", "Priority": "1"}
        extra = {f"Extra{key}": value for key, value in room.items()}
        act(pbx, "Redirect", Channel=name, ExtraChannel=agent, **room, **extra)
        third = await boss.call("*68", Media(hz=BOSS))
        await third.answered()
        await hears(talk.customer, AGENT, BOSS)
        act(pbx, "ConfbridgeStartRecord", Conference="7", RecordFile=str(pbx.recordings / "own.wav"))
        act(pbx, "MixMonitor", Channel=name, File=str(pbx.recordings / "site.wav"))
        await asyncio.sleep(2)
        await talk.customer.hang_up()
        await third.hang_up()
    rows = await scene.recorded("kept")
    (row,) = [row for row in rows if row["part"] == "carrier"]
    assert row["decision"] == talk.decision
    said, heard = Track.read(row["callee_path"]), Track.read(row["agent_path"])
    assert said.strength(CUSTOMER) > 0.9, said.table(CUSTOMER)
    span = heard.spans(BOSS, share=0.3, bridge=0.3)[-1]
    assert span.seconds > 2, heard.table(BOSS, AGENT)
    for hz in (BOSS, AGENT):
        assert heard.dbfs_of(hz, span.start + 0.2, span.end - 0.2) == pytest.approx(-20, abs=2)
    assert (pbx.recordings / "site.wav").stat().st_size > 16000
    assert await scene.incidents() == []


async def test_a_directed_pickup_is_not_the_customers_call(scene: Scene, pbx: Pbx) -> None:
    """A colleague picks up the leg that rings: the customer was never reached, and no one's talk is kept."""
    decision = await gated.allow(scene, pbx, NUMBER)
    async with (
        SoftCarrier(pbx, Answer(status=None)) as carrier,
        Softphone(pbx) as agents,
        Softphone(pbx, "agent1002") as boss,
    ):
        call = await agents.call(NUMBER, Media(hz=AGENT))
        await call.provisional(180)
        await carrier.called()
        colleague = await boss.call("*69", Media(hz=BOSS))
        await colleague.answered()
        # The interlock keeps the two apart, since nothing is recorded on the colleague's channel.
        await colleague.over()
        assert colleague.sound().strength(AGENT) == 0
        await call.hang_up()
    (row,) = await scene.recorded("unanswered")
    assert (row["decision"], row["sha256"]) == (decision, None)
    assert not list(scene.directory.rglob(f"{decision}*"))
    (leg,) = await scene.carrier_legs(ended=1)
    assert leg["answered_at"] is None
    assert await scene.incidents() == []
