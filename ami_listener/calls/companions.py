"""Recordings of a call on other channels than its carrier leg: who joins its bridge, who speaks into it.

One recorder on the carrier leg loses a side when that side's RTP source changes (MixMonitor writes silence
until the new sequence numbers have overtaken the old ones), and never has the voice of somebody who whispers.
A recorder on the channel where that voice comes in has both. Each is a recording of its own (a row, three
files) under the call's decision; ``part`` says whose channel it was made on.

1. Whoever joins the carrier leg after another had been there (a transfer, a pickup, the next member of a
   queue) gets a recorder of his own.
2. The first one's channel is kept in reserve. A recorder that already runs there loses the same side in the
   same moment, and so does every later one on that channel; only a channel that never had one hears the side
   again. (Seen on 22.10.1: the callee renumbered from 20000 to 5000; the recorders that ran on the leg and on
   the agent's channel were both silent from then on, and a new one on the agent's channel as well.) So when a
   side is lost in mid-call, :meth:`Companions.rescue` has a channel to begin on.
"""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

import structlog

from ami_listener.ami import events
from ami_listener.ami.bridges import Bridges, Member
from ami_listener.ami.connection import LinkError
from ami_listener.ami.pbx import HANGUP_HANDLERS, Live, NoChannel, Pbx, monitor_id
from ami_listener.calls.companion import Companion, Failed, Part
from ami_listener.calls.view import ListenerView
from ami_listener.legs.leg import Leg
from ami_listener.legs.leg_context import row
from ami_listener.recording.recorder import last_written, missing
from ami_listener.recording.segment import Segment
from dialpact.compliance.carrier_leg import Allowed
from dialpact.compliance.errors import RecordingError, StoreError, StoreRefused

log = structlog.get_logger()


class Companions:
    """All of them, by (unique id of the channel, unique id of the carrier leg)."""

    def __init__(self, listener: ListenerView) -> None:
        self._listener = listener
        self.bridges = Bridges()
        self._first: dict[str, str] = {}  # carrier leg: who was joined to it first; unique ids
        self._had: dict[str, str] = {}  # channels that have had a recorder of ours: unique id, decision
        self._running: dict[tuple[str, str], Companion] = {}
        # Ids of recordings that are begun, or about to be, and not handed over.
        self._held: set[str] = set()
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._running)

    def __iter__(self) -> Iterator[Companion]:
        return iter(list(self._running.values()))

    def of(self, leg: Leg) -> list[Companion]:
        return [found for found in self if found.leg is leg]

    def runs(self, recording: str) -> bool:
        """Whether the recording of this id is one of them."""
        return recording in self._held

    def begin(
        self, pbx: Pbx, leg: Leg, channel: str, uniqueid: str, part: Part, failed: Failed | None = None
    ) -> None:
        """Starts to record ``channel`` for the call of ``leg``; once for each.

        ``failed`` is told when it can not be proven; without it that is an incident.
        """
        if (uniqueid, leg.uniqueid) not in self._running:
            self._take(pbx, Companion(leg, channel, uniqueid, part, failed))

    def around(self, uniqueid: str) -> set[str]:
        """The channel and all others whose sound it shares: unique ids."""
        return {uniqueid, *(one.uniqueid for one in self.bridges.beside(uniqueid))}

    def end(self, pbx: Pbx, uniqueid: str, leg: Leg | None = None, why: str = "left the call") -> None:
        """Ends what is recorded on the channel ``uniqueid`` (of ``leg`` only), and hands it over."""
        for key, companion in list(self._running.items()):
            if key[0] == uniqueid and (leg is None or companion.leg is leg):
                del self._running[key]
                companion.end(why)

    def rescue(self, pbx: Pbx, leg: Leg) -> bool:
        """A side of ``leg`` is lost: begins on a channel that shares its sound and never had our recorder.

        False when there is none: then nothing more can be done for this side.
        """
        free = [one for one in self._others(leg.uniqueid) if one.uniqueid not in self._had]
        for member in sorted(free, key=lambda one: one.is_local):  # a Local channel may go at any time
            self.begin(pbx, leg, member.channel, member.uniqueid, "joined")
            return True
        return False

    def feed(self, pbx: Pbx, event: events.ChannelEvent) -> None:
        """An event of any channel."""
        before = self.bridges.beside(event.uniqueid) if isinstance(event, events.BridgeLeft) else []
        self.bridges.feed(event)
        match event:
            case events.BridgeEntered():
                self._look(pbx, [Member(event.channel, event.uniqueid)])
            case events.BridgeLeft():
                self._look(pbx, [Member(event.channel, event.uniqueid), *before])
            case events.MonitorStarted():
                for companion in self._on(event.uniqueid):
                    companion.started += 1
            case events.MonitorStopped():
                for companion in self._on(event.uniqueid):
                    companion.news_at = companion.news_at or self._listener.context.clock.now()
                    companion.news.set()
            case events.MonitorMuted(muted=True):
                for companion in self._on(event.uniqueid):
                    companion.muted = True
                    companion.news_at = companion.news_at or self._listener.context.clock.now()
                    companion.news.set()
            case events.Renamed():
                for companion in self._on(event.uniqueid):
                    companion.channel = event.new
            case events.HungUp():
                self._had.pop(event.uniqueid, None)
                self._first.pop(event.uniqueid, None)
                self.end(pbx, event.uniqueid, why="hung up")
                for (uniqueid, leg), companion in list(self._running.items()):
                    if leg == event.uniqueid:
                        self.end(pbx, uniqueid, companion.leg, why="the call ended")

    async def learn(self, pbx: Pbx, channels: Sequence[Live]) -> None:
        """Who is in a bridge that nobody saw him enter, and who is gone. Raises LinkError."""
        holding = await pbx.holding_bridges() if self.bridges.unseen(channels) else set()
        changes = self._listener.changes
        self.bridges.found(
            (
                (Member(one.channel, one.uniqueid), "" if one.bridge in holding else one.bridge)
                for one in changes.still(channels)
            ),
            changes.up(channels),
        )

    async def compare(self, pbx: Pbx, left: Iterable[Segment], there: Sequence[Live]) -> None:
        """``left``: rows of recordings that somebody before us began; ``there``: all channels. Takes over
        what still runs and belongs to a call that is up; ends the others. Raises LinkError.
        """
        live = {one.uniqueid: one for one in there}
        up = self._listener.changes.up(there)
        self._first = {leg: first for leg, first in self._first.items() if leg in up}
        self._had = {channel: decision for channel, decision in self._had.items() if channel in up}
        legs = {leg.decision: leg for leg in self._listener.legs.values() if leg.decision}
        for segment in left:
            channel, leg = live.get(segment.uniqueid), legs.get(segment.decision)
            lacks = "" if channel is None else await self._lacks(pbx, segment, channel.channel)
            if channel is not None:
                self._had[segment.uniqueid] = segment.decision
            if channel is None or leg is None or lacks:
                await self._close(pbx, segment)
                if leg is not None and channel is not None:  # begun anew as soon as the leg is known again
                    detail = f"{segment.part}: {lacks}"
                    self._listener.context.report("recording-gap", segment.decision, channel.channel, detail)
                continue
            companion = Companion(leg, channel.channel, segment.uniqueid, _part(segment))
            companion.segment = segment
            self._held.add(segment.id)
            if not segment.begun:  # the one before us had proven it, or asked for it, and not written so
                segment.begun = True
                self._write_running(companion, segment)
            log.info("recording adopted", decision=segment.decision, leg=channel.channel)
            self._take(pbx, companion)
        self._look(pbx, [Member(leg.channel, leg.uniqueid) for leg in self._listener.legs.values()])

    async def drop(self) -> None:
        """The link is gone: the recordings go on in Asterisk, and the next comparison looks at them."""
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)
        self._running.clear()
        self._held.clear()
        self.bridges = Bridges()

    # Who is to be recorded

    def _look(self, pbx: Pbx, members: Iterable[Member]) -> None:
        """At every call that shares the sound of one of these."""
        legs = {}
        for member in members:
            for one in [member, *self.bridges.beside(member.uniqueid)]:
                if (leg := self._listener.legs.get(one.uniqueid)) is not None and leg.allowed:
                    legs[leg.uniqueid] = leg
        for leg in legs.values():
            self._look_at(pbx, leg)

    def _look_at(self, pbx: Pbx, leg: Leg) -> None:
        others = self._others(leg.uniqueid)
        people = [one for one in others if not one.is_local]
        later = {one.uniqueid for one in people if self._had.get(one.uniqueid) == leg.decision}
        if leg.uniqueid not in self._first:
            for one in [one for one in people if one.uniqueid not in later][:1]:
                self._first[leg.uniqueid] = one.uniqueid
        first = self._first.get(leg.uniqueid, "")
        here = {one.uniqueid for one in others}
        for companion in self.of(leg):
            if companion.part == "joined" and companion.uniqueid not in here:
                self.end(pbx, companion.uniqueid, leg)
        for one in people:
            if one.uniqueid in later or (one.uniqueid != first and self.bridges.are_talking(one.uniqueid)):
                self.begin(pbx, leg, one.channel, one.uniqueid, "joined")

    def _others(self, uniqueid: str) -> list[Member]:
        """But for carrier legs, each of which has a recorder of its own."""
        return [one for one in self.bridges.beside(uniqueid) if one.uniqueid not in self._listener.legs]

    def _on(self, uniqueid: str) -> list[Companion]:
        return [companion for (channel, _), companion in self._running.items() if channel == uniqueid]

    # One recording

    def _take(self, pbx: Pbx, companion: Companion) -> None:
        self._running[companion.uniqueid, companion.leg.uniqueid] = companion
        self._had[companion.uniqueid] = companion.leg.decision
        task = asyncio.create_task(self._run(pbx, companion), name=f"record {companion.channel}")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _run(self, pbx: Pbx, companion: Companion) -> None:
        """From its start to its end, begun anew whenever somebody has stopped it."""
        try:
            while companion.segment is not None or await self._record(pbx, companion):
                await companion.news.wait()
                companion.news.clear()
                if companion.ended:
                    break
                await self._check(pbx, companion)
        except (NoChannel, LinkError) as error:
            if pbx.lost:
                return
            log.warning("asterisk did not answer", leg=companion.channel, error=str(error))
        except Exception:
            log.exception("companion failed", leg=companion.channel)
            self._listener.context.report(
                "listener-error", companion.leg.decision, companion.channel, "see the listener's log"
            )
        if (segment := companion.segment) is not None:
            await self._hand_over(pbx, companion, segment)
        if self._running.get(key := (companion.uniqueid, companion.leg.uniqueid)) is companion:
            del self._running[key]

    async def _record(self, pbx: Pbx, companion: Companion) -> bool:
        """Whether it records. Raises NoChannel; LinkError when the link is gone."""
        context, leg = self._listener.context, companion.leg
        try:
            if leg.allowed is None or (number := leg.next_number()) is None:
                raise RecordingError("the decision can not be read")
            now = context.clock.now()
            segment = Segment(
                id=uuid.uuid4().hex,
                decision=leg.decision,
                channel=companion.channel,
                uniqueid=companion.uniqueid,
                format=context.recorder.format,
                files=await context.recorder.plan(leg.decision, now, number),
                started_at=now,
                answered_at=leg.answered_at or now,
                part=companion.part,
            )
            await self._write(segment, leg.allowed)
            companion.segment = segment
            companion.started = 0
            await context.recorder.start(pbx, segment)
            # So that its files are complete before its channel's Hangup event is sent.
            await pbx.set_variable(
                companion.channel, HANGUP_HANDLERS, f"dialpact-hangup,s,1({segment.variable})"
            )
            await context.recorder.prove(
                pbx, segment, begun=lambda: companion.started > 0, ended=lambda: companion.ended
            )
        except (RecordingError, StoreError, StoreRefused, LinkError) as error:
            if pbx.lost or isinstance(error, NoChannel):
                raise
            if not companion.ended and companion.failed is not None:
                companion.failed(str(error))
            elif not companion.ended:
                detail = f"{companion.part}: {error}"[:200]
                context.report("voice-not-recorded", leg.decision, companion.channel, detail)
            return False
        segment.begun, segment.proven_at = True, context.clock.now()
        if companion.lost is not None:
            kind, since = companion.lost
            companion.lost = None
            self._report(companion, kind, since, segment.proven_at)
        self._write_running(companion, segment)
        name = segment.files.main.name
        log.info("recording", decision=leg.decision, leg=companion.channel, file=name)
        return True

    async def _write(self, segment: Segment, allowed: Allowed) -> None:
        """Its row. Held before it is on disk: a comparison that reads it there, before the one who has
        written it goes on, must not take it for one that was left behind.
        """
        context = self._listener.context
        self._held.add(segment.id)
        try:
            await context.store.recordings.start(row(context.node, segment, allowed))
        except BaseException:
            self._held.discard(segment.id)
            raise

    def _write_running(self, companion: Companion, segment: Segment) -> None:
        context, started_at, answered_at = self._listener.context, segment.started_at, segment.answered_at
        context.outbox.put(
            "recording running",
            lambda: context.store.recordings.running(segment.id, started_at, answered_at),
            decision=segment.decision,
            channel=companion.channel,
        )

    async def _check(self, pbx: Pbx, companion: Companion) -> None:
        """Something was stopped or muted on the channel: was it ours? Raises NoChannel, LinkError."""
        segment, context = companion.segment, self._listener.context
        assert segment is not None
        await asyncio.sleep(
            context.timings.legs.grace
        )  # the hangup handler may have stopped it: then it ends now
        if companion.ended:
            return
        since, companion.news_at = companion.news_at or context.clock.now(), None
        if await pbx.attached(companion.channel, segment.monitor):  # unmutes it, too
            if companion.muted:
                companion.muted = False
                self._report(companion, "recording-muted", since, context.clock.now())
            return
        if not await pbx.is_live(companion.channel, companion.uniqueid):
            raise NoChannel(f"{companion.channel} is gone")
        segment.monitor, segment.ended_at = "", since
        companion.lost = "recording-stopped", since
        companion.segment = None
        await self._hand_over(pbx, companion, segment)

    def _report(self, companion: Companion, kind: str, since: datetime, until: datetime) -> None:
        detail = f"{companion.part}: {(until - since).total_seconds():.2f} s are missing"
        self._listener.context.report(kind, companion.leg.decision, companion.channel, detail)

    async def _hand_over(self, pbx: Pbx, companion: Companion, segment: Segment) -> None:
        segment.ended_at = segment.ended_at or self._listener.context.clock.now()
        segment.channel = companion.channel
        await self._retire(pbx, segment)
        self._listener.context.finish(segment)
        self._held.discard(segment.id)

    # What was begun before us

    async def _lacks(self, pbx: Pbx, segment: Segment, channel: str) -> str:
        """What it lacks to go on, on ``channel``; empty when it does go on. Fills in the recorder's id."""
        runs = False
        with contextlib.suppress(NoChannel):
            segment.channel = channel
            segment.monitor = monitor_id(await pbx.variable(channel, segment.variable))
            runs = bool(segment.monitor) and await pbx.attached(channel, segment.monitor)
        # (one of which it is written that it was proven has had its files)
        return (
            "no such MixMonitor on the channel"
            if not runs
            else ""
            if segment.begun
            else await missing(segment)
        )

    async def _close(self, pbx: Pbx, segment: Segment) -> None:
        at = await last_written(segment) or self._listener.context.clock.now()
        segment.ended_at = max(at, segment.started_at)
        await self._retire(pbx, segment)
        self._listener.context.finish(segment)

    async def _retire(self, pbx: Pbx, segment: Segment) -> None:
        try:
            await self._listener.context.recorder.retire(pbx, segment)
        except LinkError as error:
            log.warning("asterisk did not answer", leg=segment.channel, error=str(error))


def _part(segment: Segment) -> Part:
    return "supervisor" if segment.part == "supervisor" else "joined"
