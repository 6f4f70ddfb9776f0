"""Supervisors at calls, with the fake Asterisk: who is recorded, cut or noted, and until when."""

from __future__ import annotations

import json
from typing import Any

import pytest
from msgspec import structs

from dialpact.compliance.config import PolicyConfig, Supervisor
from dialpact.testing.ami import Channel, FakeAmi
from tests.ami_listener.pace import timed
from tests.ami_listener.scene import Scene, keep_until, talking, until


def supervisor(ami: FakeAmi, data: str = "PJSIP/carrier,qw", application: str = "ChanSpy") -> Channel:
    boss = ami.channel("agent1002", state="Up")
    boss.application, boss.data = application, data
    return boss


def spy(ami: FakeAmi, boss: Channel, on: Channel, event: str = "ChanSpyStart") -> None:
    ami.event(event, "call", [*boss.block("Spyer"), *on.block("Spyee")])


async def recorded(scene: Scene, boss: Channel) -> None:
    await until(lambda: boss.monitors)
    await until(lambda: all(one.segment and one.segment.proven_at for one in companions(scene)))


def companions(scene: Scene) -> list[Any]:
    return list(scene.listener.companions)


async def noted(scene: Scene, count: int = 1) -> list[tuple[str, dict[str, Any]]]:
    """Who was at which call (its unique id), once that many are written."""
    found: list[tuple[str, dict[str, Any]]] = []

    async def are_there() -> bool:
        found[:] = [
            (row["uniqueid"], one)
            for row in await scene.carrier_legs()
            for one in json.loads(row["supervision"]).values()
        ]
        return len(found) >= count

    await until(are_there)
    return found


async def presences(scene: Scene) -> list[dict[str, Any]]:
    (leg,) = await scene.carrier_legs(ended=1)
    return list(json.loads(leg["supervision"]).values())


def ruled(scene: Scene, supervisor: Supervisor, **policy: Any) -> None:
    trunks = {
        name: structs.replace(trunk, supervisor=supervisor) for name, trunk in scene.config.trunks.items()
    }
    scene.listener.replace(
        structs.replace(scene.config, trunks=trunks, policy=PolicyConfig(**policy)), keep_until
    )


async def test_his_channel_is_recorded_from_his_coming_to_his_going(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await talking(scene, ami)
    boss = supervisor(ami)
    spy(ami, boss, leg)
    await recorded(scene, boss)
    leg.speak(1.0)
    boss.speak(1.0)
    spy(ami, boss, leg, "ChanSpyStop")
    (row,) = await scene.recorded("kept")
    assert (row["decision"], row["part"], row["channel"]) == (decision, "supervisor", boss.name)
    await until(lambda: not boss.monitors)
    leg.hang_up()
    assert {row["part"] for row in await scene.recorded("kept", 2)} == {"carrier", "supervisor"}
    (fact,) = await presences(scene)
    assert (fact["channel"], fact["heard_by"]) == (boss.name, "customer")
    assert fact["since"] <= fact["until"]
    assert await scene.incidents() == []


async def test_one_who_listens_is_noted_and_nothing_else(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    boss = supervisor(ami, "PJSIP/carrier,qS")
    spy(ami, boss, leg)
    await noted(scene)
    leg.speak(1.0)
    leg.hang_up()
    (row,) = await scene.recorded("kept")
    assert row["part"] == "carrier"
    (fact,) = await presences(scene)
    assert (fact["heard_by"], "until" in fact) == ("nobody", True)
    assert await scene.incidents() == []


@pytest.mark.parametrize("rule", ["cut", "report"])
@pytest.mark.parametrize("shadow", [False, True], ids=["enforce", "shadow"])
async def test_a_trunk_that_wants_none(scene: Scene, ami: FakeAmi, rule: Supervisor, shadow: bool) -> None:
    ruled(scene, rule, mode="shadow" if shadow else "enforce")
    decision, leg = await talking(scene, ami)
    boss = supervisor(ami)
    spy(ami, boss, leg)
    incident = await scene.incident("supervisor-unrecorded")
    assert incident["decision"] == decision
    if rule == "cut" and not shadow:
        await until(lambda: boss.name not in ami.channels)
        assert incident["detail"].startswith("cut; ")
    else:
        assert incident["detail"].startswith("let be; ")
        assert ami.count("Hangup") == 0
    assert not boss.monitors
    assert leg.name in ami.channels


async def test_one_who_can_not_be_recorded_is_cut(scene: Scene, ami: FakeAmi) -> None:
    decision, leg = await talking(scene, ami)
    ami.monitor_mode = "lies"
    boss = supervisor(ami)
    spy(ami, boss, leg)
    incident = await scene.incident("voice-not-recorded")
    assert incident["decision"] == decision
    assert incident["detail"].startswith(f"cut; supervisor {boss.name}: ")
    await until(lambda: boss.name not in ami.channels)
    assert leg.name in ami.channels


async def test_who_is_at_the_agents_channel_hears_the_next_call_too(scene: Scene, ami: FakeAmi) -> None:
    """He stays there while customers come and go."""
    agent = ami.channel("agent1001", state="Up")
    boss = supervisor(ami, "PJSIP/agent1001,qB")
    spy(ami, boss, agent)
    for number in (1, 2):
        decision = await scene.allow()
        leg = ami.dial("13800138000", decision, by=agent)
        leg.ring()
        assert not boss.monitors
        leg.answer()
        await until(lambda leg=leg: leg.variables.get("DIALPACT_RECORDING"))
        leg.enter_bridge()
        agent.enter_bridge(leg.bridge, interlock=False)
        await recorded(scene, boss)
        for channel in (leg, boss):
            channel.speak(1.0)
        agent.leave_bridge()
        leg.hang_up()
        rows = await scene.recorded("kept", 2 * number)
        assert sum(row["part"] == "supervisor" and row["decision"] == decision for row in rows) == 1
        await until(lambda: not boss.monitors)
    assert await scene.incidents() == []


async def test_a_coach_is_at_no_other_call_than_his_agents(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    await talking(scene, ami)
    agent = ami.channel("agent1001", state="Up")
    agent.enter_bridge(leg.bridge, interlock=False)
    boss = supervisor(ami, "PJSIP/agent1001,qw")
    spy(ami, boss, agent)
    await recorded(scene, boss)
    assert [one.leg.uniqueid for one in companions(scene)] == [leg.uniqueid]
    assert [(leg, one["channel"], one["heard_by"]) for leg, one in await noted(scene)] == [
        (leg.uniqueid, boss.name, "agent")
    ]


@pytest.mark.parametrize("calls", [1, 2])
async def test_one_who_was_there_before_the_listener(scene: Scene, ami: FakeAmi, calls: int) -> None:
    """Asterisk tells the prefix that he was given, not whom he is at: between two calls nobody can tell."""
    legs = [(await talking(scene, ami))[1] for _ in range(calls)]
    await scene.stop()
    boss = supervisor(ami)
    await scene.start()
    if calls == 1:
        await recorded(scene, boss)
        assert boss.name in ami.channels
        assert "voice-not-recorded" not in await scene.incidents()
    else:
        await scene.incident("voice-not-recorded")
        await until(lambda: boss.name not in ami.channels)
    assert all(leg.name in ami.channels for leg in legs)


@timed(listener={"second_look": 0.05, "audit": 0.05})
async def test_one_who_waits_for_a_call_of_his_group_is_left_alone(scene: Scene, ami: FakeAmi) -> None:
    """Asterisk tells by an event when he is at one. But from before the listener nobody knows: he is cut."""
    _, leg = await talking(scene, ami)
    await scene.stop()
    early = supervisor(ami, "PJSIP,qwg(sales)")
    await scene.start()
    await until(lambda: early.name not in ami.channels)
    assert (await scene.incident("voice-not-recorded"))["detail"].startswith("cut; ")
    await scene.ready()
    late = supervisor(ami, "PJSIP,qwg(sales)")
    looks = ami.count("CoreShowChannels")
    await until(lambda: ami.count("CoreShowChannels") > looks + 4)
    assert late.name in ami.channels
    assert len(companions(scene)) == 0
    spy(ami, late, leg)
    await recorded(scene, late)


@timed(listener={"second_look": 0.05, "audit": 0.05})
async def test_one_whose_event_did_not_come_is_found(scene: Scene, ami: FakeAmi) -> None:
    """A line break in somebody's name makes it unfit to be believed."""
    await scene.stop()
    await scene.start()
    await scene.ready()
    await talking(scene, ami)
    boss = supervisor(ami)
    await recorded(scene, boss)


async def test_a_snoop_that_was_there_before_tells_by_its_name(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    _, _other = await talking(scene, ami)
    await scene.stop()
    snoop = ami.channel("x", state="Up")
    del ami.channels[snoop.name]
    snoop.name, snoop.application, snoop.data = f"Snoop/{leg.uniqueid}-00000000", "Stasis", "app"
    ami.channels[snoop.name] = snoop
    await scene.start()
    await recorded(scene, snoop)
    assert [one.leg.uniqueid for one in companions(scene)] == [leg.uniqueid]


async def test_a_stop_of_his_recording_is_mended(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    boss = supervisor(ami)
    spy(ami, boss, leg)
    await recorded(scene, boss)
    boss.speak(1.0)
    boss.stop_monitor()
    assert (await scene.incident("recording-stopped"))["detail"].startswith("supervisor: 0.")
    await recorded(scene, boss)
    boss.speak(1.0)
    boss.mute_monitor()
    assert (await scene.incident("recording-muted"))["detail"].startswith("supervisor: 0.")
    boss.speak(1.0)
    boss.hang_up(handler=False)
    rows = await scene.recorded("kept", 2)  # a muted one is unmuted
    assert [row["part"] for row in rows] == ["supervisor"] * 2


async def test_a_stop_of_the_sites_own_beside_it_is_none(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    boss = supervisor(ami)
    spy(ami, boss, leg)
    await recorded(scene, boss)
    probes = ami.count("MixMonitorMute", Channel=boss.name)
    ami.event("MixMonitorStop", "call", boss.block())
    await until(lambda: ami.count("MixMonitorMute", Channel=boss.name) > probes)
    assert len(companions(scene)) == 1
    assert await scene.incidents() == []


@timed(listener={"second_look": 0.05})
async def test_his_recording_goes_on_over_a_lost_link(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    boss = supervisor(ami)
    spy(ami, boss, leg)
    await recorded(scene, boss)
    boss.speak(1.0)
    (first,) = companions(scene)
    ami.drop()
    await until(lambda: len(companions(scene)) == 1 and companions(scene) != [first])
    await noted(scene, 2)
    boss.speak(1.0)
    boss.hang_up(handler=False)
    (row,) = await scene.recorded("kept")
    assert (row["part"], row["seconds"]) == ("supervisor", pytest.approx(2.0, abs=0.1))
    assert await scene.incidents() == []


async def test_a_call_that_ends_takes_his_recording_along(scene: Scene, ami: FakeAmi) -> None:
    _, leg = await talking(scene, ami)
    boss = supervisor(ami)
    spy(ami, boss, leg)
    await recorded(scene, boss)
    for channel in (leg, boss):
        channel.speak(1.0)
    leg.hang_up()
    await scene.recorded("kept", 2)
    assert boss.name in ami.channels
    assert not boss.monitors
    (fact,) = await presences(scene)
    assert fact["until"]
