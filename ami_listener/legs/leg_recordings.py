"""The recordings of one carrier leg: begun, proven, taken over one by the next, and written down.

A leg has one, and more only when it was interrupted. When one begins is for the leg to say (``states``); how
that is done stands here.
"""

from __future__ import annotations

import asyncio
import uuid
from datetime import datetime, timedelta

from ami_listener.ami.pbx import MONITOR, NoChannel, Pbx, monitor_id
from ami_listener.legs.leg_context import LegContext, row
from ami_listener.legs.leg_facts import LegFacts
from ami_listener.recording import recorder
from ami_listener.recording.segment import Segment
from dialpact.compliance.errors import RecordingError


class LegRecordings:
    """``segments``: the newest last; the one that it takes over from is there until it is proven."""

    def __init__(self, context: LegContext, pbx: Pbx, leg: LegFacts) -> None:
        self._context, self._pbx, self._leg = context, pbx, leg
        self.segments: list[Segment] = []
        self.interruptions = 0  # stopped or muted, ours or another's on the channel
        self._started = 0  # MixMonitorStart events
        self._lost_at: datetime | None = None  # since then the recording may have stopped
        self._missing: timedelta | None = None  # between the last recording and the one that took over
        self._noted = False  # the answer is on its way to the store

    # What happens

    def started(self) -> None:
        self._started += 1

    def interrupted(self) -> None:
        self.interruptions += 1
        self._lost_at = self._lost_at or self._context.clock.now()

    def note_answer(self) -> None:
        """Writes when the leg was answered, once."""
        leg = self._leg
        if self._noted and leg.answered_at:
            return
        self._noted = True
        at = leg.answered_at = leg.answered_at or self._context.clock.now()
        for segment in self.segments:
            segment.answered_at = segment.answered_at or at
        self._context.outbox.put(
            "answer",
            lambda: self._context.store.recordings.answered(self._context.node, leg.uniqueid, at),
            decision=leg.decision,
            channel=leg.channel,
        )

    @property
    def has_unwritten_answer(self) -> bool:
        return self._leg.answered_at is not None and bool(self.segments) and not self._noted

    # What is asked

    async def is_attached(self) -> bool:
        """Whether the newest still runs. Raises NoChannel when the leg is gone."""
        leg, segment = self._leg, self.segments[-1]
        attached = bool(segment.monitor) and await self._pbx.attached(leg.channel, segment.monitor)
        if not attached:
            self.segments[-1].monitor = ""  # an address: the next MixMonitor may get the same
        if not attached and not await self._pbx.is_live(leg.channel, leg.uniqueid):
            raise NoChannel(f"{leg.channel} is gone")
        self._lost_at = None if attached else self._lost_at
        return attached

    def adopt(self, segment: Segment) -> None:
        """One that a listener before this one began."""
        self.segments.append(segment)
        self._noted = self._leg.answered_at is not None

    async def adopted(self) -> str:
        """What the adopted one lacks for it to go on; empty when it does go on. Raises NoChannel."""
        leg, segment = self._leg, self.segments[-1]
        segment.monitor = monitor_id(await self._pbx.variable(leg.channel, MONITOR))
        newest = await self._pbx.variable(leg.channel, "MIXMONITOR_FILENAME") == str(segment.files.main)
        runs = newest and bool(segment.monitor) and await self._pbx.attached(leg.channel, segment.monitor)
        if not runs:
            # The hangup handler may have stopped it: then it ends now.
            await asyncio.sleep(self._context.timings.legs.grace)
            if not await self._pbx.is_live(leg.channel, leg.uniqueid):
                raise NoChannel(f"{leg.channel} is gone")
        missing = "" if runs else "no such MixMonitor on the channel"
        missing = missing or await recorder.missing(segment)
        if not runs:
            segment.monitor = ""
        if missing:
            if segment.begun or not await recorder.are_absent(segment):
                segment.ended_at = await recorder.last_written(segment) or self._context.clock.now()
        else:
            segment.begun = True
            self.write_running(segment)
        return missing

    # What is done

    async def prepare(self) -> Segment:
        """The next recording, with its row in the store and its folder on the disk; nothing records yet.

        Raises RecordingError, StoreError, StoreRefused.
        """
        leg, context = self._leg, self._context
        if leg.allowed is None or leg.claim is None:
            raise RecordingError("the decision can not be read")
        now = context.clock.now()
        segment = Segment(
            id=uuid.uuid4().hex,
            decision=leg.decision,
            channel=leg.channel,
            uniqueid=leg.uniqueid,
            format=context.recorder.format,
            files=await context.recorder.plan(leg.decision, now, leg.claim.number(leg.rows)),
            started_at=now,
            answered_at=leg.answered_at,
        )
        await context.store.recordings.start(row(context.node, segment, leg.allowed))
        self.segments.append(segment)
        return segment

    def to_be_replaced(self) -> Segment | None:
        """The one that the next takes over from; None when the newest is only prepared, or there is none."""
        old = self.segments[-1] if self.segments else None
        if old is not None and not old.begun and old.ended_at is None:
            return None  # prepared, and this is its moment
        if old is not None:
            old.ended_at = old.ended_at or self._lost_at or self._context.clock.now()
        return old

    async def begin(self, old: Segment | None) -> Segment:
        """Starts the prepared one, or the next after ``old``, and proves it.

        Raises RecordingError (NoChannel), StoreError, StoreRefused, LinkError.
        """
        leg, context = self._leg, self._context
        segment = await self.prepare() if old is not None or not self.segments else self.segments[-1]
        segment.channel, segment.answered_at = leg.channel, leg.answered_at
        segment.started_at = context.clock.now()
        started, interruptions = self._started, self.interruptions
        await context.recorder.start(self._pbx, segment)
        await context.recorder.prove(
            self._pbx,
            segment,
            begun=lambda: self._started > started,
            ended=lambda: self._why_ended(segment, interruptions),
        )
        segment.begun = True
        segment.proven_at = context.clock.now()
        if old is not None and old.ended_at is not None:
            self._missing = segment.proven_at - old.ended_at
        self._lost_at = None
        return segment

    def _why_ended(self, segment: Segment, interruptions: int) -> str:
        """A Stop event names no MixMonitor: it counts where the MixMonitor can not be asked for by its id."""
        if self._leg.is_refused:
            return "the dialplan waited a second for it, and refused the call"
        if self._leg.hung_up_at:
            return "the call ended"
        return "it was stopped" if self.interruptions > interruptions and not segment.monitor else ""

    def write_running(self, segment: Segment) -> None:
        """Into the store: it records, and since when the leg is answered."""
        started_at, answered_at = segment.started_at, segment.answered_at
        self._noted = self._noted or answered_at is not None
        self._context.outbox.put(
            "recording running",
            lambda: self._context.store.recordings.running(segment.id, started_at, answered_at),
            decision=segment.decision,
            channel=self._leg.channel,
        )

    async def retire(self, old: Segment, by: Segment) -> None:
        """Ends ``old``, which ``by`` has taken over from, and hands it over."""
        if old.monitor != by.monitor:
            await self._context.recorder.retire(self._pbx, old)
        self.segments.remove(old)
        self._context.finish(old)

    def missing(self) -> str:
        """How much of the call is on no recording since one took over from another, told once; else empty."""
        if self._missing is None:
            return ""
        missing, self._missing = self._missing, None
        return f"{max(0.0, missing.total_seconds()):.2f} s are missing"

    def hand_over(self, ended_at: datetime) -> None:
        """The leg has ended, and they with it."""
        for segment in self.segments:
            segment.ended_at = segment.ended_at or ended_at
            self._context.finish(segment)
        self.segments.clear()
