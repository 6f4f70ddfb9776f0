"""Calls that went round the gate are cut; others are not, whatever they look like."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any, Literal

import pytest
import structlog

from ami_listener.ami.events import UNSEEN, Origin
from ami_listener.instance_lock import instance_lock
from ami_listener.legs.leg_check import originator
from ami_listener.timings import Timings
from dialpact.compliance.errors import RecordingError, StoreError
from dialpact.testing.ami import FakeAmi
from tests.ami_listener.pace import timed
from tests.ami_listener.scene import NUMBER, Scene, judged, prepared, recorded, ringing, talking, until
from tests.patience import WAIT

OTHER = "13900139000"


async def quiet(scene: Scene, ami: FakeAmi, *kinds: str) -> None:
    """All there is to judge has been judged; nobody was cut."""
    await until(lambda: not scene.listener.legs)
    assert (ami.count("Hangup"), await scene.incidents()) == (0, list(kinds))


# Whom it cuts


async def test_it_is_cut_again_until_it_is_gone(scene: Scene, ami: FakeAmi) -> None:
    ami.dropped.add("Hangup")
    leg = ami.dial(NUMBER)
    await until(lambda: ami.count("Hangup", Channel=leg.name) >= 1)
    ami.dropped.clear()
    await until(lambda: leg.uniqueid not in scene.listener.legs)
    assert await scene.incidents() == ["no-decision"]


async def test_a_leg_that_was_answered_at_once_is_cut_too(scene: Scene, ami: FakeAmi) -> None:
    leg = ami.dial(NUMBER)
    leg.answer()
    leg.enter_bridge()
    await ami.seen("Hangup", Channel=leg.name)


async def test_a_leg_whose_dialling_no_event_told_is_cut(scene: Scene, ami: FakeAmi) -> None:
    """A line end in the caller's name, and the event filter drops the DialBegin."""
    leg = ami.dial(NUMBER, hidden=True)
    await ami.seen("Hangup", timeout=1.0, Channel=leg.name)
    await scene.incident("no-decision")


async def test_an_allowed_leg_whose_dialling_no_event_told_is_recorded(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision, hidden=True)
    await prepared(scene, leg)
    leg.pick_up()
    await recorded(leg, decision)
    assert (ami.count("Hangup"), await scene.incidents()) == (0, [])


async def test_a_channel_that_is_made_and_dialled_later_is_judged_then(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    leg = ami.dial(NUMBER, hidden=True)
    leg.application = ""  # as ARI makes one
    await asyncio.sleep(0.3)
    leg.variables["DIALPACT_ID"] = decision
    leg.dial_begin()
    leg.pick_up()
    await recorded(leg, decision)
    assert await scene.incidents() == []


async def test_who_it_was_is_told_and_his_number_is_not(scene: Scene, ami: FakeAmi) -> None:
    with structlog.testing.capture_logs() as logs:
        caller = ami.channel("agent1001", state="Ring")
        caller.number = "02788880001"
        ami.dial(NUMBER, by=caller)
        incident = await scene.incident("no-decision")
    assert incident["detail"] == (
        f"cut; by {caller.name} caller=027****0001 context=from-carrier linkedid={caller.linkedid}; "
        f"dialled {NUMBER}"
    )
    assert NUMBER not in repr(logs)
    assert "02788880001" not in repr(logs)


@pytest.mark.parametrize(
    ("origin", "said"),
    [
        (Origin(linkedid="1.1", account="acct"), "by an Originate account=acct linkedid=1.1"),
        (
            Origin(caller="Local/13800138000@out-1;2", context="out", number="<unknown>", linkedid="1.1"),
            "by Local/138****8000@out-1;2 context=out linkedid=1.1",
        ),
        (UNSEEN, "dialled while nobody listened"),
    ],
)
def test_words_for_who_dialled(origin: Origin, said: str) -> None:
    assert originator(origin) == said


async def test_an_asterisk_that_does_not_answer_spares_short_numbers(scene: Scene, ami: FakeAmi) -> None:
    ami.silent.add("Getvar")
    short = ami.dial("61110")
    incident = await scene.incident("leg-not-judged", timeout=15)
    assert incident["detail"].startswith("let be; ")
    ami.silent.clear()
    assert ami.count("Hangup", Channel=short.name) == 0


# Whom it does not cut


@pytest.fixture(params=["report", "shadow"])
async def lenient(
    timings: Timings, ami: FakeAmi, directory: Path, tmp_path: Path, request: pytest.FixtureRequest
) -> AsyncIterator[Scene]:
    modes: dict[str, Any] = {"report": {"bypass": "report"}, "shadow": {"mode": "shadow"}}
    async with Scene(tmp_path / "x", ami.port, directory, **modes[request.param]) as scene:
        await scene.ready()
        yield scene


async def test_a_trunk_that_reports_and_shadow_mode_cut_nothing(lenient: Scene, ami: FakeAmi) -> None:
    leg = ami.dial(NUMBER)
    assert (await lenient.incident("no-decision"))["detail"].startswith("let be; ")
    leg.answer()
    leg.enter_bridge()
    leg.hang_up()
    await quiet(lenient, ami, "no-decision")


async def test_in_shadow_mode_a_bridge_without_a_recording_is_told_and_let_be(
    timings: Timings, ami: FakeAmi, directory: Path, tmp_path: Path
) -> None:
    async with Scene(tmp_path / "x", ami.port, directory, mode="shadow") as scene:
        await scene.ready()
        ami.monitor_mode = "lies"
        leg = ami.dial(NUMBER, await scene.allow())
        leg.answer()
        await scene.incident("recording-not-started")
        leg.enter_bridge()
        await scene.incident("bridged-unrecorded")
        leg.hang_up()
        await until(lambda: not scene.listener.legs)
        assert ami.count("Hangup") == 0


@pytest.mark.parametrize(
    ("endpoint", "number"), [("carrier", "110"), ("carrier", "0086119"), ("carrier2", "0871120")]
)
@pytest.mark.parametrize("by", ["agent", "originate"])
async def test_an_emergency_call_is_never_cut(
    scene: Scene, ami: FakeAmi, endpoint: str, number: str, by: str
) -> None:
    leg = ami.dial(number, endpoint=endpoint, agent=by == "agent")
    await judged(scene, leg)
    leg.hang_up()
    await quiet(scene, ami)


@pytest.mark.parametrize(
    ("caller", "began", "cut"),
    [
        ("AudioSocket/127.0.0.1:9092-40325ec2-5efd-4bd3-805f-53576e581d13", "", True),
        ("WebSocket/bot/0x7f2c14013a58", "", True),
        ("UnicastRTP/127.0.0.1:5000-0x7f2c1401", "", True),
        ("Local/110@x-00000001;2", "Local", True),  # an Originate of it
        ("Local/110@x-00000001;2", "AudioSocket", True),
        ("Local/110@x-00000001;2", "PJSIP", False),  # a person behind it
        ("Local/110@x-00000001;2", "", False),  # nobody can tell any more
        ("DAHDI/i1/2001-2a", "", False),
    ],
)
async def test_a_machines_emergency_call_is_cut_and_nobody_elses(
    scene: Scene, ami: FakeAmi, caller: str, began: str, cut: bool
) -> None:
    first, by = (ami.channel("agent1001", state="Ring") for _ in range(2))
    first.name = f"{began}/agent1001-00000001"
    by.name, by.linkedid = caller, first.uniqueid if began else "gone"
    leg = ami.dial("110", by=by)
    if cut:
        assert (await scene.incident("no-decision"))["detail"].startswith("cut; by ")
        await ami.seen("Hangup", Channel=leg.name)
    else:
        await judged(scene, leg)
        leg.hang_up()
        await quiet(scene, ami)


async def test_nor_is_one_with_an_id_that_is_not_its_own(scene: Scene, ami: FakeAmi) -> None:
    """The caller's channel still has the id of the call before."""
    leg = ami.dial("120", await scene.allow())
    await scene.incident("foreign-number")
    await judged(scene, leg)
    leg.hang_up()
    await quiet(scene, ami, "foreign-number")


@timed(legs={"store": 0.1})
async def test_nor_while_the_store_is_down(scene: Scene, ami: FakeAmi) -> None:
    scene.faulty.fails("carrier_legs.allowed", StoreError("down"))
    legs = [ami.dial("119"), ami.dial("119", "e" * 32)]
    await scene.incident("store-unavailable")  # of the second: its id could not be looked up
    for leg in legs:
        await judged(scene, leg)
        leg.hang_up()
    await quiet(scene, ami, "store-unavailable")


@pytest.mark.parametrize(
    ("number", "listed", "marked", "caller", "kind"),
    [
        ("61110", "911|61110", True, "PJSIP/agent1001-1", ""),
        ("02786110110", "02786110110", True, "PJSIP/agent1001-1", "emergency-unusual"),  # told, not cut
        ("61110", "911", True, "PJSIP/agent1001-1", "no-decision"),  # the site does not list it
        ("61110", "911|61110", False, "PJSIP/agent1001-1", "no-decision"),  # its dialplan did not let it pass
        ("61110", "911|61110", True, "Local/61110@x-1;2", "no-decision"),  # no person
        ("61110", "911|61110", True, "", "no-decision"),  # an Originate
        (NUMBER, "911|61110", True, "PJSIP/agent1001-1", "no-decision"),  # a dialler that sets the variable
        (NUMBER, "", True, "PJSIP/agent1001-1", "no-decision"),
        (NUMBER, '.*" 1) --', True, "PJSIP/agent1001-1", "no-decision"),  # breaks out of nothing
    ],
)
async def test_an_emergency_number_that_only_the_site_lists(
    scene: Scene, ami: FakeAmi, number: str, listed: str, marked: bool, caller: str, kind: str
) -> None:
    ami.globals["DIALPACT_EMERGENCY_NUMBERS"] = listed
    by = ami.channel("agent1001", state="Ring") if caller else None
    if by:
        by.name = caller
    leg = ami.dial(number, by=by, agent=bool(caller), quiet=True)
    if marked:
        leg.variables["DIALPACT_EMERGENCY"] = "1"
    leg.dial_begin()
    if kind:
        detail = (await scene.incident(kind))["detail"]
        assert detail.startswith("let be; " if kind == "emergency-unusual" else "cut; ")
    else:
        await ami.seen("Getvar", Variable=f'REGEX("^({listed})$" {number})')
        await asyncio.sleep(0.05)
        assert await scene.incidents() == []
    if kind == "no-decision":
        await ami.seen("Hangup", Channel=leg.name)
    else:
        assert ami.count("Hangup", Channel=leg.name) == 0
    if '"' in listed:
        assert not [sent for sent in ami.actions if sent.get("Variable", "").startswith("REGEX")]


async def test_a_call_that_comes_in_is_never_touched(scene: Scene, ami: FakeAmi) -> None:
    incoming = ami.call_in("02788889999")
    incoming.answer()  # its DialEnd belongs to no leg
    incoming.enter_bridge()
    await asyncio.sleep(0.3)
    assert [sent for sent in ami.actions if sent.get("Channel") == incoming.name] == []
    incoming.hang_up()
    await quiet(scene, ami)


async def test_not_even_by_a_forged_event(scene: Scene, ami: FakeAmi) -> None:
    """Past the event filter, with the right name and unique id: Asterisk itself is asked before the cut."""
    incoming = ami.call_in("02788889999")
    incoming.dial_string = f"{NUMBER}@carrier"
    incoming.dial_begin()
    await scene.incident("forged-event")
    await asyncio.sleep(0.15)
    incoming.hang_up()
    await until(lambda: not scene.listener.legs)
    assert ami.count("Hangup") == 0
    assert (await scene.incidents()).count("forged-event") == 1


# One decision, several legs


async def test_a_fork_is_one_call(scene: Scene, ami: FakeAmi) -> None:
    """Dial(A&B): both ring, both are made ready, one is answered and recorded, the other is cancelled."""
    decision = await scene.allow()
    first = ami.dial(NUMBER, decision)
    second = ami.dial(NUMBER, decision, by=first.caller)
    for leg in (first, second):
        leg.ring()
        await prepared(scene, leg)
    first.pick_up()
    second.hang_up()
    await recorded(first, decision)
    first.enter_bridge()
    first.speak(0.3)
    first.hang_up()
    (kept,) = await scene.recorded("kept")
    (unused,) = await scene.recorded("unanswered")
    assert (kept["uniqueid"], unused["uniqueid"]) == (first.uniqueid, second.uniqueid)
    assert kept["path"] != unused["path"]
    await quiet(scene, ami)


async def test_another_attempt_after_a_busy_line_is_the_same_call(scene: Scene, ami: FakeAmi) -> None:
    decision, first = await ringing(scene, ami)
    caller = first.caller
    first.hang_up(status="BUSY")
    await scene.recorded("unanswered")
    second = ami.dial(NUMBER, decision, by=caller)
    second.pick_up()
    await recorded(second, decision)
    assert (ami.count("Hangup"), await scene.incidents()) == (0, [])


async def test_also_with_a_lost_connection_in_between(scene: Scene, ami: FakeAmi) -> None:
    decision, first = await ringing(scene, ami)
    caller = first.caller
    first.hang_up(status="CONGESTION")
    await scene.recorded("unanswered")
    ami.drop()
    await until(lambda: ami.logins == 2)
    await scene.ready()
    second = ami.dial(NUMBER, decision, by=caller)
    second.pick_up()
    await recorded(second, decision)
    assert await scene.incidents() == []


@pytest.mark.parametrize("what", ["number", "trunk", "answered"])
async def test_another_attempt_elsewhere_or_after_an_answer_is_none(
    scene: Scene, ami: FakeAmi, what: Literal["number", "trunk", "answered"]
) -> None:
    if what == "answered":
        decision, first = await talking(scene, ami)
        first.hang_up()
    else:
        decision, first = await ringing(scene, ami)
    second = ami.dial(
        OTHER if what == "number" else NUMBER,
        decision,
        endpoint="carrier2" if what == "trunk" else "carrier",
        by=first.caller,
    )
    await ami.seen("Hangup", Channel=second.name)
    await scene.incident(
        {"number": "foreign-number", "trunk": "foreign-trunk", "answered": "reused-decision"}[what]
    )


# What changes in the middle of a call


async def test_a_channel_that_was_renamed_is_the_same_call_after_a_restart(
    scene: Scene, ami: FakeAmi
) -> None:
    _, leg = await talking(scene, ami)
    leg.speak(0.2)
    leg.rename("PJSIP/carrier-0000beef")
    leg.speak(0.1)
    await scene.stop()
    leg.seconds = 5
    await scene.start()
    await scene.ready()
    await until(lambda: leg.uniqueid in scene.listener.legs)
    leg.speak(0.1)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["seconds"] == 0.4
    await quiet(scene, ami)


async def test_an_originated_call_that_was_answered_while_nobody_listened_is_cut(
    scene: Scene, ami: FakeAmi
) -> None:
    """It runs an application as a caller's channel does, and has no note of Dial's."""
    await scene.stop()
    leg = ami.dial(NUMBER, agent=False, quiet=True)
    leg.answer()
    leg.variables["DIALEDPEERNUMBER"] = "110"  # set by whoever originated it, to look like an emergency
    leg.application, leg.seconds = "Playback", 5
    await scene.start()
    await ami.seen("Hangup", Channel=leg.name)
    assert NUMBER in (await scene.incident("no-decision"))["detail"]


@timed(legs={"overdue": 0.1})
async def test_an_answered_leg_that_nobody_gives_up_is_cut(scene: Scene, ami: FakeAmi) -> None:
    """Without a recording, without the interlock and without a bridge: a machine talks to the callee."""
    ami.monitor_mode = "lies"
    leg = ami.dial(NUMBER, await scene.allow())
    leg.answer()
    await scene.incident("recording-not-started")
    await ami.seen("Hangup", Channel=leg.name)
    await scene.incident("bridged-unrecorded")


# One listener a node


async def test_a_second_listener_of_the_node_does_not_start(scene: Scene) -> None:
    from ami_listener.listener import Listener

    second = Listener(scene.config, scene.store, scene.clock, lambda at: at.date())
    with pytest.raises(RecordingError, match=r"another listener of node pbx1 is running \(process [0-9]+"):
        await asyncio.wait_for(second.run(), WAIT)
    assert (await scene.lease())[0], "the first one's lease is untouched"


async def test_the_next_one_starts_at_once(scene: Scene) -> None:
    await scene.kill()
    await scene.start()
    await scene.ready()


def test_another_nodes_listener_is_none_of_ours(tmp_path: Path) -> None:
    with instance_lock(tmp_path / "a.db", "pbx1"), instance_lock(tmp_path / "a.db", "pbx2"):
        pass
    with instance_lock(tmp_path / "a.db", "pbx1"):
        pass


def test_a_place_where_no_lock_can_be_made(tmp_path: Path) -> None:
    with (
        pytest.raises(RecordingError, match="No such file"),
        instance_lock(tmp_path / "none" / "a.db", "pbx1"),
    ):
        pass
