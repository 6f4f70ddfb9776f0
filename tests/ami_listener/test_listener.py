"""Calls from beginning to end, and recordings that do not begin, on the fake Asterisk."""

from __future__ import annotations

import asyncio
import hashlib
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import structlog

from ami_listener.recording import files
from ami_listener.recording.files import Files
from ami_listener.timings import Timings
from dialpact.compliance.reasons import Reason
from dialpact.store.ports.decisions import Undelivered
from dialpact.testing.ami import FakeAmi
from tests.ami_listener.scene import (
    NUMBER,
    Scene,
    answered,
    judged,
    prepared,
    recorded,
    ringing,
    talking,
    until,
)

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


async def test_the_interlock_is_set_after_the_row_and_the_files_are_there(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await ringing(scene, ami)
    (row,) = await scene.recordings()
    assert (row["state"], row["answered_at"]) == ("starting", None)
    assert ami.count("MixMonitor", Channel=leg.name) == 0, "nothing records while it rings"
    asked = 5  # decision, From and whom it shows, Call-ID
    await until(lambda: ami.count("Getvar", Channel=leg.name) == asked)
    leg.pick_up()
    await recorded(leg, decision)
    order = [sent["Action"] for sent in ami.actions if sent.get("Channel") == leg.name]
    # Asked twice, as the first call shows whether this Asterisk heeds the id at all.
    assert order[5:9] == ["MixMonitor", "MixMonitorMute", "MixMonitorMute", "Setvar"]
    assert all(Path(row[key]).exists() for key in ("path", "callee_path", "agent_path"))
    (running,) = await scene.recorded("running")
    assert running["id"] == row["id"]
    assert row["started_at"] < running["started_at"], "the recording begins with the answer"


async def test_the_answer_is_written_though_the_link_is_lost_in_its_moment(
    scene: Scene, ami: FakeAmi
) -> None:
    _, leg = await ringing(scene, ami)
    ami.dropped.add("MixMonitor")
    leg.pick_up()
    await ami.seen("MixMonitor", Channel=leg.name)
    await ami.stop()
    await until(lambda: not scene.listener.legs)
    await scene.listener.outbox.drained()
    (row,) = await scene.recordings()
    assert row["answered_at"]


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


async def test_what_is_heard_before_the_answer_is_not_recorded(scene: Scene, ami: FakeAmi) -> None:
    ami.forbid("MixMonitor")
    _, leg = await ringing(scene, ami)
    leg.speak(0.3)
    leg.hang_up(status="BUSY")
    (row,) = await scene.recorded("unanswered")
    assert row["path"] == ""
    (told,) = await scene.carrier_legs(ended=1)
    assert (told["dial_status"], told["answered_at"]) == ("BUSY", None)


async def test_an_answer_while_the_leg_is_judged_counts(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    leg.pick_up()
    await recorded(leg, decision)
    leg.let_through()
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
    for leg in legs:
        await prepared(scene, leg)
        leg.pick_up()
    await until(lambda: all("DIALPACT_RECORDING" in leg.variables for leg in legs), 10)
    for leg in legs:
        leg.let_through()
        leg.enter_bridge()
        leg.speak(0.1)
        leg.hang_up()
    rows = await scene.recorded("kept", 30, timeout=15)
    assert sorted(row["decision"] for row in rows) == sorted(decisions)
    assert scene.listener.legs == {}


@pytest.mark.parametrize("format", ["wav", "sln", "ulaw", "alaw"])
async def test_formats(ami: FakeAmi, directory: Path, tmp_path: Path, timings: Timings, format: str) -> None:
    async with Scene(tmp_path / "x", ami.port, directory, format=format, timings=timings) as scene:
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

    ami.forbid("MixMonitor")
    decision = await scene.allow()
    await scene.store.decisions.undelivered([Undelivered(decision, scene.clock.now(), Reason.DEADLINE)])
    ami.dial(NUMBER, decision)
    await scene.incident("undelivered-decision")


async def test_a_decision_is_for_one_leg(scene: Scene, ami: FakeAmi) -> None:
    decision, _ = await answered(scene, ami)
    second = ami.dial(NUMBER, decision)
    await scene.incident("reused-decision")
    assert "DIALPACT_RECORDING" not in second.variables
    await ami.seen("Hangup", Channel=second.name)


async def test_two_calls_with_one_decision_at_the_same_instant(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    legs = [ami.dial(NUMBER, decision) for _ in range(2)]
    for leg in legs:
        leg.pick_up()
    await scene.incident("reused-decision")
    await until(lambda: any("DIALPACT_RECORDING" in leg.variables for leg in legs))
    assert sum("DIALPACT_RECORDING" in leg.variables for leg in legs) == 1
    cut = {action["Channel"] for action in ami.actions if action["Action"] == "Hangup"}
    assert len(cut) == 1  # (asked again until it is gone)


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


async def test_with_other_channels_nothing_is_done(scene: Scene, ami: FakeAmi) -> None:
    before = len(ami.actions)
    for endpoint in ("carrierx", "agent1002", "carrier-x"):
        ami.dial(NUMBER, endpoint=endpoint).hang_up()
    await asyncio.sleep(0.1)
    done = [sent for sent in ami.actions[before:] if sent["Action"] not in ("Ping", "Getvar")]
    assert done == []  # asked is where they lead


# Recordings that do not begin


@pytest.mark.parametrize("mode", ["lies", "empty", "refuses"])
async def test_a_recording_that_is_not_a_fact_keeps_the_bridge_shut(
    scene: Scene, ami: FakeAmi, mode: Any
) -> None:
    ami.monitor_mode = mode
    ami.forbid("Setvar", Variable="DIALPACT_RECORDING")
    _, leg = await ringing(scene, ami)
    leg.pick_up()
    await scene.incident("recording-not-started")
    why = await scene.not_ready("a recording failed")
    assert "10 seconds" in why
    leg.refuse()
    leg.hang_up()
    (row,) = await scene.recorded("kept" if mode == "empty" else "failed")
    assert row["answered_at"], "its carrier bills it"
    (told,) = await scene.carrier_legs(ended=1)
    assert (told["dial_status"], told["interlock"]) == ("ANSWER", "refused")
    assert "recording-missing" not in await scene.incidents(), "why there is none has been told"


async def test_the_started_event_alone_is_not_believed(scene: Scene, ami: FakeAmi) -> None:
    ami.monitor_mode = "lies"
    ami.forbid("Setvar", Variable="DIALPACT_RECORDING")
    leg = ami.dial(NUMBER, await scene.allow())
    leg.pick_up()
    for _ in range(5):
        leg.tell("MixMonitorStart")
    await scene.incident("recording-not-started")


async def test_an_unanswered_mixmonitor_is_believed_from_event_and_files(scene: Scene, ami: FakeAmi) -> None:
    ami.silent.add("MixMonitor")
    await answered(scene, ami)


async def test_a_stop_before_the_proof_is_no_proof(scene: Scene, ami: FakeAmi) -> None:
    ami.monitor_mode = "stops"
    ami.forbid("Setvar", Variable="DIALPACT_RECORDING")
    ami.dial(NUMBER, await scene.allow()).pick_up()
    await scene.incident("recording-not-started")


@pytest.mark.parametrize("told", [True, False], ids=["by id", "by event"])
async def test_a_stop_during_the_proof_is_noticed(
    scene: Scene, ami: FakeAmi, monkeypatch: pytest.MonkeyPatch, told: bool
) -> None:
    """An Asterisk that tells no MixMonitor ids leaves only its event to go by.

    The moment is after the last look at the files, and no door leads there: so this asks for a patch.
    """
    ami.tells_monitor_id = told
    identities = files.identities

    def stopped_meanwhile(found: Files) -> tuple[files.Identity, ...]:
        monkeypatch.setattr(files, "identities", identities)
        leg.stop_monitor()
        return identities(found)

    monkeypatch.setattr(files, "identities", stopped_meanwhile)
    leg = ami.dial(NUMBER, await scene.allow())
    leg.pick_up()
    await until(lambda: ami.count("MixMonitor", Channel=leg.name) >= 2)
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
    ami: FakeAmi, directory: Path, tmp_path: Path, timings: Timings
) -> None:
    ami.forbid("Setvar", Variable="DIALPACT_RECORDING")
    async with Scene(tmp_path / "x", ami.port, directory, min_free_mb=10**9, timings=timings) as scene:
        assert "MB free" in await scene.not_ready("MB are required")
        ami.dial(NUMBER, await scene.allow())
        await scene.incident("recording-not-started")


async def test_a_bridge_without_a_recording_is_cut(scene: Scene, ami: FakeAmi) -> None:
    """A dialplan without the interlock: the listener itself is the last resort."""
    ami.monitor_mode = "lies"
    leg = ami.dial(NUMBER, await scene.allow())
    leg.answer()
    leg.enter_bridge(interlock=False)
    await ami.seen("Hangup", Channel=leg.name)
    await scene.incident("bridged-unrecorded")
    assert "interlock-missing" in await scene.incidents()


async def test_a_dial_without_the_interlock_is_told_from_its_first_call_on(
    scene: Scene, ami: FakeAmi
) -> None:
    _, leg = await ringing(scene, ami)
    leg.answer()
    leg.enter_bridge(interlock=False)
    incident = await scene.incident("interlock-missing")
    assert incident["channel"] == leg.name
    leg.leave_bridge()
    leg.enter_bridge(interlock=False)
    leg.speak(0.2)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["seconds"] == 0.2
    (told,) = await scene.carrier_legs(ended=1)
    assert told["interlock"] == ""
    assert await scene.incidents() == ["interlock-missing"]


async def test_an_originate_has_no_dial_that_could_have_one(scene: Scene, ami: FakeAmi) -> None:
    """Its leg is up by itself, and connected later: that the recording was proven first is enough."""
    leg = ami.dial(NUMBER, await scene.allow(channel="API/crm"), agent=False)
    leg.answer()
    await until(lambda: any(one.talks for one in scene.listener.legs.values()))
    leg.enter_bridge(interlock=False)
    leg.speak(0.2)
    leg.hang_up()
    await scene.recorded("kept")
    assert await scene.incidents() == []


async def test_nor_may_it_be_connected_before(scene: Scene, ami: FakeAmi) -> None:
    ami.monitor_mode = "lies"
    leg = ami.dial(NUMBER, await scene.allow(channel="API/crm"), agent=False)
    leg.answer()
    leg.enter_bridge(interlock=False)
    await ami.seen("Hangup", Channel=leg.name)
    await scene.incident("bridged-unrecorded")
    assert "interlock-missing" in await scene.incidents()


async def test_what_dial_and_the_interlock_said_are_two_things(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    leg.tell_dial("DialEnd", ("DialStatus", "GOTO:elsewhere,s,1"))
    await ami.seen("Getvar", Channel=leg.name, Variable="DIALPACT_INTERLOCK")
    leg.speak(0.2)
    leg.hang_up()
    (told,) = await scene.carrier_legs(ended=1)
    assert (told["dial_status"], told["interlock"]) == ("ANSWER", "through")
    assert await scene.incidents() == []
