"""Calls from beginning to end, and what is tried against their recordings, on the fake Asterisk."""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sqlite3
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from ami_listener import listener as listener_module
from ami_listener import recorder as recorder_module
from ami_listener import repair
from ami_listener.calls import Phase
from compliance.store.sqlite import incidents as stored_incidents
from compliance.store.sqlite import recordings
from dialpact_testing.ami import Channel, FakeAmi
from dialpact_testing.ami_calls import tone, wav_header
from tests.ami_listener.scene import NUMBER, Scene, until


async def ringing(scene: Scene, ami: FakeAmi, **change: Any) -> tuple[str, Channel]:
    """A call whose recording is proven."""
    decision = await scene.allow(**change)
    leg = ami.dial(NUMBER, decision)
    leg.ring()
    await until(lambda: leg.variables.get("DIALPACT_RECORDING") == decision)
    return decision, leg


async def talking(scene: Scene, ami: FakeAmi) -> tuple[str, Channel]:
    decision, leg = await ringing(scene, ami)
    leg.answer()
    leg.enter_bridge()
    return decision, leg


async def judged(scene: Scene, leg: Channel) -> None:
    """Waits for the verdict: a call that ends before it would show nothing."""

    def is_judged() -> bool:
        known = scene.listener.legs.get(leg.uniqueid)
        return known is not None and known.state.phase is not Phase.JUDGING

    await until(is_judged)


# The call that goes as it should


async def test_an_answered_call_is_recorded_and_kept(scene: Scene, ami: FakeAmi, directory: Path) -> None:
    decision, leg = await talking(scene, ami)
    leg.speak(0.5)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    main = Path(row["path"])
    assert main == directory / datetime.now(UTC).strftime("%Y/%m/%d") / f"{decision}-1.wav"
    assert row["sha256"] == hashlib.sha256(main.read_bytes()).hexdigest()
    assert row["bytes"] == main.stat().st_size == 44 + 8000
    assert (row["seconds"], row["decision"], row["campaign"]) == (0.5, decision, "spring")
    assert row["callee_sha256"] == hashlib.sha256(Path(row["callee_path"]).read_bytes()).hexdigest()
    assert row["callee_dbfs"] == row["agent_dbfs"] == pytest.approx(-15.3, abs=0.2)
    assert row["keep_until"] == str((datetime.now(UTC) + timedelta(days=365)).date())
    assert row["answered_at"] < row["ended_at"]
    assert 0 < row["talk_seconds"] < 2
    assert await scene.incidents() == []


async def test_the_interlock_is_set_after_the_row_and_the_files_are_there(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    decision, leg = await ringing(scene, ami)
    order = [sent["Action"] for sent in ami.actions if sent.get("Channel") == leg.name]
    # Asked twice, as the first call shows whether this Asterisk heeds the id at all.
    assert order[:5] == ["Getvar", "MixMonitor", "MixMonitorMute", "MixMonitorMute", "Setvar"]
    (row,) = await scene.recordings()
    assert (row["state"], row["decision"]) == ("running", decision)
    assert all(Path(row[key]).exists() for key in ("path", "callee_path", "agent_path"))


async def test_no_number_is_in_a_path_or_in_the_log(scene: Scene, ami: FakeAmi) -> None:
    with structlog.testing.capture_logs() as logs:
        _, leg = await talking(scene, ami)
        leg.hang_up()
        (row,) = await scene.recorded("kept")
        ami.dial(NUMBER)
        await scene.incident("no-decision")
    assert NUMBER not in row["path"]
    assert NUMBER not in repr(logs)


async def test_a_call_that_is_not_answered_leaves_no_empty_files(
    scene: Scene, ami: FakeAmi, directory: Path
) -> None:
    _, leg = await ringing(scene, ami)
    leg.hang_up()
    (row,) = await scene.recorded("unanswered")
    assert (row["sha256"], row["keep_until"], row["answered_at"]) == (None, None, None)
    assert list(directory.rglob("*.wav")) == []
    assert await scene.incidents() == []


async def test_early_media_of_an_unanswered_call_is_kept(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await ringing(scene, ami)
    leg.speak(0.3, agent=False)
    leg.hang_up()
    (row,) = await scene.recorded("unanswered")
    assert Path(row["path"]).exists()
    assert row["sha256"] and row["keep_until"] and row["seconds"] == 0.3


async def test_an_answer_while_the_proof_is_made_counts(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    leg.answer()
    await until(lambda: leg.variables.get("DIALPACT_RECORDING") == decision)
    leg.enter_bridge()
    leg.speak(0.3)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["answered_at"]


async def test_many_calls_at_once(scene: Scene, ami: FakeAmi) -> None:
    decisions = [await scene.allow() for _ in range(30)]
    legs = [ami.dial(NUMBER, decision) for decision in decisions]
    for leg in legs:
        leg.ring()
    await until(lambda: all("DIALPACT_RECORDING" in leg.variables for leg in legs), 10)
    for leg in legs:
        leg.answer()
        leg.enter_bridge()
        leg.speak(0.1)
        leg.hang_up()
    rows = await scene.recorded("kept", 30, timeout=15)
    assert sorted(row["decision"] for row in rows) == sorted(decisions)
    assert scene.listener.legs == {}


@pytest.mark.parametrize("format", ["wav", "sln", "ulaw", "alaw"])
async def test_formats(ami: FakeAmi, directory: Path, tmp_path: Path, quick: None, format: str) -> None:
    async with Scene(tmp_path / "x", ami.port, directory, format=format) as scene:
        await scene.ready()
        _, leg = await talking(scene, ami)
        leg.speak(0.5)
        leg.hang_up()
        (row,) = await scene.recorded("kept")
        assert row["path"].endswith(f".{format}")
        assert row["seconds"] == {"wav": 0.5, "sln": 0.5}.get(format, 1.0)


# Legs that do not fit their decision


@pytest.mark.parametrize(
    ("dial", "change", "kind"),
    [
        ({"decision": ""}, {}, "no-decision"),
        ({"decision": "e" * 32}, {}, "unknown-decision"),
        ({"decision": "E" * 32}, {}, "malformed-decision"),
        ({"decision": "x/../../y"}, {}, "malformed-decision"),
        ({"number": "13800138001"}, {}, "foreign-number"),
        ({"dial_string": f"{NUMBER}0@carrier"}, {}, "foreign-number"),
        ({"endpoint": "carrier2"}, {}, "foreign-trunk"),
        ({}, {"node": "pbx2"}, "foreign-node"),
        ({}, {"blocked": True}, "refused-decision"),
        ({}, {"decided_at": datetime.now(UTC) - timedelta(seconds=121)}, "stale-decision"),
        ({"decision": "", "agent": False}, {}, "no-decision"),
    ],
)
async def test_a_leg_without_a_fitting_decision_is_cut_and_reported(
    scene: Scene, ami: FakeAmi, dial: dict[str, Any], change: dict[str, Any], kind: str
) -> None:
    ami.forbid("MixMonitor")
    ami.forbid("Setvar")
    decision = await scene.allow(**change)
    leg = ami.dial(**({"number": NUMBER, "decision": decision} | dial))
    await ami.seen("Hangup", Channel=leg.name)
    incident = await scene.incident(kind)
    assert incident["channel"] == leg.name
    assert incident["detail"].startswith("cut; by ")
    await until(lambda: not scene.listener.legs)
    assert await scene.incidents() == [kind]
    assert await scene.recordings() == []


async def test_an_undelivered_decision_is_none(scene: Scene, ami: FakeAmi) -> None:
    from compliance.store.sqlite import decisions

    ami.forbid("MixMonitor")
    decision = await scene.allow()
    await decisions.undelivered(scene.store, decision, scene.clock.now(), "deadline")
    ami.dial(NUMBER, decision)
    await scene.incident("undelivered-decision")


async def test_a_decision_is_for_one_leg(scene: Scene, ami: FakeAmi) -> None:
    decision, _ = await ringing(scene, ami)
    second = ami.dial(NUMBER, decision)
    await scene.incident("reused-decision")
    assert "DIALPACT_RECORDING" not in second.variables
    await ami.seen("Hangup", Channel=second.name)


async def test_two_calls_with_one_decision_at_the_same_instant(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    legs = [ami.dial(NUMBER, decision) for _ in range(2)]
    await scene.incident("reused-decision")
    await until(lambda: any("DIALPACT_RECORDING" in leg.variables for leg in legs))
    assert sum("DIALPACT_RECORDING" in leg.variables for leg in legs) == 1
    assert ami.count("Hangup") == 1


async def test_a_decision_is_used_up_when_its_call_is_over(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await ringing(scene, ami)
    leg.hang_up()
    await scene.recorded("unanswered")
    ami.dial(NUMBER, decision)
    await scene.incident("reused-decision")


@pytest.mark.parametrize("number", ["110", "120", "027119"])
async def test_an_emergency_call_is_let_be(scene: Scene, ami: FakeAmi, number: str) -> None:
    ami.forbid("Hangup")
    leg = ami.dial(number)
    await judged(scene, leg)
    leg.answer()
    leg.enter_bridge()
    leg.hang_up()
    await until(lambda: not scene.listener.legs)
    assert await scene.incidents() == []


async def test_other_channels_are_of_no_interest(scene: Scene, ami: FakeAmi) -> None:
    before = len(ami.actions)
    for endpoint in ("carrierx", "agent1002", "carrier-x"):
        ami.dial(NUMBER, endpoint=endpoint).hang_up()
    await asyncio.sleep(0.1)
    assert [sent for sent in ami.actions[before:] if sent["Action"] != "Ping"] == []


# Recordings that do not begin


@pytest.mark.parametrize("mode", ["lies", "empty", "refuses"])
async def test_a_recording_that_is_not_a_fact_keeps_the_bridge_shut(
    scene: Scene, ami: FakeAmi, mode: Any
) -> None:
    ami.monitor_mode = mode
    ami.forbid("Setvar", Variable="DIALPACT_RECORDING")
    leg = ami.dial(NUMBER, await scene.allow())
    leg.ring()
    await scene.incident("recording-not-started")
    why = await scene.not_ready("a recording failed")
    assert "10 seconds" in why
    leg.hang_up()
    await until(lambda: not scene.listener.legs)


async def test_the_started_event_alone_is_not_believed(scene: Scene, ami: FakeAmi) -> None:
    ami.monitor_mode = "lies"
    ami.forbid("Setvar", Variable="DIALPACT_RECORDING")
    leg = ami.dial(NUMBER, await scene.allow())
    for _ in range(5):
        leg._call("MixMonitorStart")
    await scene.incident("recording-not-started")


async def test_an_unanswered_mixmonitor_is_believed_from_event_and_files(scene: Scene, ami: FakeAmi) -> None:
    ami.silent.add("MixMonitor")
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    await until(lambda: leg.variables.get("DIALPACT_RECORDING") == decision)


async def test_a_stop_before_the_proof_is_no_proof(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    ami.forbid("Setvar", Variable="DIALPACT_RECORDING")
    start = Channel.start_monitor

    def stopped_at_once(channel: Channel, monitor: Any) -> None:
        start(channel, monitor)
        channel.stop_monitor()

    monkeypatch.setattr(Channel, "start_monitor", stopped_at_once)
    ami.dial(NUMBER, await scene.allow())
    await scene.incident("recording-not-started")


@pytest.mark.parametrize("told", [True, False], ids=["by id", "by event"])
async def test_a_stop_during_the_proof_is_noticed(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """An Asterisk that tells no MixMonitor ids leaves only its event to go by."""
    ami.tells_monitor_id = told
    running = recordings.running

    async def stopped_meanwhile(*arguments: Any) -> None:
        leg.stop_monitor()
        await running(*arguments)

    monkeypatch.setattr(recordings, "running", stopped_meanwhile)
    leg = ami.dial(NUMBER, await scene.allow())
    await until(lambda: ami.count("MixMonitor", Channel=leg.name) >= 2)
    monkeypatch.setattr(recordings, "running", running)
    await scene.incident("recording-stopped")
    await until(lambda: bool(leg.monitors))


async def test_an_asterisk_that_tells_no_monitor_id_is_believed_by_files_and_events(
    scene: Scene, ami: FakeAmi
) -> None:
    ami.tells_monitor_id = False
    _, leg = await talking(scene, ami)
    leg.stop_monitor()
    await scene.incident("recording-stopped")
    await until(lambda: len(leg.monitors) == 1)
    leg.hang_up()
    await scene.recorded("kept", 2)


async def test_two_mutes_in_a_row_do_not_cost_the_call(scene: Scene, ami: FakeAmi) -> None:
    """The Stop event of the first one's old MixMonitor comes while the second one's new one is proven."""
    ami.forbid("Hangup")
    _, leg = await talking(scene, ami)
    for _ in range(3):
        leg.mute_monitor()
        await asyncio.sleep(0.01)
    await until(lambda: len(leg.monitors) == 1 and not leg.monitors[0].muted)
    leg.hang_up()
    await until(lambda: not scene.listener.legs)


async def test_a_full_disk_is_no_recording(
    ami: FakeAmi, directory: Path, tmp_path: Path, quick: None
) -> None:
    ami.forbid("Setvar", Variable="DIALPACT_RECORDING")
    async with Scene(tmp_path / "x", ami.port, directory, min_free_mb=10**9) as scene:
        assert "MB free" in await scene.not_ready("MB are required")
        ami.dial(NUMBER, await scene.allow())
        await scene.incident("recording-not-started")


async def test_a_bridge_without_a_recording_is_cut(scene: Scene, ami: FakeAmi) -> None:
    """A dialplan without the interlock: the listener itself is the last resort."""
    ami.monitor_mode = "lies"
    leg = ami.dial(NUMBER, await scene.allow())
    await scene.incident("recording-not-started")
    leg.answer()
    leg.enter_bridge()
    await ami.seen("Hangup", Channel=leg.name)
    await scene.incident("bridged-unrecorded")


# Recordings that do not go on


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
    leg._call("MixMonitorStop")
    await until(lambda: ami.count("MixMonitorMute", Channel=leg.name) == 2)
    leg.hang_up()
    await scene.recorded("kept")
    assert await scene.incidents() == []


async def test_a_stop_while_ringing_is_mended_before_the_answer(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await ringing(scene, ami)
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


async def test_a_recording_that_stops_growing_is_reported_once_and_begun_anew(
    watched: None, scene: Scene, ami: FakeAmi
) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.1)
    await scene.incident("recording-stalled")
    await until(lambda: ami.count("MixMonitor", Channel=leg.name) == 2)
    await asyncio.sleep(0.8)
    assert (await scene.incidents()).count("recording-stalled") == 1
    leg.hang_up()


async def test_a_recording_that_grows_is_not_stalled(watched: None, scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    for _ in range(12):
        leg.speak(0.05)
        await asyncio.sleep(0.08)
    assert await scene.incidents() == []


async def test_a_file_that_is_deleted_is_begun_anew(watched: None, scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    (row,) = await scene.recordings()
    leg.speak(0.1)
    Path(row["callee_path"]).unlink()
    await asyncio.sleep(0.2)
    leg.speak(0.1)
    await scene.incident("recording-vanished")
    await until(lambda: ami.count("MixMonitor", Channel=leg.name) == 2)


# What is found at the end


@pytest.mark.parametrize(
    ("spoken", "kind"),
    [({"seconds": 0.0}, "recording-empty"), ({"seconds": 0.2}, "recording-short")],
)
async def test_too_little_is_kept_and_reported(
    scene: Scene, ami: FakeAmi, spoken: dict[str, Any], kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ami_listener.recorder.SHORT", 0.9)
    _, leg = await talking(scene, ami)
    await asyncio.sleep(0.6)
    leg.speak(**spoken)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    await scene.incident(kind)
    assert row["sha256"]


@pytest.mark.parametrize("side", ["callee", "agent"])
async def test_one_side_that_is_not_heard_is_reported(
    scene: Scene, ami: FakeAmi, side: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ami_listener.recorder.SILENCE_MATTERS", 0.05)
    _, leg = await talking(scene, ami)
    await asyncio.sleep(0.1)
    leg.speak(0.4, **{side: False})
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    incident = await scene.incident("recording-silent")
    assert side in incident["detail"]
    assert row[f"{side}_dbfs"] is None


async def test_files_that_are_gone_at_the_end_are_a_failure(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    (row,) = await scene.recordings()
    for key in ("path", "callee_path", "agent_path"):
        Path(row[key]).unlink()
    leg.hang_up()
    (row,) = await scene.recorded("failed")
    await scene.incident("recording-missing")
    assert (row["sha256"], row["keep_until"]) == (None, None)


async def test_a_header_that_was_never_completed_is_mended(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialpact_testing.ami_calls.Monitor.close", lambda monitor: None)
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    before = Path(row["path"]).read_bytes()
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    incident = await scene.incident("recording-repaired")
    told = [found["detail"] for found in await stored_incidents.list_incidents(scene.store)]
    assert len(told) == 3
    assert any(hashlib.sha256(before).hexdigest() in detail for detail in told)
    assert incident["decision"] == row["decision"]
    after = Path(row["path"]).read_bytes()
    assert after == wav_header(8000) + before[44:]
    assert row["sha256"] == hashlib.sha256(after).hexdigest()
    assert row["seconds"] == 0.5


async def test_the_incident_is_on_disk_before_the_file_is_touched(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialpact_testing.ami_calls.Monitor.close", lambda monitor: None)
    stored: list[int] = []
    mend = repair.mend

    def seen(damage: repair.Damage) -> None:
        with contextlib.closing(sqlite3.connect(scene.database)) as connection:
            (count,) = connection.execute(
                "SELECT count(*) FROM incident WHERE detail LIKE ?", (f"%{damage.sha256}%",)
            ).fetchone()
        stored.append(count)
        mend(damage)

    monkeypatch.setattr(repair, "mend", seen)
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    leg.hang_up()
    await scene.recorded("kept")
    assert len(stored) == 3 and all(stored)


async def test_a_file_that_is_still_being_written_is_not_mended(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("dialpact_testing.ami_calls.Monitor.close", lambda monitor: None)
    monkeypatch.setattr("ami_listener.recorder.CLOSING_SECONDS", 0.6)
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    with Path(row["callee_path"]).open("ab"):
        leg.hang_up()
        await scene.incident("recording-incomplete")
    (row,) = await scene.recorded("kept")
    assert (await scene.incidents()).count("recording-repaired") == 2
    assert Path(row["callee_path"]).read_bytes()[:44] == wav_header(0)


async def test_a_writer_that_closes_late_is_waited_for(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A disk that hangs for longer than files usually need to be complete."""
    monkeypatch.setattr("dialpact_testing.ami_calls.Monitor.close", lambda monitor: None)
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    with contextlib.ExitStack() as open_files:
        for key in ("path", "callee_path", "agent_path"):
            open_files.enter_context(Path(row[key]).open("r+b")).write(b"RIFF")
        leg.hang_up()
        await until(lambda: bool(scene.listener.finishing))
        await asyncio.sleep(0.5)  # SETTLE_SECONDS is 0.3 here
        assert scene.listener.finishing
        for key in ("path", "callee_path", "agent_path"):
            with Path(row[key]).open("r+b") as file:
                file.write(wav_header(8000))
    (row,) = await scene.recorded("kept")
    assert await scene.incidents() == []


# What was put in place of a recording


@pytest.mark.parametrize("kind", ["symlink", "hard link", "other file", "pipe"])
async def test_what_was_put_in_its_place_is_not_taken_for_the_recording(
    scene: Scene, ami: FakeAmi, tmp_path: Path, kind: str
) -> None:
    other = tmp_path / "other.wav"
    other.write_bytes(wav_header(16000) + tone(1))
    other.chmod(0o600)
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    main, put = Path(row["path"]), tmp_path / "put"
    match kind:
        case "symlink":
            put.symlink_to(other)
        case "hard link":
            put.hardlink_to(other)
        case "pipe":
            os.mkfifo(put)
        case _:
            put.write_bytes(other.read_bytes())
    put.rename(main)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    await scene.incident("recording-replaced")
    assert row["sha256"] is None
    assert row["callee_sha256"]
    assert other.stat().st_mode & 0o777 == 0o600
    assert other.read_bytes()[:44] == wav_header(16000)


async def test_a_second_name_is_reported_and_the_recording_kept(
    scene: Scene, ami: FakeAmi, tmp_path: Path
) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.5)
    (row,) = await scene.recordings()
    (tmp_path / "second").hardlink_to(row["path"])
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    await scene.incident("recording-linked")
    assert row["sha256"]


# Who may read it


@pytest.mark.parametrize("made", [0o644, 0o600, 0o666], ids=oct)
async def test_a_recording_has_mode_0640_whatever_asterisk_gave_it(
    scene: Scene, ami: FakeAmi, made: int
) -> None:
    _, leg = await talking(scene, ami)
    (row,) = await scene.recordings()
    for key in ("path", "callee_path", "agent_path"):
        Path(row[key]).chmod(made)
    leg.speak(0.5)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    for key in ("path", "callee_path", "agent_path"):
        assert Path(row[key]).stat().st_mode & 0o7777 == 0o640
    assert await scene.incidents() == []


async def test_files_that_others_can_read_and_we_can_not_change_are_reported_once(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    def not_ours(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.fchmod", not_ours)
    for path in (directory, *directory.parents):
        if not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o001)
    for folder in Path(directory).rglob("*"):
        folder.chmod(0o755)
    for count in (1, 2):
        _, leg = await talking(scene, ami)
        for folder in directory.rglob("*"):
            folder.chmod(0o755 if folder.is_dir() else 0o644)
        leg.speak(0.5)
        leg.hang_up()
        await scene.recorded("kept", count)
    assert await scene.incidents() == ["recording-exposed"]


async def test_a_shut_folder_does_as_well(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch, directory: Path
) -> None:
    def not_ours(*_: object) -> None:
        raise PermissionError

    monkeypatch.setattr("os.fchmod", not_ours)
    directory.chmod(0o750)
    _, leg = await talking(scene, ami)
    for path in directory.rglob("*.wav"):
        path.chmod(0o644)
    leg.speak(0.5)
    leg.hang_up()
    await scene.recorded("kept")
    assert await scene.incidents() == []


# Events that are not true


async def test_a_forged_hangup_does_not_end_a_recording(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    leg._call("Hangup", ("Cause", "16"), ("Cause-txt", "Normal Clearing"))
    await scene.incident("forged-event")
    leg.speak(0.3)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["seconds"] == 0.3


async def test_events_count_only_for_the_right_channel_name(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    name, leg.name = leg.name, "PJSIP/carrier-0000ffff"
    leg._call("Hangup", ("Cause", "16"), ("Cause-txt", "Normal Clearing"))
    leg._call("MixMonitorStop")
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


async def test_a_hangup_that_was_not_believed_shows_in_the_next_comparison(
    quick: None, ami: FakeAmi, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A caller name with a line end makes the Hangup unfit; the event filter would drop it altogether."""
    monkeypatch.setattr(listener_module, "SECOND_LOOK_SECONDS", 0.1)
    monkeypatch.setattr(listener_module, "AUDIT_SECONDS", 0.1)
    async with Scene(tmp_path / "x", ami.port, directory) as scene:
        await scene.ready()
        _, leg = await talking(scene, ami)
        leg.speak(0.2)
        leg.number = "1\n2"
        leg.hang_up()
        await scene.recorded("kept")


async def test_a_call_of_which_no_event_came_is_found_and_no_more_are_let_out(
    quick: None, ami: FakeAmi, directory: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A user without `call` read, or a filter that keeps too much."""
    monkeypatch.setattr(listener_module, "SECOND_LOOK_SECONDS", 0.05)
    monkeypatch.setattr(listener_module, "AUDIT_SECONDS", 0.1)
    async with Scene(tmp_path / "x", ami.port, directory) as scene:
        await scene.ready()
        await asyncio.sleep(0.2)
        ami.read = {"system"}
        leg = ami.dial(NUMBER, quiet=True)
        leg.answer()
        leg.seconds = 5
        await scene.incident("no-decision")
        assert "no event came" in await scene.not_ready("event")


async def test_a_bug_in_one_leg_ends_no_other(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, good = await talking(scene, ami)

    async def broken(self: Any) -> None:
        raise RuntimeError("bug")

    monkeypatch.setattr("ami_listener.leg.Leg._judge", broken)
    ami.dial(NUMBER, await scene.allow())
    await scene.incident("listener-error")
    good.speak(0.2)
    good.hang_up()
    await scene.recorded("kept")


async def test_a_call_that_ends_before_the_proof_is_no_failure(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Found on the real one: a caller who cancelled at once cost everybody ten seconds of refusals."""
    monkeypatch.setattr(recorder_module, "PROOF_SECONDS", 5.0)
    ami.monitor_mode = "lies"  # no file yet
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    await ami.seen("MixMonitor", Channel=leg.name)
    leg.hang_up(handler=False)
    (row,) = await scene.recorded("unanswered")
    assert row["decision"] == decision
    assert await scene.incidents() == []
    await scene.ready()


async def test_a_forged_end_before_the_proof_is_a_failure(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(recorder_module, "PROOF_SECONDS", 5.0)
    ami.monitor_mode = "lies"
    leg = ami.dial(NUMBER, await scene.allow())
    await ami.seen("MixMonitor", Channel=leg.name)
    ami.event("Hangup", "call", [*leg.block(), ("Cause", "16"), ("Cause-txt", "Normal Clearing")])
    await scene.incident("forged-event")
    await scene.incident("recording-not-started")
    assert not leg.variables.get("DIALPACT_RECORDING")
    leg.hang_up(handler=False)
