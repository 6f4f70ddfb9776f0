"""What Asterisk told of a leg is kept beside its recording: who asks the carrier needs it."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from dialpact.testing.ami import Channel, FakeAmi
from tests.ami_listener.scene import NUMBER, Scene, ringing, talking, until


async def test_an_answered_leg(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await ringing(scene, ami)
    leg.ring()
    leg.answer()
    await until_noted(scene)
    leg.hang_up()
    (row,) = await scene.carrier_legs(1)
    assert (row["decision"], row["node"], row["channel"]) == (decision, "pbx1", leg.name)
    assert (row["uniqueid"], row["linkedid"]) == (leg.uniqueid, leg.linkedid)
    assert row["sip_call_id"] == f"call-{leg.uniqueid}"
    assert row["dialled_at"] <= row["ringing_at"] <= row["answered_at"] <= row["ended_at"]
    assert (row["dial_status"], row["hangup_cause"]) == ("ANSWER", 16)


async def test_a_busy_one(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await ringing(scene, ami)
    leg.hang_up(status="BUSY")
    (row,) = await scene.carrier_legs(1)
    assert (row["answered_at"], row["dial_status"]) == (None, "BUSY")


async def test_a_listener_that_was_killed_leaves_what_it_knew(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    await until_noted(scene)
    await scene.kill()
    leg.hang_up()
    await scene.start()
    (row,) = await scene.carrier_legs(1)
    assert (row["sip_call_id"], row["linkedid"]) == (f"call-{leg.uniqueid}", leg.linkedid)
    assert row["hangup_cause"] is None


async def test_the_next_listener_adds_the_end_and_changes_nothing_else(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await ringing(scene, ami)
    leg.ring()
    await until_noted(scene)
    await scene.stop()
    await scene.start()
    await scene.ready()
    await until(lambda: leg.uniqueid in scene.listener.legs)
    (before,) = await scene.carrier_legs()
    leg.answer()
    leg.hang_up()
    (row,) = await scene.carrier_legs(1)
    changed = {name for name in row if row[name] != before[name]}
    assert changed - {"ringing_at"} == {"answered_at", "ended_at", "dial_status", "hangup_cause"}


async def test_a_forged_end_says_nothing_of_the_cause(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    ami.event("Hangup", "call", [*leg.block(), ("Cause", "34"), ("Cause-txt", "Circuit/channel congestion")])
    await scene.incident("forged-event")
    leg.hang_up()
    (row,) = await scene.carrier_legs(1)
    assert row["hangup_cause"] == 16


# Gone before Asterisk could be asked about it


async def over_at_once(scene: Scene, ami: FakeAmi, caller: Channel, decision: str, **more: str) -> Channel:
    """The carrier refuses before the listener's first question arrives."""
    leg = ami.dial(more.pop("number", NUMBER), decision, by=caller, **more)
    leg.hang_up(status="BUSY")
    await until(lambda: ami.count("Getvar", Channel=leg.name))
    await until(lambda: not scene.listener.legs)
    await scene.listener.outbox.drained()
    return leg


@pytest.mark.parametrize("through", ["the caller's channel", "a Local channel of his call"])
async def test_a_leg_that_lived_shorter_than_a_question_has_its_row(
    scene: Scene, ami: FakeAmi, through: str
) -> None:
    caller = ami.channel("agent1001", state="Ring")
    decision = await scene.allow(uniqueid=caller.uniqueid)
    local = ami.channel("local", caller=caller, state="Ring")
    leg = await over_at_once(scene, ami, caller if through.startswith("the") else local, decision)
    (row,) = await scene.carrier_legs(1)
    assert (row["decision"], row["uniqueid"], row["linkedid"]) == (decision, leg.uniqueid, leg.linkedid)
    assert (row["answered_at"], row["dial_status"], row["hangup_cause"]) == (None, "BUSY", 17)
    (recording,) = await scene.recorded("unanswered")
    assert (recording["decision"], recording["path"]) == (decision, "")
    assert (ami.count("Hangup"), await scene.incidents()) == (0, [])


async def test_each_leg_of_it_has_its_row(scene: Scene, ami: FakeAmi) -> None:
    """The newest decision that fits is taken: he had called the same number a moment before."""
    caller = ami.channel("agent1001", state="Ring")
    await scene.allow(uniqueid=caller.uniqueid)
    decision = await scene.allow(uniqueid=caller.uniqueid)
    legs = [await over_at_once(scene, ami, caller, decision) for _ in range(2)]
    rows = await scene.carrier_legs(2)
    assert [(row["decision"], row["uniqueid"]) for row in rows] == [(decision, leg.uniqueid) for leg in legs]
    assert await scene.incidents() == []


@pytest.mark.parametrize(
    "change",
    [
        {"uniqueid": "1.1"},
        {"dial": "13900139000"},
        {"trunk": "carrier2"},
        {"blocked": True},
        {"node": "pbx2"},
    ],
    ids=lambda change: next(iter(change)),
)
async def test_one_of_which_no_decision_is_known_is_told(
    scene: Scene, ami: FakeAmi, change: dict[str, Any]
) -> None:
    caller = ami.channel("agent1001", state="Ring")
    await scene.allow(**{"uniqueid": caller.uniqueid} | change)
    await over_at_once(scene, ami, caller, "")
    incident = await scene.incident("leg-not-judged")
    assert incident["detail"] == (
        f"gone; by {caller.name} context=from-carrier linkedid={caller.linkedid}; dialled {NUMBER}"
    )
    assert (ami.count("Hangup"), await scene.carrier_legs()) == (0, [])


async def test_one_that_a_program_was_allowed(scene: Scene, ami: FakeAmi) -> None:
    """No channel asked for it: the id came over HTTP, and an Originate dials."""
    decision = await scene.allow(channel="API/crm")
    leg = ami.dial(NUMBER, decision, agent=False)
    leg.hang_up(status="BUSY")
    (row,) = await scene.carrier_legs(1)
    assert (row["decision"], row["uniqueid"], row["hangup_cause"]) == (decision, leg.uniqueid, 17)
    assert await scene.incidents() == []


async def test_of_two_that_a_program_was_allowed_nobody_knows_which(scene: Scene, ami: FakeAmi) -> None:
    for _ in range(2):
        await scene.allow(channel="API/crm")
    ami.dial(NUMBER, "", agent=False).hang_up(status="BUSY")
    assert (await scene.incident("leg-not-judged"))["detail"].startswith("gone; by an Originate ")
    assert await scene.carrier_legs() == []


async def test_what_was_used_by_another_call_is_not_meant(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow(channel="API/crm")
    leg = ami.dial(NUMBER, decision, agent=False)
    await until_noted(scene)
    ami.dial(NUMBER, "", agent=False).hang_up(status="BUSY")
    await scene.incident("leg-not-judged")
    leg.hang_up(status="BUSY")


async def test_an_emergency_call_that_is_over_at_once_is_nobodys_business(scene: Scene, ami: FakeAmi) -> None:
    await over_at_once(scene, ami, ami.channel("agent1001", state="Ring"), "", number="110")
    assert await scene.incidents() == []


async def test_a_hangup_that_is_told_a_little_later_is_waited_for(scene: Scene, ami: FakeAmi) -> None:
    caller = ami.channel("agent1001", state="Ring")
    decision = await scene.allow(uniqueid=caller.uniqueid)
    leg = ami.dial(NUMBER, decision, by=caller)
    ami.channels.pop(leg.name)
    await ami.seen("Getvar", Channel=leg.name, Variable="DIALPACT_ID")
    await asyncio.sleep(0.05)
    leg.tell_dial("DialEnd", ("DialStatus", "BUSY"))
    leg.tell("Hangup", ("Cause", "17"), ("Cause-txt", "User busy"))
    (row,) = await scene.carrier_legs(1)
    assert (row["dial_status"], row["hangup_cause"]) == ("BUSY", 17)


@pytest.mark.parametrize("cause", ["0", "23"])
async def test_a_leg_that_the_carrier_redirected(scene: Scene, ami: FakeAmi, cause: str) -> None:
    """Dial says so; the channel's cause is set by another of Asterisk's threads, and may come too late."""
    _, leg = await ringing(scene, ami)
    leg.tell_dial("DialEnd", ("Forward", "13900139000"), ("DialStatus", "CANCEL"))
    ami.channels.pop(leg.name)
    leg.tell("Hangup", ("Cause", cause), ("Cause-txt", "Unknown"))
    (row,) = await scene.carrier_legs(1)
    assert (row["dial_status"], row["hangup_cause"]) == ("", 23)


async def until_noted(scene: Scene) -> None:
    async def noted() -> bool:
        return bool(await scene.carrier_legs())

    await until(noted, 10)
