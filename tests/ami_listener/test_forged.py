"""Events that are not true, and true ones that never came, on the fake Asterisk."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

from ami_listener.timings import Timings
from dialpact.testing.ami import FakeAmi
from tests.ami_listener.pace import timed
from tests.ami_listener.scene import NUMBER, Scene, talking, until


async def test_a_forged_hangup_does_not_end_a_recording(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    leg.tell("Hangup", ("Cause", "16"), ("Cause-txt", "Normal Clearing"))
    await scene.incident("forged-event")
    leg.speak(0.3)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["seconds"] == 0.3


async def test_events_count_only_for_the_right_channel_name(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    name, leg.name = leg.name, "PJSIP/carrier-0000ffff"
    leg.tell("Hangup", ("Cause", "16"), ("Cause-txt", "Normal Clearing"))
    leg.tell("MixMonitorStop")
    leg.name = name
    await asyncio.sleep(0.1)
    assert await scene.incidents() == []
    leg.hang_up()
    await scene.recorded("kept")


async def test_broken_messages_between_true_ones(scene: Scene, ami: FakeAmi) -> None:
    ami.dribble = True
    ami.raw(b"Event: DialBegin\r\nPrivilege: call,all\r\nDestChannel: PJSIP/carrier-0000dead\r\n\r\n")
    ami.raw(b"\xff\xfe\r\n\r\nEvent: Hangup\r\nEvent: Hangup\r\n\r\n")
    _, leg = await talking(scene, ami)
    leg.hang_up()
    await scene.recorded("kept")
    assert await scene.incidents() == []


@timed(listener={"second_look": 0.1, "audit": 0.1})
async def test_a_hangup_that_was_not_believed_shows_in_the_next_comparison(
    timings: Timings, ami: FakeAmi, directory: Path, tmp_path: Path
) -> None:
    """A caller name with a line end makes the Hangup unfit; the event filter would drop it altogether."""
    async with Scene(tmp_path / "x", ami.port, directory, timings=timings) as scene:
        await scene.ready()
        _, leg = await talking(scene, ami)
        leg.speak(0.2)
        leg.number = "1\n2"
        leg.hang_up()
        await scene.recorded("kept")


@timed(listener={"second_look": 0.05, "audit": 0.1})
async def test_a_call_of_which_no_event_came_is_found_and_no_more_are_let_out(
    timings: Timings, ami: FakeAmi, directory: Path, tmp_path: Path
) -> None:
    """A user without `call` read, or a filter that keeps too much."""
    async with Scene(tmp_path / "x", ami.port, directory, timings=timings) as scene:
        await scene.ready()
        scene.listener.hearing_since -= timedelta(seconds=60)
        ami.read = {"system"}
        leg = ami.dial(NUMBER, quiet=True)
        leg.answer()
        leg.seconds = 5
        await scene.incident("no-decision")
        assert "no event came" in await scene.not_ready("event")


@timed(listener={"second_look": 0.2, "audit": 0.1})
async def test_a_call_from_just_before_the_connection_is_no_sign_of_events_that_do_not_come(
    timings: Timings, ami: FakeAmi, directory: Path, tmp_path: Path
) -> None:
    """Seen in a run of random faults: too young at the first look, at the second one it stopped all calls."""
    leg = ami.dial(NUMBER, quiet=True)
    leg.answer()
    async with Scene(tmp_path / "x", ami.port, directory, timings=timings) as scene:
        await scene.ready()
        leg.seconds = 2
        await scene.incident("no-decision")
        looks = ami.count("CoreShowChannels")
        await until(lambda: ami.count("CoreShowChannels") > looks + 2)
        assert await scene.lease() == (True, "")


async def test_a_bug_in_one_leg_ends_no_other(scene: Scene, ami: FakeAmi) -> None:
    _, good = await talking(scene, ami)
    scene.faulty.fails("carrier_legs.allowed", RuntimeError("bug"))
    ami.dial(NUMBER, await scene.allow())
    await scene.incident("listener-error")
    good.speak(0.2)
    good.hang_up()
    await scene.recorded("kept")


@timed(recorder={"proof": 5.0})
async def test_a_call_that_ends_before_the_proof_is_no_failure(scene: Scene, ami: FakeAmi) -> None:
    """Found on the real one: a call that ended at once cost everybody ten seconds of refusals."""
    ami.monitor_mode = "lies"  # no file yet
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    leg.pick_up()
    await ami.seen("MixMonitor", Channel=leg.name)
    leg.hang_up(handler=False)
    (row,) = await scene.recorded("failed")  # it was answered, for a moment
    assert row["decision"] == decision
    assert await scene.incidents() == []
    await scene.ready()


@timed(recorder={"proof": 5.0})
async def test_a_forged_end_before_the_proof_is_a_failure(scene: Scene, ami: FakeAmi) -> None:
    ami.monitor_mode = "lies"
    leg = ami.dial(NUMBER, await scene.allow())
    leg.pick_up()
    await ami.seen("MixMonitor", Channel=leg.name)
    ami.event("Hangup", "call", [*leg.block(), ("Cause", "16"), ("Cause-txt", "Normal Clearing")])
    await scene.incident("forged-event")
    await scene.incident("recording-not-started")
    assert not leg.variables.get("DIALPACT_RECORDING")
    leg.hang_up(handler=False)
