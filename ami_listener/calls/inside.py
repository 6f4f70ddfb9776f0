"""A colleague who answers before anybody outside does: ``Dial(PJSIP/1002&PJSIP/138...@carrier,,U(...))``.

The interlock runs on whichever channel answers, and on a colleague's it would wait for a recording that
nobody makes, and give his call up for a reason that is not true. No call outside has come about: the
listener, who saw which channel it is, says so on it.

Only for a channel of no trunk, dialled by the same caller as a leg with a decision, by a name or an
extension: something as long as a subscriber's number may be a way outside that no trunk lists, and is let
wait.
"""

from __future__ import annotations

import asyncio

import msgspec
import structlog

from ami_listener.ami import events
from ami_listener.ami.connection import LinkError
from ami_listener.ami.pbx import INSIDE, Pbx
from ami_listener.calls.view import ListenerView
from ami_listener.legs import leg_policy
from ami_listener.legs.leg import Leg
from dialpact.compliance.endpoints import dialled
from dialpact.compliance.errors import RecordingError

JUDGED_SECONDS = 1.0  # so long the interlock waits
log = structlog.get_logger()


class Rung(msgspec.Struct, frozen=True):
    channel: str
    caller_id: str  # unique id of who dials it


class Inside:
    """An observer of all events."""

    def __init__(self, listener: ListenerView) -> None:
        self._listener = listener
        self._rung: dict[str, Rung] = {}  # by unique id
        self._tasks: set[asyncio.Task[None]] = set()

    def feed(self, pbx: Pbx, event: events.ChannelEvent) -> None:
        match event:
            case events.DialBegun():
                if event.origin.caller_id and self._is_inside(event):
                    self._rung[event.uniqueid] = Rung(event.channel, event.origin.caller_id)
            case events.StateChanged(state="Up"):
                rung = self._rung.pop(event.uniqueid, None)
                if rung is not None and rung.channel == event.channel:
                    self._answered(pbx, rung)
            case events.DialEnded() | events.HungUp():
                self._rung.pop(event.uniqueid, None)

    def _is_inside(self, event: events.DialBegun) -> bool:
        number = dialled(event.channel, event.dial)
        way_out = leg_policy.is_plain(number) and not leg_policy.is_short(number)
        outside = event.channel.startswith("Local/") or bool(self._listener.trunks_of(event.channel))
        return not way_out and not outside

    def _answered(self, pbx: Pbx, rung: Rung) -> None:
        beside = (leg for leg in self._listener.legs.values() if leg.caller_id == rung.caller_id)
        if (leg := next(beside, None)) is not None:
            task = asyncio.create_task(self._tell(pbx, rung, leg), name=f"inside {rung.channel}")
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _tell(self, pbx: Pbx, rung: Rung, leg: Leg) -> None:
        try:
            async with asyncio.timeout(JUDGED_SECONDS):
                await leg.judged.wait()  # he may be faster than the verdict
            if leg.allowed is not None:
                await pbx.set_variable(rung.channel, INSIDE, leg.decision)
        except (TimeoutError, RecordingError, LinkError) as error:
            log.info("a colleague's answer was not told", leg=rung.channel, error=str(error))
