"""Who shares whose sound."""

from __future__ import annotations

from ami_listener.ami import events
from ami_listener.ami.bridges import Bridges, Member

AGENT, LEG = Member("PJSIP/agent1001-00000001", "1.1"), Member("PJSIP/carrier-00000002", "1.2")
OTHER = Member("PJSIP/agent1002-00000003", "1.3")
ONE, TWO = Member("Local/1@x-00000001;1", "1.4"), Member("Local/1@x-00000001;2", "1.5")


def entered(bridges: Bridges, bridge: str, *members: Member, purpose: str = "basic") -> None:
    for one in members:
        bridges.feed(events.BridgeEntered(one.channel, one.uniqueid, bridge=bridge, purpose=purpose))


def left(bridges: Bridges, member: Member) -> None:
    bridges.feed(events.BridgeLeft(member.channel, member.uniqueid))


def test_members_of_one_bridge() -> None:
    bridges = Bridges()
    entered(bridges, "a", AGENT, LEG)
    entered(bridges, "b", OTHER)
    assert bridges.beside(LEG.uniqueid) == [AGENT]
    left(bridges, AGENT)
    assert bridges.beside(LEG.uniqueid) == []
    entered(bridges, "b", LEG)  # it went on without leaving, as in a transfer
    assert bridges.beside(LEG.uniqueid) == [OTHER]
    assert bridges.beside(AGENT.uniqueid) == []


def test_those_beyond_a_local_channel() -> None:
    bridges = Bridges()
    entered(bridges, "a", TWO, LEG)
    assert bridges.beside(LEG.uniqueid) == [TWO]
    entered(bridges, "b", ONE, AGENT)
    assert bridges.beside(LEG.uniqueid) == [TWO, ONE, AGENT]
    assert bridges.beside(AGENT.uniqueid) == [ONE, TWO, LEG]
    assert bridges.beside(ONE.uniqueid) == [TWO, AGENT, LEG]
    left(bridges, ONE)
    assert bridges.beside(LEG.uniqueid) == [TWO]


def test_a_channel_of_another_name_is_the_same_member() -> None:
    bridges = Bridges()
    entered(bridges, "a", AGENT, LEG)
    bridges.feed(events.Renamed(AGENT.channel, AGENT.uniqueid, new="PJSIP/agent-9"))
    assert bridges.beside(LEG.uniqueid) == [Member("PJSIP/agent-9", AGENT.uniqueid)]
    bridges.feed(events.HungUp("PJSIP/agent-9", AGENT.uniqueid, cause=16))
    assert bridges.beside(LEG.uniqueid) == []


def test_what_was_missed_is_found_and_what_is_gone_forgotten() -> None:
    bridges = Bridges()
    entered(bridges, "a", AGENT)
    bridges.found([(LEG, "a"), (AGENT, "elsewhere"), (OTHER, "")])
    assert bridges.beside(LEG.uniqueid) == [AGENT], "an event is newer than a list"
    bridges.found([(LEG, "a")])
    assert bridges.beside(LEG.uniqueid) == []


def test_who_talks() -> None:
    bridges = Bridges()
    entered(bridges, "a", AGENT)
    entered(bridges, "b", OTHER, purpose="base")  # ConfBridge
    entered(bridges, "c", ONE, purpose="parking")
    bridges.found([(one, "") for one in (AGENT, OTHER, ONE)] + [(LEG, "d")])
    assert bridges.are_talking(AGENT.uniqueid)
    assert not any(bridges.are_talking(one.uniqueid) for one in (OTHER, ONE, LEG, TWO))
