"""Recordings on the channels that join a call, on the fake Asterisk."""

from __future__ import annotations

from typing import Any

import pytest

from dialpact.compliance.errors import StoreError
from dialpact.testing.ami import Channel, FakeAmi
from tests.ami_listener.pace import timed
from tests.ami_listener.scene import Scene, answered, until


def person(ami: FakeAmi, endpoint: str = "agent1002") -> Channel:
    made = ami.channel(endpoint, state="Up")
    made.number, made.application = "1002", "AppDial"
    return made


async def joined(scene: Scene, ami: FakeAmi, bridge: str = "one") -> tuple[str, Channel, Channel]:
    """A call in which a second agent talks: decision, carrier leg, his channel."""
    decision, leg = await answered(scene, ami)
    assert leg.caller
    first = leg.caller
    first.state = "Up"
    leg.enter_bridge(bridge)
    first.enter_bridge(bridge)
    first.leave_bridge()
    second = person(ami)
    second.enter_bridge(bridge)
    await until(lambda: companion_of(scene, second))
    return decision, leg, second


def companion_of(scene: Scene, channel: Channel) -> bool:
    """Whether it is recorded, and that is proven."""
    found = scene.listener.companions
    return any(one.uniqueid == channel.uniqueid and one.segment and one.segment.begun for one in found)


async def parts(scene: Scene, count: int, state: str = "kept") -> dict[str, dict[str, Any]]:
    return {row["channel"]: row for row in await scene.recorded(state, count)}


async def test_the_second_one_has_a_recording_of_his_own(scene: Scene, ami: FakeAmi) -> None:
    decision, leg, second = await joined(scene, ami)
    for channel in (leg, second):
        channel.speak(0.3, callee=channel is leg)
    leg.hang_up()
    second.hang_up()
    rows = await parts(scene, 2)
    assert (rows[leg.name]["part"], rows[second.name]["part"]) == ("carrier", "joined")
    assert rows[second.name]["decision"] == decision
    assert rows[second.name]["path"].endswith(f"{decision}-2.wav")
    # What comes in on an agent's channel is the agent.
    assert rows[second.name]["agent_dbfs"] is None and rows[second.name]["callee_dbfs"] is not None
    assert await scene.incidents() == []


async def test_the_first_one_is_kept_in_reserve_and_rescues(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await answered(scene, ami)
    assert leg.caller
    leg.enter_bridge("one")
    leg.caller.enter_bridge("one")
    known = scene.listener.legs[leg.uniqueid]
    caller = leg.caller.uniqueid
    await until(lambda: caller in scene.listener.companions.around(leg.uniqueid))
    assert scene.listener.companions.of(known) == []
    assert scene.listener.companions.rescue(known.pbx, known)
    await until(lambda: companion_of(scene, leg.caller))  # type: ignore[arg-type]
    assert not scene.listener.companions.rescue(known.pbx, known), "it is no longer fresh"
    leg.caller.state = "Up"
    leg.caller.hang_up()
    await scene.recorded("kept")


async def test_a_conference_and_a_parking_lot_are_no_talk_of_two(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await answered(scene, ami)
    for purpose in ("base", "parking"):
        leg.enter_bridge(purpose, purpose=purpose)
        for other in (person(ami), person(ami), person(ami)):
            other.enter_bridge(purpose, purpose=purpose)
        leg.leave_bridge()
    leg.enter_bridge("two")
    await until(lambda: not scene.listener.companions.of(scene.listener.legs[leg.uniqueid]))
    assert ami.count("MixMonitor", Channel=leg.name) == 1
    assert len(scene.listener.companions) == 0


async def test_beyond_a_local_channel(scene: Scene, ami: FakeAmi) -> None:
    """The agents change on the far side, and the carrier leg's own bridge never does."""
    _, leg = await answered(scene, ami)
    near, far = person(ami), person(ami)
    near.rename("Local/s@queue-0000002a;2")
    far.rename("Local/s@queue-0000002a;1")
    for channel in (leg, near):
        channel.enter_bridge("near")
    far.enter_bridge("far")
    first, second = person(ami), person(ami)
    first.enter_bridge("far")
    first.leave_bridge()
    second.enter_bridge("far")
    await until(lambda: companion_of(scene, second))
    assert len(scene.listener.companions) == 1


async def test_who_leaves_is_recorded_no_more(scene: Scene, ami: FakeAmi) -> None:
    _, leg, second = await joined(scene, ami)
    second.speak(0.2)
    second.leave_bridge()
    rows = await parts(scene, 1)
    assert second.monitors == []
    assert leg.monitors
    assert rows[second.name]["seconds"] == 0.2
    assert await scene.incidents() == []


async def test_its_hangup_handler_ends_ours_alone(scene: Scene, ami: FakeAmi) -> None:
    """So that the files are complete before the Hangup event: the site's own recorder goes on until then."""
    _, _, second = await joined(scene, ami)
    (ours,) = second.monitors
    assert [second.variables.get(handler[20:-1]) for handler in second.handlers] == [ours.id]
    second.run_handlers()
    assert second.monitors == []
    second.hang_up()
    await scene.recorded("kept")
    assert await scene.incidents() == []


async def test_one_that_is_stopped_by_hand_goes_on_in_a_new_file(scene: Scene, ami: FakeAmi) -> None:
    decision, _, second = await joined(scene, ami)
    second.speak(0.2)
    second.stop_monitor()
    assert (await scene.incident("recording-stopped"))["channel"] == second.name
    await until(lambda: companion_of(scene, second))
    second.speak(0.3)
    second.hang_up()
    rows = await scene.recorded("kept", 2)
    assert sorted((row["path"][-5:], row["seconds"]) for row in rows) == [("2.wav", 0.2), ("3.wav", 0.3)]
    assert {row["decision"] for row in rows} == {decision}


async def test_one_that_is_muted_is_unmuted(scene: Scene, ami: FakeAmi) -> None:
    _, _, second = await joined(scene, ami)
    second.mute_monitor()
    await scene.incident("recording-muted")
    assert not second.monitors[0].muted
    second.tell("MixMonitorStop")  # another's
    asked = ami.count("MixMonitorMute", Channel=second.name)
    await until(lambda: ami.count("MixMonitorMute", Channel=second.name) > asked)
    assert await scene.incidents() == ["recording-muted"]


async def test_one_that_can_not_be_proven_is_told_and_handed_over(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await answered(scene, ami)
    assert leg.caller
    for channel in (leg, leg.caller):
        channel.enter_bridge("one")
    ami.monitor_mode = "lies"
    second = person(ami)
    second.enter_bridge("one")
    incident = await scene.incident("voice-not-recorded")
    assert incident["channel"] == second.name
    (row,) = await scene.recorded("failed")
    assert row["part"] == "joined"
    assert len(scene.listener.companions) == 0
    assert await scene.incidents() == ["voice-not-recorded"]
    assert leg.monitors, "the carrier leg's own goes on"


@pytest.mark.parametrize("ending", ["kill", "link"])
async def test_one_that_runs_is_adopted(scene: Scene, ami: FakeAmi, ending: str) -> None:
    _, leg, second = await joined(scene, ami)
    second.speak(0.2)
    if ending == "kill":
        await scene.kill()
        await scene.start()
    else:
        ami.drop()
        await until(lambda: ami.logins == 2)
    await scene.ready()
    await until(lambda: companion_of(scene, second))
    second.speak(0.1)
    assert ami.count("MixMonitor", Channel=second.name) == 1
    second.leave_bridge()
    rows = await parts(scene, 1)
    assert rows[second.name]["seconds"] == pytest.approx(0.3)
    assert leg.monitors
    assert await scene.incidents() == []


async def test_one_that_runs_is_adopted_though_nothing_was_written_of_its_proof(
    scene: Scene, ami: FakeAmi
) -> None:
    """The listener before was killed in that moment."""
    _, leg, second = await joined(scene, ami)
    second.speak(0.2)
    await scene.kill()
    await scene.store.transact(
        lambda connection: connection.execute("UPDATE recording SET state = 'starting' WHERE part = 'joined'")
    )
    await scene.start()
    await until(lambda: companion_of(scene, second))

    async def is_written() -> bool:
        return {row["state"] for row in await scene.recordings()} == {"running"}

    await until(is_written)
    second.speak(0.1)
    second.leave_bridge()
    rows = await parts(scene, 1)
    assert rows[second.name]["seconds"] == pytest.approx(0.3)
    assert leg.monitors
    assert await scene.incidents() == []


async def test_one_without_its_files_is_not_adopted_for_its_recorder_alone(
    scene: Scene, ami: FakeAmi
) -> None:
    _, _, second = await joined(scene, ami)
    (monitor,) = second.monitors
    await scene.kill()
    await scene.store.transact(
        lambda connection: connection.execute("UPDATE recording SET state = 'starting' WHERE part = 'joined'")
    )
    monitor.files["callee"].unlink()
    await scene.start()
    told = await scene.incident("recording-gap")
    assert told["detail"].startswith("joined: ") and "does not exist" in told["detail"]


soon = timed(listener={"second_look": 0.05})


@soon
async def test_one_that_was_stopped_meanwhile_is_begun_anew(scene: Scene, ami: FakeAmi) -> None:
    _, leg, second = await joined(scene, ami)
    second.speak(0.2)
    await scene.kill()
    second.stop_monitor()
    await scene.start()
    await until(lambda: companion_of(scene, second))
    for channel in (leg, second):
        channel.speak(0.3)
    leg.hang_up()
    second.hang_up()
    rows = await scene.recorded("kept", 3)
    assert sorted(row["seconds"] for row in rows if row["part"] == "joined") == [0.2, 0.3]
    assert await scene.incidents() == ["recording-gap"]


@pytest.mark.parametrize("what", ["its channel", "its call"])
async def test_one_that_no_longer_runs_is_ended(scene: Scene, ami: FakeAmi, what: str) -> None:
    _, leg, second = await joined(scene, ami)
    second.speak(0.2)
    await scene.kill()
    if what == "its channel":
        second.hang_up()
    else:
        leg.hang_up()
    await scene.start()
    await scene.ready()
    rows = await parts(scene, 2 if what == "its call" else 1)
    assert rows[second.name]["seconds"] == 0.2
    assert second.monitors == []
    if what != "its call":
        assert leg.uniqueid in scene.listener.legs
        assert "call-ended-unseen" not in await scene.incidents()


async def test_a_store_that_is_down_is_told(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await answered(scene, ami)
    assert leg.caller
    scene.faulty.fails("recordings.start", StoreError("database is locked"))
    for channel in (leg, leg.caller, person(ami)):
        channel.enter_bridge("one")
    assert "database is locked" in (await scene.incident("voice-not-recorded"))["detail"]
