"""Who can hear whom: the channels of each bridge, and through Local channels those of the next."""

from __future__ import annotations

from collections.abc import Iterable

from ami_listener import events
from ami_listener.pbx import Live


class Bridges:
    """Kept from events of any channel; what was so before the first of them is learnt from a list."""

    def __init__(self) -> None:
        self._names: dict[str, str] = {}  # by unique id
        self._bridge: dict[str, str] = {}  # unique id -> bridge; empty: in none any more
        self._members: dict[str, set[str]] = {}

    def __len__(self) -> int:
        return len(self._bridge)

    def feed(self, event: events.ChannelEvent) -> None:
        match event:
            case events.BridgeEntered(technology="holding_bridge"):  # a car park: nobody hears anybody
                self._leave(event.uniqueid)
                self._bridge[event.uniqueid] = ""
            case events.BridgeEntered():
                self._enter(event.uniqueid, event.channel, event.bridge)
            case events.BridgeLeft():
                self._leave(event.uniqueid)
                self._bridge[event.uniqueid] = ""
            case events.Renamed() if event.uniqueid in self._names:
                self._names[event.uniqueid] = event.new
            case events.HungUp():
                self._leave(event.uniqueid)
                self._bridge.pop(event.uniqueid, None)
                self._names.pop(event.uniqueid, None)

    def unseen(self, channels: Iterable[Live]) -> list[Live]:
        """Those of a list that are in a bridge and of which no event has come: events are newer."""
        return [row for row in channels if row.bridge and row.uniqueid not in self._bridge]

    def learn(self, channels: Iterable[Live]) -> None:
        for row in self.unseen(channels):
            self._enter(row.uniqueid, row.channel, row.bridge)

    def forget(self) -> None:
        for table in (self._names, self._bridge, self._members):
            table.clear()

    def heard_by(self, uniqueid: str) -> set[str]:
        """Unique ids of all channels that hear ``uniqueid`` in their bridge, itself not."""
        found, waiting = {uniqueid}, [uniqueid]
        while waiting:
            one = waiting.pop()
            for other in self._members.get(self._bridge.get(one, ""), set()) | self._other_half(one):
                if other not in found:
                    found.add(other)
                    waiting.append(other)
        return found - {uniqueid}

    def _other_half(self, uniqueid: str) -> set[str]:
        """``Local/1@x-00000001;1`` and ``;2`` are one."""
        name = self._names.get(uniqueid, "")
        if not name.startswith("Local/") or name[-2:] not in (";1", ";2"):
            return set()
        other = name[:-1] + ("2" if name[-1] == "1" else "1")
        return {found for found, called in self._names.items() if called == other}

    def _enter(self, uniqueid: str, channel: str, bridge: str) -> None:
        self._leave(uniqueid)
        self._names[uniqueid], self._bridge[uniqueid] = channel, bridge
        self._members.setdefault(bridge, set()).add(uniqueid)

    def _leave(self, uniqueid: str) -> None:
        bridge = self._bridge.get(uniqueid, "")
        members = self._members.get(bridge)
        if members is not None:
            members.discard(uniqueid)
            if not members:
                del self._members[bridge]
