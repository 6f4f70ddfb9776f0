"""The listener on the real Asterisk, where the fake might flatter it."""

from __future__ import annotations

import asyncio
import audioop
import os
from collections.abc import AsyncIterator, Iterator
from pathlib import Path

import pytest

from tests.ami_listener.pace import changed
from tests.ami_listener.scene import Scene, until
from tests.lab.bootstrap import bootstrap
from tests.lab.carrier import TONE as CALLEE
from tests.lab.carrier import Carrier
from tests.lab.conftest import RULES
from tests.lab.ear import Sound
from tests.lab.manager import act
from tests.lab.pbx import Pbx
from tests.lab.phone import TONE as AGENT
from tests.lab.phone import Phone
from tests.patience import WAIT

pytestmark = [pytest.mark.lab, pytest.mark.timeout(180)]

ROOT = Path(__file__).parents[2]
NUMBER = "02712345699"  # the carrier's rule: answers after 0.2 s and talks
# The product's own interlock, behind a gate that takes the decision from the database of Asterisk.
GATE = """
[dialpact-outbound]
exten => s,1,Set(__DIALPACT_ID=${DB(test/decision)})
 same => n,Set(DIALPACT_RECORDING=)
 same => n,Set(DIALPACT_NUMBER=${ARG1})
 same => n,Return()
[dialpact-refused]
exten => s,1,Hangup(42)

"""


@pytest.fixture(scope="module")
def pbx(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    folder = tmp_path_factory.mktemp("conf")
    product = (ROOT / "dialplan" / "extensions_dialpact.conf").read_text()
    (folder / "dialplan.conf").write_text(GATE + product[product.index("[dialpact-answered]") :])
    manager = (ROOT / "dialplan" / "manager_dialpact.conf").read_text()
    (folder / "manager.conf").write_text(manager.replace("REPLACE-ME", "hush"))
    with Pbx(
        dialplan=[folder / "dialplan.conf"],
        manager=[folder / "manager.conf"],
        installation=bootstrap(),
    ) as running:
        yield running


@pytest.fixture(scope="module")
def carrier(pbx: Pbx) -> Iterator[Carrier]:
    with Carrier(pbx, rules=RULES) as answering:
        yield answering


@pytest.fixture
async def scene(pbx: Pbx, carrier: Carrier, tmp_path: Path) -> AsyncIterator[Scene]:
    if pbx.pid is None:
        pbx.start()
    async with Scene(tmp_path / "dialpact", pbx.ports.ami, pbx.recordings) as scene:
        await scene.ready()
        yield scene


async def allow(scene: Scene, pbx: Pbx, number: str = NUMBER) -> str:
    decision = await scene.allow(number)
    pbx.cli(f"database put test decision {decision}")
    return decision


def leg_of(pbx: Pbx) -> str:
    """The name of the carrier leg that is up."""
    rows = pbx.cli("core show channels concise").splitlines()
    return next(row.split("!")[0] for row in rows if row.startswith("PJSIP/carrier-"))


def heard(path: str) -> Sound:
    """A wav file's sound."""
    return Sound(bytearray(audioop.lin2ulaw(Path(path).read_bytes()[44:], 2)))


async def test_each_side_is_in_its_own_file(scene: Scene, pbx: Pbx) -> None:
    decision = await allow(scene, pbx)
    result = await Phone(pbx).call(NUMBER, talk_seconds=3)
    assert result.answered
    (row,) = await scene.recorded("kept")
    assert row["decision"] == decision
    assert row["seconds"] == pytest.approx(result.talk_seconds, abs=0.15)
    assert [row["callee_dbfs"], row["agent_dbfs"]] == pytest.approx([-12, -12], abs=1)
    callee, agent, mix = (heard(row[key]) for key in ("callee_path", "agent_path", "path"))
    assert callee.strength(CALLEE) > 0.9 > 0.1 > callee.strength(AGENT)
    assert agent.strength(AGENT) > 0.9 > 0.1 > agent.strength(CALLEE)
    assert min(mix.strength(CALLEE), mix.strength(AGENT)) > 0.3
    assert await scene.incidents() == []


@pytest.mark.parametrize("last", ["01", "02"], ids=["busy", "cancelled"])
async def test_unanswered_calls(scene: Scene, pbx: Pbx, last: str) -> None:
    number = f"027123456{last}"
    await allow(scene, pbx, number)
    async with Phone(pbx).calling(number) as call:
        await call.provisional(180)
        if last == "02":
            await scene.recorded("starting")
            await call.hang_up()
        await call.ended()
    (row,) = await scene.recorded("unanswered")
    assert [row[key] for key in ("path", "callee_path", "agent_path")] == ["", "", ""]
    assert await scene.incidents() == []


async def test_one_silent_side(scene: Scene, pbx: Pbx) -> None:
    await allow(scene, pbx, "02712345604")
    await Phone(pbx).call("02712345604", talk_seconds=4)
    (row,) = await scene.recorded("kept")
    assert (row["callee_dbfs"], row["agent_dbfs"]) == (None, pytest.approx(-12, abs=1))
    assert "callee" in (await scene.incident("recording-silent"))["detail"]


@pytest.mark.parametrize("action", ["StopMixMonitor", "MixMonitorMute"])
async def test_a_stopped_or_muted_recording_goes_on_in_a_new_file(
    scene: Scene, pbx: Pbx, action: str
) -> None:
    decision = await allow(scene, pbx)
    more = {"Direction": "both", "State": "1"} if action == "MixMonitorMute" else {}
    async with Phone(pbx).calling(NUMBER, hangup_by="test") as call:
        await call.heard(1.0)
        act(pbx, action, Channel=leg_of(pbx), **more)
        await until(lambda: len(list(pbx.recordings.rglob(f"{decision}-2.wav"))) == 1)
        await call.heard(2.5)
        await call.hang_up()
    first, second = await scene.recorded("kept", 2)
    assert first["seconds"] + second["seconds"] == pytest.approx(2.5, abs=0.5)
    assert second["callee_dbfs"] == pytest.approx(-12, abs=1)
    kind = "recording-muted" if action == "MixMonitorMute" else "recording-stopped"
    assert await scene.incidents() == [kind]


async def test_an_originate_on_the_trunk_is_seen_and_cut(scene: Scene, pbx: Pbx) -> None:
    act(pbx, "Originate", Channel=f"PJSIP/{NUMBER}@carrier", Application="Wait", Data="2", Async="true")
    incident = await scene.incident("no-decision")
    assert NUMBER in incident["detail"]
    await until(lambda: not scene.listener.legs)


async def test_a_listener_that_was_killed_adopts_the_recording(scene: Scene, pbx: Pbx) -> None:
    await allow(scene, pbx)
    async with Phone(pbx).calling(NUMBER, hangup_by="test") as call:
        await call.heard(1.0)
        await scene.kill()
        await call.heard(2.0)
        await scene.start()
        await scene.ready()
        await until(lambda: len(scene.listener.legs) == 1)
        await call.heard(3.0)
        await call.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["seconds"] == pytest.approx(3.0, abs=0.4)
    assert await scene.incidents() == []


async def test_an_asterisk_that_was_killed_leaves_a_recording_and_comes_back(scene: Scene, pbx: Pbx) -> None:
    await allow(scene, pbx)
    async with Phone(pbx).calling(NUMBER, hangup_by="test", talk_seconds=5) as call:
        await call.heard(2.6)
        await asyncio.to_thread(pbx.kill)
        await scene.not_ready("no connection", timeout=1)
        pbx.start()  # from this thread: its end would be Asterisk's
        await scene.ready()
        (row,) = await scene.recorded("kept", timeout=15)
    assert row["seconds"] > 1.5
    assert {"call-ended-unseen", "recording-repaired"} <= set(await scene.incidents())


async def test_a_frozen_asterisk_is_noticed_in_time(scene: Scene, pbx: Pbx) -> None:
    pbx.freeze()
    try:
        await scene.not_ready("ping", timeout=4)
    finally:
        pbx.thaw()
    await scene.ready()


async def test_an_asterisk_that_is_stopped_says_so(scene: Scene, pbx: Pbx) -> None:
    await asyncio.to_thread(pbx.stop)
    await scene.not_ready("no connection")
    pbx.start()
    await scene.ready()


async def test_a_directory_that_asterisk_may_not_write(scene: Scene, pbx: Pbx) -> None:
    """Its user is known by its socket, though it lives in a chroot with a passwd of its own."""
    owner = pbx.recordings.stat()
    today = pbx.recordings / scene.clock.now().strftime("%Y/%m/%d")
    place = next(path for path in (today, *today.parents) if path.exists())
    os.chown(place, 0, 0)
    try:
        assert f"user id {owner.st_uid}" in await scene.not_ready("may not write")
    finally:
        os.chown(place, owner.st_uid, owner.st_gid)
    await scene.ready()


async def test_text_from_sip_forges_no_event(scene: Scene, pbx: Pbx) -> None:
    """A caller number carries the beginning of a Hangup event for another call's leg; more has no room in it.

    A user without the event filter is sent it as an event; to the listener not even that.
    """
    await allow(scene, pbx)
    reader, spy = await asyncio.open_connection("127.0.0.1", pbx.ports.ami, limit=1 << 20)
    try:
        spy.write(b"Action: Login\r\nUsername: lab\r\nSecret: lab\r\n\r\n")
        async with Phone(pbx).calling(NUMBER, hangup_by="test") as call, asyncio.timeout(WAIT):
            await call.heard(0.5)
            (uniqueid,) = scene.listener.legs
            forged = f"Event: Hangup\r\nPrivilege: call,all\r\nChannel: {leg_of(pbx)}"
            encoded = "".join(f"%{ord(c):02X}" if not c.isalnum() else c for c in f"1\r\n\r\n{forged}")
            await Phone(pbx, "raw").call(NUMBER, caller_id=encoded, talk_seconds=0.1)
            await reader.readuntil(f"\r\n\r\n{forged}\r\n".encode())
            session = scene.listener.lease.session
            assert session is not None
            assert session.ignored == 0, "the filter did not let it through"
            assert uniqueid in scene.listener.legs  # the hidden call's own leg is seen too, and cut
            await call.hang_up()
    finally:
        spy.close()
    assert (await scene.recorded("kept"))[0]["decision"]
    assert "forged-event" not in await scene.incidents()


async def test_a_leg_that_is_sent_elsewhere_stays_recorded(scene: Scene, pbx: Pbx) -> None:
    """The recording is on the carrier leg, so it goes on with whoever talks to the callee next."""
    await allow(scene, pbx)
    async with Phone(pbx).calling(NUMBER, hangup_by="test") as call:
        await call.heard(1.0)
        leg = leg_of(pbx)
        # What a transfer does to the leg: it leaves the bridge and runs on elsewhere.
        act(pbx, "Redirect", Channel=leg, Context="lab-talker", Exten="s", Priority="1")
        await asyncio.sleep(2.0)
        pbx.cli("channel request hangup all")
        await call.ended()
    rows = await scene.recorded("kept")
    assert len(rows) == 1, "in one piece"
    assert rows[0]["seconds"] > rows[0]["talk_seconds"] - 0.3
    assert await scene.incidents() == []


async def test_a_comparison_finds_nothing_to_say_while_calls_come_and_go(
    scene: Scene, pbx: Pbx, carrier: Carrier
) -> None:
    scene.timings = changed(scene.timings, listener={"second_look": 0.05, "audit": 0.05})
    await scene.stop()
    await scene.start()
    await scene.ready()
    for n in range(4):
        await allow(scene, pbx)
        await Phone(pbx).call(NUMBER, talk_seconds=0.5)
        await scene.recorded("kept", n + 1)
    assert await scene.incidents() == []
