"""Is what is said in a call on its recording? Looked at while it talks, so that something can still be done.

Once a second the files' new bytes are read, in a thread. Asterisk is asked nothing until something is odd:

1. A side has been silent for some seconds. Do packets of it arrive? None: nobody speaks, a fact. If they do,
   a second recorder is started at the other end of the bridge (``Companions.rescue``). What that one hears
   and ours does not is lost (incident, at once); what neither hears is what was sent: a muted telephone, a
   fact.
2. No file grows: nobody sends, or the recording is stalled (``stall_detector``).
3. The mix grows faster than the call: its sound is not true (incident), and a second recorder is started.

A recorder that was there before the sound of a side changed its source may have lost it as well (all hooks of
a channel share one memory of sequence numbers): its silence proves something only while the source is the
same.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import structlog

from ami_listener.ami.connection import LinkError
from ami_listener.ami.pbx import NoChannel, PacketCounts, Pbx
from ami_listener.calls.companion import Companion
from ami_listener.calls.companions import Companions
from ami_listener.calls.view import ListenerView
from ami_listener.legs.leg import Leg
from ami_listener.legs.states import LegEvent
from ami_listener.recording.heard import SIDES, Heard, Stretch
from ami_listener.recording.segment import Segment
from ami_listener.recording.windows import Watch
from ami_listener.sound.question import Question
from ami_listener.sound.stall_detector import StallDetector
from ami_listener.timings import SoundTimings
from dialpact.compliance import soundtrack
from dialpact.compliance.clock import file_time
from dialpact.compliance.errors import RecordingError

AUDIOSOCKET = "AudioSocket/"
log = structlog.get_logger()


class Ear:
    """What is kept of one leg between two looks."""

    def __init__(self, leg: Leg, timings: SoundTimings) -> None:
        self.leg = leg
        self.question = Question(timings)
        self.baselines: dict[str, dict[str, str]] = {}  # by recording: the source of each side when it began
        self.sources: dict[str, dict[str, str]] = {}  # and now
        self.stall = StallDetector(timings)


class Hearing:
    """Of all calls."""

    def __init__(self, listener: ListenerView, companions: Companions, timings: SoundTimings) -> None:
        self._listener, self._companions, self._timings = listener, companions, timings
        self._ears: dict[str, Ear] = {}
        self._tasks: set[asyncio.Task[None]] = set()
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="hearing")
        self._turn = asyncio.Semaphore(self._timings.at_once)

    def close(self) -> None:
        for task in list(self._tasks):
            task.cancel()
        self._thread.shutdown(wait=False, cancel_futures=True)

    async def look(self) -> None:
        """At every call that talks."""
        legs = {leg.uniqueid: leg for leg in self._listener.legs.values() if leg.talks}
        for uniqueid in self._ears.keys() - legs.keys():
            self._forget(self._ears.pop(uniqueid))
        watched = [segment for leg in legs.values() for segment in self._segments(leg)]
        for segment in watched:
            segment.heard = segment.heard or self._begin(segment)
        loop = asyncio.get_running_loop()
        looked = await loop.run_in_executor(
            self._thread, _look, [one.heard.watch for one in watched if one.heard]
        )
        now = self._listener.context.clock.now()
        gone = set()
        for segment, grown in zip(watched, looked, strict=True):
            assert segment.heard is not None
            segment.heard.set_clock(now, segment.heard.watch.looked_at)
            if grown is None:
                gone.add(segment.id)
            elif grown:
                segment.heard.grown()
        for leg in legs.values():
            if leg.talks and leg.segments and leg.segments[-1].heard:
                self._judge(leg, leg.segments[-1], leg.segments[-1].id in gone)

    def _segments(self, leg: Leg) -> list[Segment]:
        return [*leg.segments[-1:], *(segment for _, segment in self._witnesses(leg))]

    def _witnesses(self, leg: Leg) -> list[tuple[Companion, Segment]]:
        """Recorders of the same call on other channels of its bridge."""
        return [
            (found, found.segment)
            for found in self._companions.of(leg)
            if found.part == "joined" and found.segment and found.segment.proven_at and not found.ended
        ]

    def _begin(self, segment: Segment) -> Heard:
        watch = Watch(segment.files, segment.format, segment.identities)
        watch.looked_at = file_time()
        now = self._listener.context.clock.now()
        return Heard(watch, segment.answered_at or segment.started_at, segment.started_at, now)

    def _judge(self, leg: Leg, segment: Segment, gone: bool) -> None:
        if gone:
            leg.happen(LegEvent.VANISHED)
            return
        heard = segment.heard
        assert heard is not None
        ear = self._ears.setdefault(leg.uniqueid, Ear(leg, self._timings))
        for found, other in self._witnesses(leg):
            if other.id not in ear.baselines:
                ear.baselines[other.id] = {}
                self._do(self._ask_sources(ear, found, other, ear.baselines[other.id]))
        idle = min(heard.watch.looked_at - heard.watch.main.grown_at, heard.second(heard.watch.looked_at))
        odd = idle >= 1.5 * heard.watch.step + 0.5
        if ear.stall.look(heard, ear.question, idle if odd else 0.0):
            leg.happen(LegEvent.STALLED)
        for side in SIDES:
            odd = self._look_at_side(ear, heard, side, standing=bool(idle and odd)) or odd
        if heard.runs_away and not heard.distorted:
            self._distorted(ear, heard)
        question, settled = ear.question, not odd and bool(heard.open)
        if not odd and not settled:
            question.forget()
        elif (question.task is None or question.task.done()) and time.monotonic() >= question.next:
            question.task = self._do(self._ask(ear, settled))

    # 1. A side

    def _look_at_side(self, ear: Ear, heard: Heard, side: str, standing: bool) -> bool:
        """Whether something is odd about it."""
        track = heard.watch.sides[side]
        silent_for = track.silent_for
        if silent_for < self._timings.silent:
            heard.close(side)
            return False
        end = heard.second(track.grown_at)
        stretch = heard.open.get(side)
        if stretch is None:
            stretch = heard.open[side] = Stretch(max(0.0, end - silent_for))
        stretch.end = max(stretch.end, end)
        question = ear.question
        if stretch.reason in ("lost", "sent") or stretch.told:
            self._compare(ear, heard, side, stretch)
            return False
        comes = question.arrives(side)
        if standing or not question.known:
            return True
        if comes is False:
            if stretch.reason == "unknown":
                stretch.reason = "unsent"
            return True
        age = file_time() - track.grown_at
        if comes and time.monotonic() - age < question.resumed[side] + self._timings.resumed:
            return True  # what came since is not on the disk yet
        stretch.suspected = stretch.suspected or bool(comes)
        self._compare(ear, heard, side, stretch)
        return True

    def _compare(self, ear: Ear, heard: Heard, side: str, stretch: Stretch) -> None:
        track = heard.watch.sides[side]
        begin = track.grown_at - track.silent_for
        waiting = False
        for _, other in self._witnesses(ear.leg):
            if other.heard is None:
                waiting = True
                continue
            theirs = [one for one in other.heard.watch.sides[side].windows if begin <= one.low]
            sounding = sum(one.sounds for one in theirs if one.high <= track.grown_at)
            if sounding >= self._timings.heard:
                started = (
                    heard.second(heard.watch.looked_at)
                    - (self._listener.context.clock.now() - other.started_at).total_seconds()
                )
                stretch.reason, stretch.heard_in, stretch.heard_from = "lost", other.id, max(0.0, started)
                self._tell(ear, heard, side, stretch, other)
                return
            shown = len(theirs) * 0.1
            if shown < self._timings.evidence:
                waiting = True
            elif self._is_trusted(ear, other, side, heard, stretch):
                stretch.reason = "sent" if stretch.reason != "lost" else stretch.reason
                return
            elif stretch.reason == "sent":  # its source is another by now
                stretch.reason, stretch.rescued = "unknown", False
        if stretch.reason in ("lost", "sent") or stretch.told:
            return
        if not stretch.rescued:
            stretch.rescued, stretch.asked_at = True, time.monotonic()
            waiting = self._rescue(ear) or waiting
        else:
            waiting = (waiting or not self._witnesses(ear.leg)) and not stretch.hopeless
        stretch.hopeless = not waiting
        if stretch.hopeless or time.monotonic() - stretch.asked_at > self._timings.patience:
            self._tell(ear, heard, side, stretch, None)

    def _is_trusted(self, ear: Ear, other: Segment, side: str, heard: Heard, stretch: Stretch) -> bool:
        """Whether the silence of another recorder proves that silence was sent."""
        before = ear.baselines.get(other.id, {}).get(side)
        now = ear.sources.get(other.id, {}).get(side)
        if before and now:
            return before == now
        return (other.started_at - heard.since).total_seconds() >= stretch.begin - 0.5

    def _tell(self, ear: Ear, heard: Heard, side: str, stretch: Stretch, other: Segment | None) -> None:
        if stretch.told:
            return
        stretch.told = True
        now = heard.second(heard.watch.looked_at)
        missing = (
            stretch.end - stretch.begin if stretch.heard_from is None else stretch.heard_from - stretch.begin
        )
        where = f"heard in {other.files.main.name}" if other else "no other recorder can tell"
        if other is not None and missing < self._timings.covered:
            log.info(
                "heard by another recorder", decision=ear.leg.decision, side=side, file=other.files.main.name
            )
            return
        self._report(
            ear.leg,
            "recording-side-lost",
            f"{side}: silent from second {stretch.begin:.1f} on, {now - stretch.begin:.1f} s so far, "
            f"while packets come; {where}",
        )

    # 3. Distortion

    def _distorted(self, ear: Ear, heard: Heard) -> None:
        t, f = heard.second(heard.watch.main.grown_at), heard.watch.main.seconds
        heard.distorted = f"{f:.1f} s of {t:.1f} s"
        self._do(self._tell_distorted(ear, heard))

    async def _tell_distorted(self, ear: Ear, heard: Heard) -> None:
        agents = [*await ear.leg.pbx.peers(ear.leg.channel), ear.leg.caller]
        detail = f"the file holds {heard.distorted}"
        if any(agent.startswith(AUDIOSOCKET) for agent in agents):
            packets = await self._packets(ear.leg)
            sounding = 0.1 * sum(one.sounds for one in heard.watch.sides["agent"].windows)
            if packets is not None and packets.sent:
                detail += (
                    f"; agent on AudioSocket: {sounding:.1f} s of sound in {packets.sent} packets, "
                    f"{1000 * sounding / packets.sent:.0f} ms each: send pieces of 20 ms, or use WebSocket"
                )
        else:
            self._rescue(ear)
        self._report(ear.leg, "recording-distorted", detail)

    # What is asked

    async def _ask(self, ear: Ear, settled: bool) -> None:
        packets = await self._packets(ear.leg)
        ear.question.take(packets, time.monotonic())
        if settled:
            ear.question.rest()
        heard = ear.leg.segments[-1].heard if ear.leg.segments else None
        if packets is not None and heard is not None and ear.question.first is not None:
            at, first = ear.question.first
            now = heard.second(file_time())
            heard.packets = soundtrack.Packets(
                begin=now - (time.monotonic() - at),
                end=now,
                callee=packets.received_since(first),
                agent=packets.sent - first.sent,
            )
        for found, other in self._witnesses(ear.leg):
            await self._ask_sources(ear, found, other, ear.sources.setdefault(other.id, {}))
        if ear.leg.talks and ear.leg.segments[-1].heard is heard:  # at once: a voice may be lost meanwhile
            self._judge(ear.leg, ear.leg.segments[-1], gone=False)

    async def _ask_sources(self, ear: Ear, found: Companion, other: Segment, into: dict[str, str]) -> None:
        for side, channel in (("callee", ear.leg.channel), ("agent", found.channel)):
            if (packets := await self._packets_of(ear.leg.pbx, channel)) is not None:
                into[side] = packets.source

    async def _packets(self, leg: Leg) -> PacketCounts | None:
        return await self._packets_of(leg.pbx, leg.channel)

    async def _packets_of(self, pbx: Pbx, channel: str) -> PacketCounts | None:
        async with self._turn:
            return await pbx.packets(channel)

    def _rescue(self, ear: Ear) -> bool:
        """Whether another recorder begins on a channel that never had one."""
        return self._companions.rescue(ear.leg.pbx, ear.leg)

    def _do(self, work: Coroutine[Any, Any, None]) -> asyncio.Task[None]:
        task = asyncio.create_task(self._safely(work), name="hearing")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        return task

    async def _safely(self, work: Coroutine[Any, Any, None]) -> None:
        try:
            await work
        except (NoChannel, LinkError):
            return  # it is over, or the next session looks anew
        except RecordingError as error:
            log.warning("packets not known", error=str(error))

    def _forget(self, ear: Ear) -> None:
        if (task := ear.question.task) is not None:
            task.cancel()

    def _report(self, leg: Leg, kind: str, detail: str) -> None:
        self._listener.context.report(kind, leg.decision, leg.channel, detail)


def _look(watches: list[Watch]) -> list[bool | None]:
    """Of each whether it has grown; None: a file of it is gone, or is another one. Blocking."""
    found: list[bool | None] = []
    for watch in watches:
        try:
            found.append(watch.look())
        except (OSError, RecordingError):
            watch.looked_at = file_time()
            found.append(None)
    return found
