"""Who shares whose sound: the members of each bridge, and those beyond a Local channel. Pure: events in.

A Local channel has two halves, ``Local/x@y-00000001;1`` and ``...;2``, each perhaps in a bridge of its own:
what goes into one comes out of the other, so whoever is in either bridge hears whoever is in the other.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import msgspec

from ami_listener.ami import events
from ami_listener.ami.pbx import Live

# ConfBridge and parking lots are none: a mixer's sound has no numbers that could fall back, and who is parked
# talks with nobody. Bridges that were found (resync) have no purpose that is known.
TALKS = ("basic", "stasis")


class Member(msgspec.Struct, frozen=True):
    channel: str
    uniqueid: str

    @property
    def is_local(self) -> bool:
        return self.channel.startswith("Local/")


class Bridges:
    """See the module."""

    def __init__(self) -> None:
        self._members: dict[str, dict[str, Member]] = {}  # bridge: unique id: member
        self._bridge: dict[str, str] = {}  # unique id: the bridge it is in; empty: in none, an event said so
        self._purpose: dict[str, str] = {}
        self._named: dict[str, str] = {}  # channel in a bridge: its unique id

    def feed(self, event: events.ChannelEvent) -> None:
        match event:
            case events.BridgeEntered(technology="holding_bridge"):  # a car park: nobody hears anybody
                self._leave(event.uniqueid)
                self._bridge[event.uniqueid] = ""
            case events.BridgeEntered():
                self._purpose[event.bridge] = event.purpose
                self._enter(Member(event.channel, event.uniqueid), event.bridge)
            case events.BridgeLeft():
                self._leave(event.uniqueid)
                self._bridge[event.uniqueid] = ""
            case events.HungUp():
                self._leave(event.uniqueid)
            case events.Renamed():
                if bridge := self._bridge.get(event.uniqueid):
                    self._leave(event.uniqueid, keep=bridge)
                    self._enter(Member(event.new, event.uniqueid), bridge)

    def unseen(self, rows: Iterable[Live]) -> list[Live]:
        """Those of a list that are in a bridge and of which no event has come: an event is newer."""
        return [row for row in rows if row.bridge and row.uniqueid not in self._bridge]

    def found(self, rows: Iterable[tuple[Member, str]], up: Collection[str] = ()) -> None:
        """All channels there are, and the bridge of each, as Asterisk lists them: adds whose entering was
        missed, forgets who is gone. ``up``: unique ids of those who are not, though they may not be listed.
        """
        there = set()
        for member, bridge in rows:
            there.add(member.uniqueid)
            if bridge and member.uniqueid not in self._bridge:
                self._enter(member, bridge)
        for uniqueid in list(self._bridge):
            if uniqueid not in there and uniqueid not in up:
                self._leave(uniqueid)

    def are_talking(self, uniqueid: str) -> bool:
        """Whether it is in a bridge of two that talk; False while that is not known."""
        return self._purpose.get(self._bridge.get(uniqueid, ""), "") in TALKS

    def heard_by(self, uniqueid: str) -> set[str]:
        """Unique ids of all who hear ``uniqueid``, itself not."""
        return {one.uniqueid for one in self.beside(uniqueid)}

    def beside(self, uniqueid: str) -> list[Member]:
        """All others whose sound it shares, the nearest first."""
        seen, reached = {uniqueid}, list[Member]()
        edge = [uniqueid]
        own = self._members.get(self._bridge.get(uniqueid, ""), {}).get(uniqueid)
        if own is not None and (beyond := self._named.get(_other_half(own.channel), "")):
            seen.add(beyond)
            reached.append(self._members[self._bridge[beyond]][beyond])
            edge.append(beyond)
        while edge:
            members = self._members.get(self._bridge.get(edge.pop(0), ""), {})
            for member in [one for one in members.values() if one.uniqueid not in seen]:
                seen.add(member.uniqueid)
                reached.append(member)
                other = self._named.get(_other_half(member.channel), "")
                if other and other not in seen:
                    seen.add(other)
                    reached.append(self._members[self._bridge[other]][other])
                    edge.append(other)
        return reached

    def _enter(self, member: Member, bridge: str) -> None:
        self._leave(member.uniqueid, keep=bridge)
        self._members.setdefault(bridge, {})[member.uniqueid] = member
        self._bridge[member.uniqueid] = bridge
        self._named[member.channel] = member.uniqueid

    def _leave(self, uniqueid: str, keep: str = "") -> None:
        if not (bridge := self._bridge.pop(uniqueid, "")):
            return
        self._named.pop(self._members[bridge].pop(uniqueid).channel, None)
        if not self._members[bridge] and bridge != keep:
            del self._members[bridge]
            self._purpose.pop(bridge, None)


def _other_half(channel: str) -> str:
    """Of a Local channel; empty for any other.

    >>> _other_half("Local/1@x-00000001;1"), _other_half("PJSIP/a-00000001")
    ('Local/1@x-00000001;2', '')
    """
    if not channel.startswith("Local/") or channel[-2:] not in (";1", ";2"):
        return ""
    return channel[:-1] + ("2" if channel.endswith("1") else "1")
