"""What Asterisk told of a leg is kept beside its recording: who asks the carrier needs it."""

from __future__ import annotations

from dialpact.testing.ami import FakeAmi
from tests.ami_listener.scene import Scene, ringing, talking, until


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


async def until_noted(scene: Scene) -> None:
    async def noted() -> bool:
        return bool(await scene.carrier_legs())

    await until(noted, 10)
