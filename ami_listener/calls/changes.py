"""What became of channels since the last comparison began.

Asterisk's list of channels is as old as the question for it, and a comparison asks more than one: meanwhile
somebody came who is not in the list, and somebody went who is. What events told since is newer.
"""

from __future__ import annotations

from collections.abc import Iterable

from ami_listener.ami import events
from ami_listener.ami.pbx import Live


class Changes:
    """Unique ids of channels, as many as there are events of in half a minute."""

    def __init__(self) -> None:
        self._heard: set[str] = set()
        self._gone: set[str] = set()

    def begin(self) -> None:
        """Before the channels are asked for."""
        self._heard.clear()
        self._gone.clear()

    def feed(self, event: events.ChannelEvent) -> None:
        if isinstance(event, events.HungUp):
            self._heard.discard(event.uniqueid)
            self._gone.add(event.uniqueid)
        else:
            self._heard.add(event.uniqueid)

    def up(self, listed: Iterable[Live]) -> set[str]:
        """Unique ids of the channels that may be up: who is in none of both is gone."""
        return self._heard.union(row.uniqueid for row in listed)

    def still(self, listed: Iterable[Live]) -> list[Live]:
        """Those that have not hung up since."""
        return [row for row in listed if row.uniqueid not in self._gone]
