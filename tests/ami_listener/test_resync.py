"""What happened while nobody listened, and what is done about it."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from dialpact.compliance.clock import instant
from dialpact.testing.ami import FakeAmi, Headers
from dialpact.testing.ami_calls import Channel
from tests.ami_listener.pace import timed
from tests.ami_listener.scene import NUMBER, Scene, left_open, recorded, ringing, talking, until


async def test_a_running_recording_is_adopted_after_a_lost_connection(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await talking(scene, ami)
    leg.speak(0.2)
    ami.drop()
    await until(lambda: ami.logins == 2)
    await scene.ready()
    await until(lambda: leg.uniqueid in scene.listener.legs)
    leg.speak(0.2)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert (row["seconds"], row["decision"]) == (0.4, decision)
    assert ami.count("MixMonitor", Channel=leg.name) == 1, "never sent again"
    assert await scene.incidents() == []


@pytest.mark.parametrize("ending", ["stop", "kill"])
async def test_a_running_recording_is_adopted_by_the_next_listener(
    scene: Scene, ami: FakeAmi, ending: str
) -> None:
    _, leg = await talking(scene, ami)
    await getattr(scene, ending)()
    leg.speak(0.3)
    assert len(leg.monitors) == 1, "it goes on without a listener"
    await scene.start()
    await scene.ready()
    leg.speak(0.1)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["seconds"] == 0.4
    assert row["answered_at"]
    assert await scene.incidents() == []


class HangsUpWhen:
    """The callee hangs up in the instant in which Asterisk is asked for something, before it answers."""

    def __init__(self, ami: FakeAmi, leg: Channel, action: str, variable: str = "") -> None:
        self._ami, self._leg, self._of = ami, leg, (action, variable)
        self._answer, ami.answers.to = ami.answers.to, self  # type: ignore[method-assign]

    def __call__(self, name: str, action: dict[str, str], ident: Headers, logged_in: bool) -> list[Headers]:
        if (name, action.get("Variable", "")) == self._of and self._leg.name in self._ami.channels:
            self._leg.hang_up()
        return self._answer(name, action, ident, logged_in)


@pytest.mark.parametrize(
    "asked",
    [
        ("Getvar", "UNIQUEID"),
        ("Getvar", "DIALPACT_MIXMONITOR"),
        ("Getvar", "MIXMONITOR_FILENAME"),
        ("MixMonitorMute", ""),
    ],
)
@pytest.mark.parametrize("seen", [True, False])
async def test_a_call_that_ends_while_it_is_adopted_is_no_gap(
    scene: Scene, ami: FakeAmi, asked: tuple[str, str], seen: bool
) -> None:
    """``seen``: whether its answer had reached the store."""
    _, leg = await talking(scene, ami)
    await scene.stop()
    if not seen:
        await scene.store.transact(
            lambda connection: connection.execute("UPDATE recording SET answered_at = NULL")
        )
    leg.speak(0.3)
    HangsUpWhen(ami, leg, *asked)
    await scene.start()
    (row,) = await scene.recorded("kept")
    assert row["seconds"] == 0.3
    assert row["answered_at"]
    assert await scene.incidents() == []
    assert ami.count("MixMonitor", Channel=leg.name) == 1


async def test_a_call_that_ended_meanwhile_is_finished(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    await scene.stop()
    leg.speak(0.3)
    leg.hang_up()
    await scene.start()
    (row,) = await scene.recorded("kept")
    assert row["seconds"] == 0.3
    assert row["keep_until"]
    await scene.incident("call-ended-unseen")


async def test_one_that_ended_before_anybody_could_answer_has_no_files(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await ringing(scene, ami)
    await scene.kill()
    leg.hang_up(status="BUSY")
    await scene.start()
    (row,) = await scene.recorded("unseen")
    assert (row["sha256"], row["keep_until"]) == (None, None)
    assert await scene.incidents() == ["call-ended-unseen"]


async def test_a_ringing_call_is_recorded_from_its_answer_on_by_the_next_listener(
    scene: Scene, ami: FakeAmi
) -> None:
    decision, leg = await ringing(scene, ami)
    await scene.kill()
    await scene.start()
    await scene.ready()
    await until(lambda: leg.uniqueid in scene.listener.legs)
    leg.pick_up()
    await recorded(leg, decision)
    leg.let_through()
    leg.enter_bridge()
    leg.speak(0.3)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["path"].endswith(f"{decision}-1.wav"), "in the row that was made for it"
    assert row["answered_at"]
    assert await scene.incidents() == []


async def test_one_that_was_answered_meanwhile_is_recorded_from_now_on(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await ringing(scene, ami)
    await scene.kill()
    leg.answer()
    leg.answered_at -= 7.0  # as Asterisk's CDR has it
    leg.seconds = 9
    leg.enter_bridge()
    await scene.start()
    await recorded(leg, decision)
    leg.speak(0.3)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert (row["seconds"], row["decision"]) == (0.3, decision)
    assert 6.9 < (instant(row["started_at"]) - instant(row["answered_at"])).total_seconds() < 9
    assert await scene.incidents() == ["recording-gap"]


async def test_a_call_found_answered_is_measured_like_any_other(scene: Scene, ami: FakeAmi) -> None:
    """Its leg was never seen before."""
    await scene.stop()
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    leg.answer()
    leg.answered_at -= 4.0
    leg.enter_bridge()
    leg.seconds = 5
    await scene.start()
    await recorded(leg, decision)
    leg.speak(0.3)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["talk_seconds"] is not None
    assert 3.9 < (instant(row["started_at"]) - instant(row["answered_at"])).total_seconds() < 6
    (told,) = await scene.carrier_legs(ended=1)
    assert told["answered_at"] == row["answered_at"]
    assert told["interlock"] == "through"
    assert await scene.incidents() == ["recording-gap"]


async def test_where_asterisk_keeps_no_cdr_the_moment_it_was_found_counts(scene: Scene, ami: FakeAmi) -> None:
    await scene.stop()
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    leg.answer()
    leg.answered_at = 0.0
    leg.seconds = 5
    await scene.start()
    await recorded(leg, decision)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert 0 <= (instant(row["started_at"]) - instant(row["answered_at"])).total_seconds() < 2


async def test_a_recording_that_was_stopped_meanwhile_is_begun_anew(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.2)
    await scene.stop()
    leg.stop_monitor()
    await scene.start()
    await scene.incident("recording-gap")
    await until(lambda: len(leg.monitors) == 1)
    leg.speak(0.2)
    leg.hang_up()
    rows = await scene.recorded("kept", 2)
    assert [row["seconds"] for row in rows] == [0.2, 0.2]


async def test_one_that_can_not_be_begun_anew_ends_the_call(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    await scene.stop()
    leg.stop_monitor()
    ami.monitor_mode = "lies"
    await scene.start()
    await ami.seen("Hangup", Channel=leg.name)
    await scene.incident("recording-lost")


async def test_a_mute_meanwhile_is_undone(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    await scene.stop()
    leg.mute_monitor()
    await scene.start()
    await scene.ready()
    await until(lambda: not leg.monitors[0].muted)


async def test_a_call_dialled_meanwhile_is_judged_and_recorded(scene: Scene, ami: FakeAmi) -> None:
    await scene.stop()
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    leg.answer()
    leg.enter_bridge()
    leg.seconds = 5
    await scene.start()
    await until(lambda: leg.variables.get("DIALPACT_RECORDING") == decision)
    await scene.incident("recording-gap")


async def test_a_call_dialled_meanwhile_around_the_gate_is_reported_once(scene: Scene, ami: FakeAmi) -> None:
    await scene.stop()
    leg = ami.dial(NUMBER)
    leg.answer()
    leg.seconds = 5
    ami.dropped.add("Hangup")  # it is still there when the next session looks
    await scene.start()
    await scene.incident("no-decision")
    ami.drop()
    await until(lambda: ami.logins == 3)
    await scene.ready()
    await until(lambda: leg.uniqueid in scene.listener.legs)
    await asyncio.sleep(0.1)
    assert await scene.incidents() == ["no-decision"]


async def test_the_carriers_own_calls_are_left_alone(scene: Scene, ami: FakeAmi) -> None:
    """A call that comes in over the trunk has the same kind of name."""
    await scene.stop()
    ami.forbid("Hangup")
    for state, application in (("Ring", "Dial"), ("Up", "Dial"), ("Up", "Milliwatt"), ("Up", "AppDial")):
        incoming = ami.call_in("02788889999")
        incoming.state = state
        incoming.application, incoming.seconds = application, 60
        incoming.variables["DIALEDPEERNUMBER"] = "1001"  # Dial leaves it on the caller, also afterwards
    await scene.start()
    await scene.ready()
    assert (scene.listener.legs, await scene.incidents()) == ({}, [])


async def test_after_a_restart_of_asterisk_the_same_name_is_another_call(scene: Scene, ami: FakeAmi) -> None:
    """What was under way is not replayed onto it."""
    _, leg = await talking(scene, ami)
    leg.speak(0.2)
    name = leg.name
    await ami.restart()
    other = ami.dial(NUMBER, quiet=True)
    assert other.name == name
    ami.forbid("MixMonitor", Channel=name)
    ami.forbid("Hangup", Channel=name)
    (row,) = await scene.recorded("kept")
    assert row["uniqueid"] == leg.uniqueid
    await scene.incident("call-ended-unseen")


async def test_a_mixmonitor_under_way_at_a_loss_is_looked_into_not_repeated(
    scene: Scene, ami: FakeAmi
) -> None:
    ami.silent.add("MixMonitor")
    ami.silent.add("MixMonitorMute")
    decision, leg = await ringing(scene, ami)
    leg.pick_up()
    await ami.seen("MixMonitor", Channel=leg.name)
    ami.drop()
    ami.silent.clear()
    await until(lambda: leg.variables.get("DIALPACT_RECORDING") == decision)
    assert ami.count("MixMonitor", Channel=leg.name) == 1
    assert len(leg.monitors) == 1


async def test_one_that_asterisk_never_got_is_begun_when_the_link_is_back(scene: Scene, ami: FakeAmi) -> None:
    ami.dropped.add("MixMonitor")
    decision, leg = await ringing(scene, ami)
    leg.pick_up()
    await ami.seen("MixMonitor", Channel=leg.name)
    ami.drop()
    ami.dropped.clear()
    await until(lambda: leg.variables.get("DIALPACT_RECORDING") == decision)
    assert len(leg.monitors) == 1
    await scene.incident("recording-gap")


async def test_files_are_measured_though_the_link_is_lost(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.2)
    leg.hang_up()
    await until(lambda: not scene.listener.legs)
    await ami.stop()
    await scene.recorded("kept")
    assert await scene.incidents() == []


@timed(recorder={"settle": 1.5})
async def test_files_that_are_being_measured_are_not_taken_for_a_call_that_was_missed(
    scene: Scene, ami: FakeAmi
) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.2)
    (row,) = await scene.recordings()
    leg.hang_up()
    left_open(row)
    await until(lambda: bool(scene.listener.finishing))
    ami.drop()
    await until(lambda: ami.logins == 2)
    await scene.ready()
    await scene.recorded("kept")
    assert await scene.incidents() == ["recording-repaired"] * 3


@timed(listener={"second_look": 0.02, "audit": 0.02})
async def test_a_comparison_leaves_calls_alone_that_it_knows(scene: Scene, ami: FakeAmi) -> None:
    ami.drop()
    await until(lambda: ami.logins == 2)
    _, leg = await talking(scene, ami)
    before = ami.count("CoreShowChannels")
    await until(lambda: ami.count("CoreShowChannels") > before + 5)
    # Two for the first recording of a connection, and none by the comparisons.
    assert ami.count("MixMonitorMute", Channel=leg.name) == 2
    assert await scene.incidents() == []
    assert (await scene.lease())[0]


@timed(link={"queue": 50})
async def test_a_flood_of_events_costs_the_link_not_the_recording(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    noise = ami.channel("agent1002")
    noise.state = "Ringing"
    for _ in range(200):
        noise.ring()
    await until(lambda: ami.logins == 2)
    await scene.ready()
    await until(lambda: leg.uniqueid in scene.listener.legs)
    leg.speak(0.2)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert Path(row["path"]).exists()
