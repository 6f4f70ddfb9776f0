"""Recordings of a call on other channels than its carrier leg: who joins its bridge, who speaks into it.

One recorder on the carrier leg loses a side when that side's RTP source changes (MixMonitor writes silence
until the new sequence numbers have overtaken the old ones), and never has the voice of somebody who whispers.
A recorder on the channel where that voice comes in has both. Each is a recording of its own (a row, three
files) under the call's decision; ``part`` says whose channel it was made on.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Coroutine
from typing import TYPE_CHECKING, Any, Literal

import structlog

from ami_listener import events
from ami_listener.connection import LinkError
from ami_listener.desk import row
from ami_listener.leg import Leg
from ami_listener.pbx import NoChannel, Pbx
from ami_listener.recorder import Segment
from compliance.errors import RecordingError, StoreError
from compliance.store.sqlite import recordings

if TYPE_CHECKING:
    from ami_listener.listener import Listener

Part = Literal["joined", "supervisor"]
RESCUE_SECONDS = 3.0  # until a recorder is proven
log = structlog.get_logger()


class Companion:
    """One recording on ``channel`` for the call of ``leg``."""

    def __init__(self, leg: Leg, channel: str, uniqueid: str, part: Part) -> None:
        self.leg, self.channel, self.uniqueid, self.part = leg, channel, uniqueid, part
        self.segment: Segment | None = None
        self.started = 0  # MixMonitorStart events of the channel since then
        self.ended = ""  # why, once it is to end


class Companions:
    """All of them, by (unique id of the channel, unique id of the carrier leg)."""

    def __init__(self, listener: Listener) -> None:
        self._listener = listener
        self._running: dict[tuple[str, str], Companion] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def of(self, leg: Leg) -> list[Companion]:
        return [found for found in self._running.values() if found.leg is leg]

    def runs(self, recording: str) -> bool:
        """Whether the recording of this id is one of them."""
        return any(found.segment and found.segment.id == recording for found in self._running.values())

    def begin(self, pbx: Pbx, leg: Leg, channel: str, uniqueid: str, part: Part) -> None:
        """Starts to record ``channel`` for the call of ``leg``; once for each."""
        key = uniqueid, leg.uniqueid
        if key not in self._running:
            companion = self._running[key] = Companion(leg, channel, uniqueid, part)
            self._do(self._record(pbx, companion), f"record {channel}")

    async def rescue(self, pbx: Pbx, leg: Leg) -> bool:
        """Records the call at the other end of the leg's bridge as well, on a channel that had no recorder:
        what the leg's own loses is on that one. False when there is none to be had.

        Raises NoChannel, LinkError.
        """
        for channel in await pbx.peers(leg.channel):
            uniqueid = await pbx.variable(channel, "UNIQUEID")
            if not uniqueid or uniqueid in self._listener.legs or self._on(uniqueid):
                continue
            self.begin(pbx, leg, channel, uniqueid, "joined")
            companion = self._running[uniqueid, leg.uniqueid]
            deadline = time.monotonic() + RESCUE_SECONDS
            while time.monotonic() < deadline and not companion.ended:
                if companion.segment is not None and companion.segment.proven_at:
                    return True
                await asyncio.sleep(0.05)
            return False
        return False

    def end(self, pbx: Pbx, uniqueid: str, leg: Leg | None = None, why: str = "left the call") -> None:
        """Ends what is recorded on the channel ``uniqueid`` (of ``leg`` only), and hands it over."""
        for key, companion in list(self._running.items()):
            if key[0] == uniqueid and (leg is None or companion.leg is leg):
                del self._running[key]
                companion.ended = why
                self._do(self._stop(pbx, companion), f"stop {companion.channel}")

    def feed(self, pbx: Pbx, event: events.ChannelEvent) -> None:
        """An event of any channel."""
        match event:
            case events.MonitorStarted():
                for companion in self._on(event.uniqueid):
                    companion.started += 1
            case events.Renamed():
                for companion in self._on(event.uniqueid):
                    companion.channel = event.new
            case events.HungUp():
                self.end(pbx, event.uniqueid, why="hung up")
                for (uniqueid, leg), companion in list(self._running.items()):
                    if leg == event.uniqueid:
                        self.end(pbx, uniqueid, companion.leg, why="the call ended")

    def _on(self, uniqueid: str) -> list[Companion]:
        return [companion for (channel, _), companion in self._running.items() if channel == uniqueid]

    async def drop(self) -> None:
        """The link is gone: the recordings go on in Asterisk, and the next comparison looks at them."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._running.clear()

    def _do(self, work: Coroutine[Any, Any, None], name: str) -> None:
        task = asyncio.create_task(work, name=name)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _record(self, pbx: Pbx, companion: Companion) -> None:
        desk, leg = self._listener.desk, companion.leg
        try:
            if leg.allowed is None or (number := leg.next_number()) is None:
                raise RecordingError("the decision can not be read")
            now = desk.clock.now()
            segment = Segment(
                id=uuid.uuid4().hex,
                decision=leg.decision,
                channel=companion.channel,
                uniqueid=companion.uniqueid,
                format=desk.recorder.format,
                files=desk.recorder.plan(leg.decision, now, number),
                started_at=now,
                answered_at=leg.answered_at or now,
                part=companion.part,
            )
            await recordings.start(desk.store, row(desk.node, segment, leg.allowed))
            companion.segment = segment
            await desk.recorder.start(pbx, segment)
            await desk.recorder.prove(
                pbx, segment, begun=lambda: companion.started > 0, ended=lambda: companion.ended
            )
            segment.proven_at = desk.clock.now()
            await recordings.running(desk.store, segment.id, segment.started_at)
        except (RecordingError, StoreError, LinkError) as error:
            if pbx.lost or companion.ended or isinstance(error, NoChannel):
                return
            desk.report(
                "voice-not-recorded", leg.decision, companion.channel, f"{companion.part}: {error}"[:200]
            )
        else:
            log.info("recording", decision=leg.decision, leg=companion.channel, file=segment.files.main.name)

    async def _stop(self, pbx: Pbx, companion: Companion) -> None:
        segment, desk = companion.segment, self._listener.desk
        if segment is None:
            return
        segment.ended_at = desk.clock.now()
        try:
            await desk.recorder.retire(pbx, segment)
        except LinkError as error:
            log.warning("asterisk did not answer", leg=companion.channel, error=str(error))
        desk.finish(segment)
