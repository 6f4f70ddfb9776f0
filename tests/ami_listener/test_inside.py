"""A fork in which a colleague answers, on the fake Asterisk."""

from __future__ import annotations

import asyncio

import pytest

from dialpact.testing.ami import Channel, FakeAmi
from tests.ami_listener.scene import NUMBER, Scene, ringing, until


def rings(ami: FakeAmi, leg: Channel, endpoint: str = "agent1002", dial: str = "") -> Channel:
    """A second phone of the same Dial."""
    return ami.dial("1002", endpoint=endpoint, dial_string=dial or endpoint, by=leg.caller)


async def test_his_channel_is_told_that_nobody_outside_has_answered(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await ringing(scene, ami)
    colleague = rings(ami, leg)
    colleague.pick_up()
    leg.hang_up()
    await until(lambda: colleague.variables.get("DIALPACT_INSIDE") == decision)
    await scene.recorded("unanswered")
    assert await scene.incidents() == []


async def test_one_who_is_faster_than_the_verdict_waits_for_it(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    colleague = rings(ami, leg)
    colleague.pick_up()
    await until(lambda: colleague.variables.get("DIALPACT_INSIDE") == decision)


@pytest.mark.parametrize("what", ["a number", "a Local channel", "another caller", "a trunk"])
async def test_what_may_lead_outside_is_no_colleague(scene: Scene, ami: FakeAmi, what: str) -> None:
    _, leg = await ringing(scene, ami)
    match what:
        case "a number":
            other = rings(ami, leg, "unlisted", f"{NUMBER}@unlisted")
        case "a trunk":
            other = rings(ami, leg, "carrier2")
        case "another caller":
            other = ami.dial("1002", endpoint="agent1002", dial_string="agent1002")
        case _:
            other = ami.dial("1002", dial_string="1002@x", endpoint="agent1002", by=leg.caller, quiet=True)
            other.rename("Local/1002@x-00000001;1")
            other.dial_begin()
    other.pick_up()
    await asyncio.sleep(0.1)
    assert "DIALPACT_INSIDE" not in other.variables


async def test_a_leg_that_has_no_decision_makes_nobody_a_colleague(scene: Scene, ami: FakeAmi) -> None:
    leg = ami.dial("110")
    colleague = rings(ami, leg)
    colleague.pick_up()
    await asyncio.sleep(0.1)
    assert "DIALPACT_INSIDE" not in colleague.variables
    leg.hang_up()
