"""Legs that leave by another number than their decision's, on the fake."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from dialpact.testing.ami import Channel, FakeAmi
from tests.ami_listener.scene import NUMBER, Scene, until

OURS, OTHER = "02788880001", "02799990001"
LOOK = "CHANNEL(pjsip,local_uri)"


@pytest.fixture
async def ami() -> AsyncIterator[FakeAmi]:
    async with FakeAmi() as ami:
        yield ami


@pytest.fixture
async def scene(tmp_path: Path, ami: FakeAmi) -> AsyncIterator[Scene]:
    (tmp_path / "recordings").mkdir()
    async with Scene(tmp_path / "home", ami.port, tmp_path / "recordings") as scene:
        await scene.ready()
        yield scene


async def recorded(scene: Scene, leg: Channel, decision: str) -> None:
    """Once it is judged to be allowed, and was answered."""
    if leg.state != "Up":
        legs = scene.listener.legs
        await until(lambda: leg.uniqueid in legs and legs[leg.uniqueid].allowed)
        leg.answer()
    await until(lambda: leg.variables.get("DIALPACT_RECORDING") == decision)


def dial(ami: FakeAmi, decision: str, number: str = NUMBER, **about: str) -> Channel:
    leg = ami.dial(number, decision, quiet=True)
    for name, value in about.items():
        setattr(leg, name, value)
    leg.dial_begin()
    return leg


async def test_it_is_cut_and_neither_recorded_nor_let_through(scene: Scene, ami: FakeAmi) -> None:
    ami.forbid("MixMonitor")
    ami.forbid("Setvar", Variable="DIALPACT_RECORDING")
    leg = dial(ami, await scene.allow(), caller_id=OTHER)
    await ami.seen("Hangup", Channel=leg.name)
    assert (await scene.incident("caller-id-altered"))["detail"].endswith(
        f"authorised and sent {OURS} {OTHER}"
    )
    (row,) = await scene.carrier_legs(ended=1)
    assert row["sent_from"] == OTHER
    assert ami.count("Getvar", Channel=leg.name, Variable=LOOK) == 1, "what is seen at its dialling is final"


async def test_what_asterisk_does_not_tell_is_looked_at_twice_and_cut(scene: Scene, ami: FakeAmi) -> None:
    leg = dial(ami, await scene.allow(), presentation="")
    await ami.seen("Hangup", Channel=leg.name)
    await scene.incident("caller-id-unknown")
    assert ami.count("Getvar", Channel=leg.name, Variable=LOOK) == 2


async def test_what_is_told_at_the_second_look_is_enough(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    leg = dial(ami, decision, presentation="")
    await ami.seen("Getvar", Channel=leg.name, Variable=LOOK)
    leg.presentation = "allowed"
    await recorded(scene, leg, decision)
    assert await scene.incidents() == []


async def test_a_leg_of_which_no_event_came_is_looked_at_twice(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision, hidden=True, caller_id=OTHER)
    await ami.seen("Getvar", Channel=leg.name, Variable=LOOK)
    leg.caller_id = OURS
    await recorded(scene, leg, decision)
    assert await scene.incidents() == []


async def test_the_second_leg_of_a_call_is_looked_at_as_well(scene: Scene, ami: FakeAmi) -> None:
    decision = await scene.allow()
    first = dial(ami, decision)
    await recorded(scene, first, decision)
    second = ami.dial(NUMBER, decision, by=first.caller, caller_id=OTHER)
    await ami.seen("Hangup", Channel=second.name)
    assert first.name in ami.channels


async def test_an_emergency_call_is_told_and_let_be(scene: Scene, ami: FakeAmi) -> None:
    ami.forbid("Hangup")
    decision = await scene.allow("110")
    leg = dial(ami, decision, "110", caller_id=OTHER)
    await recorded(scene, leg, decision)
    assert (await scene.incident("caller-id-altered"))["detail"].startswith("let be; ")


async def test_a_call_that_is_found_while_it_goes_on_has_only_its_from(scene: Scene, ami: FakeAmi) -> None:
    """Its connected line followed the call, to whom it was transferred."""
    await scene.stop()
    decision = await scene.allow()
    leg = ami.dial(NUMBER, decision)
    leg.answer()
    leg.enter_bridge()
    leg.seconds, leg.presentation = 4, "prohib"
    await scene.start()
    await recorded(scene, leg, decision)
    await scene.incident("recording-gap")
    assert await scene.incidents() == ["recording-gap"]


async def test_a_call_that_was_cut_was_seen(scene: Scene, ami: FakeAmi) -> None:
    """The next listener does not take its decision for a call that nobody saw."""
    leg = dial(ami, await scene.allow(), caller_id=OTHER)
    await until(lambda: leg.name not in ami.channels)
    await scene.carrier_legs(ended=1)
    await scene.stop()
    await scene.start()
    await scene.ready()
    await until(lambda: scene.listener.gap.since is None, 10)
    assert await scene.incidents() == ["caller-id-altered"]


async def test_a_second_session_does_not_tell_it_again(scene: Scene, ami: FakeAmi) -> None:
    ami.dropped.add("Hangup")
    leg = dial(ami, await scene.allow(), caller_id=OTHER)
    await scene.incident("caller-id-altered")
    leg.seconds = 9
    ami.drop()
    await until(lambda: ami.logins == 2)
    ami.dropped.clear()
    await until(lambda: leg.name not in ami.channels)
    assert len((await scene.store.incidents.list()).rows) == 1
