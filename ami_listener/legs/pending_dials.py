"""Channels on a trunk that were made and of which no event has said yet that they are dialled.

Usually DialBegin follows Newchannel within a millisecond or two. But a caller whose name holds a line end
makes his DialBegin unfit, and the event filter drops it; Newchannel has no caller's text in it, and comes. So
Asterisk is asked about every new channel of which no DialBegin came: no call goes unrecorded for a name.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from datetime import datetime

from ami_listener.ami.connection import LinkError
from ami_listener.ami.events import Created
from ami_listener.ami.pbx import NoChannel, Pbx

FIRST_SECONDS = 0.1
Found = Callable[[Pbx, Created, datetime], None]


def looks() -> Iterator[float]:
    """Seconds before each look: a minute in all; a channel may be made now and dialled later (ARI)."""
    pause = FIRST_SECONDS
    while pause < 60:
        yield min(pause, 2.0)
        pause *= 1.3


class PendingDials:
    """Asks after new channels until they are dialled or gone; ``found`` is told of one that is dialled."""

    def __init__(self, found: Found) -> None:
        self._found = found
        self._waiting: dict[str, asyncio.Task[None]] = {}

    def expect(self, pbx: Pbx, event: Created, began: datetime) -> None:
        """A channel was made, and its DialBegin should follow. One in ``Ring`` is a call that comes in."""
        if event.state != "Ring":
            self.forget(event.uniqueid)
            task = asyncio.create_task(self._watch(pbx, event, began), name=f"pending dial {event.channel}")
            self._waiting[event.uniqueid] = task

    def forget(self, uniqueid: str) -> None:
        """It is dialled, or gone."""
        if (task := self._waiting.pop(uniqueid, None)) is not None:
            task.cancel()

    def close(self) -> None:
        for uniqueid in list(self._waiting):
            self.forget(uniqueid)

    async def _watch(self, pbx: Pbx, event: Created, began: datetime) -> None:
        try:
            for pause in looks():
                await asyncio.sleep(pause)
                if not await pbx.is_live(event.channel, event.uniqueid):
                    break
                if await pbx.is_dialled(event.channel):
                    self._found(pbx, event, began)
                    break
        except (LinkError, NoChannel):
            pass  # the next comparison of all channels looks at it
        self._waiting.pop(event.uniqueid, None)
