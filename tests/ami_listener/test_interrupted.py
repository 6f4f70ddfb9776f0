"""Recordings that do not go on: stopped, muted, stalled, deleted; on the fake Asterisk."""

from __future__ import annotations

import asyncio
import time
from pathlib import Path

from dialpact.testing.ami import FakeAmi
from tests.ami_listener.pace import timed
from tests.ami_listener.scene import Scene, answered, talking, until

watched = timed(sound={"stalled": 0.3})  # growth is expected within three tenths of a second


async def test_a_recording_that_is_stopped_goes_on_in_a_new_file(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await talking(scene, ami)
    leg.speak(0.2)
    leg.stop_monitor()
    await scene.incident("recording-stopped")
    await until(lambda: len(leg.monitors) == 1)
    leg.speak(0.2)
    (first,) = await scene.recorded("kept")
    leg.hang_up()
    first, second = await scene.recorded("kept", 2)
    assert [Path(row["path"]).name for row in (first, second)] == [f"{decision}-{n}.wav" for n in (1, 2)]
    assert [row["seconds"] for row in (first, second)] == [0.2, 0.2]
    assert first["answered_at"] == second["answered_at"]
    assert await scene.incidents() == ["recording-stopped"]


async def test_a_stop_of_anothers_mixmonitor_is_none_of_ours(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    leg.tell("MixMonitorStop")
    await until(lambda: ami.count("MixMonitorMute", Channel=leg.name) == 2)
    leg.hang_up()
    await scene.recorded("kept")
    assert await scene.incidents() == []


async def test_a_stop_before_the_bridge_is_mended(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await answered(scene, ami)
    leg.stop_monitor()
    await until(lambda: ami.count("MixMonitor", Channel=leg.name) == 2)
    await scene.incident("recording-stopped")


async def test_a_muted_recording_goes_on_in_a_new_file(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.2)
    leg.mute_monitor()
    await scene.incident("recording-muted")
    await until(lambda: len(leg.monitors) == 1 and not leg.monitors[0].muted)
    leg.speak(0.2)
    leg.hang_up()
    _, second = await scene.recorded("kept", 2)
    assert second["callee_dbfs"] is not None
    assert await scene.incidents() == ["recording-muted"]


async def test_the_hangup_handlers_stop_is_no_incident(scene: Scene, ami: FakeAmi) -> None:
    for _ in range(5):
        _, leg = await talking(scene, ami)
        leg.hang_up()
    await scene.recorded("kept", 5)
    assert await scene.incidents() == []
    assert ami.count("MixMonitor") == 5 + 1  # and the rights probe


async def test_a_stop_outside_the_bridge_without_an_end_is_mended(scene: Scene, ami: FakeAmi) -> None:
    """As in a transfer: the leg is between two bridges."""
    _, leg = await talking(scene, ami)
    leg.leave_bridge()
    leg.stop_monitor()
    await scene.incident("recording-stopped")
    await until(lambda: len(leg.monitors) == 1)


async def test_a_recording_that_can_not_go_on_ends_the_call(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    ami.monitor_mode = "lies"
    leg.stop_monitor()
    await ami.seen("Hangup", Channel=leg.name)
    await scene.incident("recording-lost")
    assert await scene.not_ready("a recording failed")


@watched
async def test_a_recording_that_stops_growing_is_reported_once_and_begun_anew(
    scene: Scene, ami: FakeAmi
) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.1)
    await scene.incident("recording-stalled")
    await until(lambda: ami.count("MixMonitor", Channel=leg.name) == 2)
    await asyncio.sleep(0.8)
    assert (await scene.incidents()).count("recording-stalled") == 1
    leg.hang_up()


@timed(sound={"stalled": 1.0})
async def test_a_recording_that_grows_is_not_stalled(scene: Scene, ami: FakeAmi) -> None:
    """It is spoken twenty times within what would be a stall, so that a busy machine makes none."""
    _, leg = await talking(scene, ami)
    until = time.monotonic() + 2.0
    while time.monotonic() < until:
        leg.speak(0.05)
        await asyncio.sleep(0.05)
    assert await scene.incidents() == []


@watched
async def test_a_file_that_is_deleted_is_begun_anew(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    (row,) = await scene.recordings()
    leg.speak(0.1)
    Path(row["callee_path"]).unlink()
    await asyncio.sleep(0.2)
    leg.speak(0.1)
    await scene.incident("recording-vanished")
    await until(lambda: ami.count("MixMonitor", Channel=leg.name) == 2)
