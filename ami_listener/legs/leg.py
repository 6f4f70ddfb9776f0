"""One carrier leg: its events go through the table at once, what follows from them is done one by one.

``feed`` is synchronous and is called in the order of AMI's events; the worker (``run``) is the only one that
waits for Asterisk or the store. So what happened is known while something is being done, and a proof sees the
stop that would make it worthless.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from collections.abc import Awaitable, Callable
from datetime import datetime

import structlog

from ami_listener.ami import events
from ami_listener.ami.connection import LinkError
from ami_listener.ami.events import UNSEEN, Origin
from ami_listener.ami.pbx import NoChannel, Pbx
from ami_listener.legs.leg_check import Judgement, judge
from ami_listener.legs.leg_context import LegContext
from ami_listener.legs.leg_control import LegControl
from ami_listener.legs.leg_facts import LegFacts
from ami_listener.legs.leg_recordings import LegRecordings
from ami_listener.legs.states import UNANSWERED, Action, LegEvent, Line, Phase, State, step
from ami_listener.recording import recorder
from ami_listener.recording.segment import Segment
from dialpact.compliance.carrier_leg import Allowed
from dialpact.compliance.errors import RecordingError, StoreError, StoreRefused

log = structlog.get_logger()


class Leg:
    """See the module. ``dial``: DialBegin's dial string, empty when it was not seen; ``began``: when
    dialled.
    """

    def __init__(
        self,
        context: LegContext,
        pbx: Pbx,
        channel: str,
        uniqueid: str,
        trunks: dict[str, str],
        *,
        began: datetime,
        dial: str = "",
        origin: Origin = UNSEEN,
        state: State | None = None,
    ) -> None:
        self.state = state or State()
        self.judged = asyncio.Event()
        self._context, self._pbx = context, pbx
        self._facts = LegFacts(context, channel, uniqueid, trunks, began, dial, origin)
        self._recordings = LegRecordings(context, pbx, self._facts)
        self._control = LegControl(context, pbx, self._facts)
        self._found_ringing = self.state.line is Line.RINGING
        self._work: asyncio.Queue[Action | Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._grace: asyncio.TimerHandle | None = None
        self._why = ""
        self._unproven = False  # the proof was broken off by a Hangup event that is still to be confirmed
        self._hangup = asyncio.Event()  # a Hangup event came
        self._ending = False  # one waits to be confirmed
        self._forged = False  # one was not confirmed, and that is reported
        self._bridged = False  # it has been in a bridge
        self._overdue_at = 0.0

    # What is known

    @property
    def channel(self) -> str:
        """Its name now: a channel may be renamed, its unique id stays."""
        return self._facts.channel

    @property
    def uniqueid(self) -> str:
        return self._facts.uniqueid

    @property
    def decision(self) -> str:
        """The id of the decision that lets it be; empty while it is not known, and where there is none."""
        return self._facts.decision

    @property
    def allowed(self) -> Allowed | None:
        """What that decision allows."""
        return self._facts.allowed

    @property
    def segments(self) -> list[Segment]:
        """Its recordings that are not handed over, the newest last."""
        return self._recordings.segments

    @property
    def answered_at(self) -> datetime | None:
        return self._facts.answered_at

    @property
    def is_up(self) -> bool:
        """Answered, and no Hangup came."""
        return self.state.line is not Line.RINGING and self._facts.hung_up_at is None

    def supervised(self, told: str) -> None:
        """``told``: who listened to it, or spoke into it, as JSON; written now and at the end."""
        self._facts.told.supervision = told
        if self._facts.hung_up_at is None:
            self._work.put_nowait(self._tell)

    @property
    def pbx(self) -> Pbx:
        return self._pbx

    @property
    def caller(self) -> str:
        """The channel that dialled it; empty for an Originate."""
        return self._facts.origin.caller

    @property
    def talks(self) -> bool:
        """Whether it is answered, and its recording proven."""
        return (
            self.state.phase is Phase.RECORDED
            and self.state.line is not Line.RINGING
            and self._facts.answered_at is not None
            and bool(self.segments)
        )

    @property
    def caller_id(self) -> str:
        """The unique id of who dials it; empty for an Originate, and where that was not seen."""
        return self._facts.origin.caller_id

    def next_number(self) -> int | None:
        """Of the call's next recording; None while the decision is not known, when nothing is recorded."""
        return self._facts.next_number()

    # What happens

    def feed(self, event: events.ChannelEvent) -> None:
        """Takes an event of this leg's channel."""
        self._facts.feed(event)
        match event:
            case events.StateChanged(state="Up") | events.DialEnded(status="ANSWER"):
                self.happen(LegEvent.ANSWERED)
            case events.BridgeEntered():
                # Of an Originate no Dial could have an interlock: that the recording was proven first is one.
                proven = self._facts.is_originated and self.state.phase is Phase.RECORDED
                self.happen(LegEvent.BRIDGED)
                if not self._bridged:
                    self._bridged = True
                    if not proven:
                        self._work.put_nowait(self._control.ask_interlock)
            case events.BridgeLeft():
                self.happen(LegEvent.UNBRIDGED)
            case events.MonitorStarted():
                self._recordings.started()
            case events.MonitorStopped():
                self._recordings.interrupted()
                self.happen(LegEvent.STOPPED)
            case events.MonitorMuted(muted=True):
                self._recordings.interrupted()
                self.happen(LegEvent.MUTED)
            case events.HungUp():
                self._hangup.set()
                # The channel is asked for once more: text from SIP must not end a recording that goes on.
                if not self._ending:  # however many come: asking once answers them all
                    self._ending = True
                    self._work.put_nowait(self._confirm_end)

    def happen(self, event: LegEvent) -> None:
        before, (self.state, actions) = self.state, step(self.state, event)
        if before.phase is Phase.PARTING and self._grace is not None:
            self._grace.cancel()
        for action in actions:
            self._work.put_nowait(action)

    def look(self) -> None:
        """Once a second: is what was cut gone? Is a call that nobody records given up?"""
        if self.state.phase is Phase.CUT:
            self._work.put_nowait(Action.HANG_UP)
        if self.state == State(Phase.UNRECORDED, Line.UP):
            overdue = self._context.timings.legs.overdue
            self._overdue_at = self._overdue_at or time.monotonic() + overdue
            if time.monotonic() >= self._overdue_at:
                self.happen(LegEvent.OVERDUE)

    def gone(self) -> None:
        """The channel is no more, though no Hangup event was believed: nor may an answer have been."""
        for segment in self.segments:
            segment.unseen = True
        self._facts.ended()
        self.happen(LegEvent.HUNG_UP)
        self._work.put_nowait(self._wake)

    # What is done

    def judge(self) -> None:
        """To be called once for a leg that has just been dialled, or was found without a recording."""
        self._work.put_nowait(self._judge)

    def adopt(self, segment: Segment) -> None:
        """To be called once for a leg that was found with a recording under way."""
        self._facts.decision = segment.decision
        self._facts.answered_at = segment.answered_at
        claim = self._facts.take_claim()
        self._recordings.adopt(segment)
        self._bridged = self.state.line is Line.BRIDGED  # who let it through, nobody saw
        if self.state.line is not Line.RINGING:
            claim.answered(self._facts.answered_at or self._facts.began)
        self._work.put_nowait(self._adopt)

    async def run(self) -> None:
        """Does what is to be done, until the leg has ended and its recordings are handed over."""
        try:
            await self._run()
        finally:
            if self._grace is not None:
                self._grace.cancel()
            if self._recordings.has_unwritten_answer:
                self._recordings.note_answer()  # the link was lost in the moment of the answer

    async def _run(self) -> None:
        while not (self.state.phase is Phase.ENDED and self._work.empty()):
            work = await self._work.get()
            try:
                await (self._do(work) if isinstance(work, Action) else work())
            except NoChannel:
                await self._hear_why()
                self.happen(LegEvent.HUNG_UP)
            except LinkError as error:
                if self._pbx.lost:
                    return  # whatever it was, the next session reads the real state
                log.warning("asterisk did not answer", leg=self.channel, error=str(error))
                self._why = str(error)
                if self.state.phase in UNANSWERED:
                    self.happen(UNANSWERED[self.state.phase])

    async def _hear_why(self) -> None:
        """Of a channel that is no more: its Hangup event says why, and may be on its way."""
        gone_at = self._context.clock.now()
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(self._context.timings.legs.hangup):
                await self._hangup.wait()
        self._facts.ended(gone_at)

    async def _wake(self) -> None:
        """Does nothing: work for a worker that waits for some, so that it sees that the leg is over."""

    async def _do(self, action: Action) -> None:
        match action:
            case Action.PREPARE:
                await self._prepare()
            case Action.START | Action.RESTART:
                await self._record()
            case Action.OPEN:
                await self._control.open()
            case Action.SHUT:
                await self._control.shut()
            case Action.NOTE_ANSWER:
                self._recordings.note_answer()
                await self._tell()
            case Action.WAIT_GRACE:
                loop = asyncio.get_running_loop()
                self._grace = loop.call_later(
                    self._context.timings.legs.grace, self.happen, LegEvent.GRACE_OVER
                )
            case Action.CHECK:
                attached = await self._recordings.is_attached()
                self.happen(LegEvent.STILL_ATTACHED if attached else LegEvent.DETACHED)
            case Action.HANG_UP:
                await self._control.cut()
            case Action.PENALTY:
                self._context.failed()
            case Action.FINISH:
                self._finish()
            case _:
                taken_over = action in (Action.REPORT_STOPPED, Action.REPORT_MUTED)
                missing = self._recordings.missing() if taken_over else ""
                self._report(action.value, missing or self._why)

    async def _judge(self) -> None:
        suspect = self._facts.suspect(ringing=self.state.line is Line.RINGING)
        found = await judge(self._context, self._pbx, suspect)
        await self._heed(found)
        if found.gone:
            raise NoChannel(f"{self.channel} is gone")

    async def _heed(self, found: Judgement) -> None:
        """What follows from the verdict."""
        context, verdict = self._context, found.verdict
        if verdict.allowed is not None:
            self._facts.decision, self._facts.allowed = found.decision, verdict.allowed
            self._facts.told.sent_from = found.sent_from
        self.judged.set()
        if verdict.allowed is not None:
            claim = self._facts.take_claim()
            self._facts.rows = verdict.allowed.legs
            if self.state.line is not Line.RINGING:
                await self._find_answer()
                claim.answered(self._facts.answered_at or self._facts.began)
            if not self._facts.origin.seen and self.state.line is not Line.RINGING:
                self._report("recording-gap", "found answered and without a recording")
            if self.state.line is Line.BRIDGED and not self._bridged:
                self._bridged = True
                self._work.put_nowait(self._control.ask_interlock)
            cut = found.wrong is not None and self._facts.left_wrong(found.wrong, found.sent_from)
            self.happen(LegEvent.BYPASSED if cut else LegEvent.ALLOWED)
            return
        cut = verdict.may_be_cut and not found.gone and bool(context.guarded & self._facts.trunks.keys())
        self.happen(LegEvent.BYPASSED if cut else LegEvent.LET_BE)
        if verdict.is_incident:
            fate = "cut" if cut else "gone" if found.gone else "let be"
            self._facts.report_once(verdict.kind, found.decision, fate, "dialled", found.number[:40])

    async def _adopt(self) -> None:
        segment = self.segments[-1]
        if self.state.line is not Line.RINGING:  # first of all: it may hang up before anything else is asked
            await self._find_answer()
        await self._facts.read_decision()
        if await self._pbx.variable(self.channel, "UNIQUEID") != self.uniqueid:
            raise NoChannel(f"{self.channel} is another call now")
        if self._found_ringing and not segment.begun and await recorder.are_absent(segment):
            self.happen(LegEvent.PREPARED)
            return
        if missing := await self._recordings.adopted():
            self._why = missing
        else:
            self._work.put_nowait(self._tell)
        self.happen(LegEvent.GAP if missing else LegEvent.ADOPTED)

    async def _find_answer(self) -> None:
        """Of a leg that was found answered: Asterisk knows since when."""
        if self._facts.answered_at is not None:
            return
        try:
            await self._facts.find_answer(self._pbx)
        finally:
            self._recordings.note_answer()

    async def _prepare(self) -> None:
        """While it rings: all that a recording needs but the answer."""
        try:
            await self._recordings.prepare()
        except (RecordingError, StoreError, StoreRefused) as error:
            self._why = str(error)
            if self.state.phase is Phase.WAITING:  # one that was answered meanwhile is tried again
                self.happen(LegEvent.UNPROVEN)
            return
        self._work.put_nowait(self._tell)

    async def _record(self) -> None:
        """A recording from its start to its proof; ends in PROVEN or UNPROVEN."""
        if self.state.phase not in (Phase.STARTING, Phase.RESUMING):
            return  # it has ended, or is to be cut, before its turn came
        interruptions, old = self._recordings.interruptions, self._recordings.to_be_replaced()
        try:
            segment = await self._recordings.begin(old)
        except (RecordingError, StoreError, StoreRefused, LinkError) as error:
            refused = self._facts.is_refused
            if (isinstance(error, NoChannel) and not refused) or self._pbx.lost:
                raise
            self._why = str(error)
            # A call that ended first is no failure; whether it did is asked next.
            if self._facts.hung_up_at and not refused:
                self._unproven = True
            else:
                self.happen(LegEvent.UNPROVEN)
            return
        self.happen(LegEvent.PROVEN)
        self._recordings.write_running(segment)  # behind the interlock
        if self._recordings.interruptions > interruptions:  # perhaps after the last look at it
            self.happen(LegEvent.STOPPED)
        if old is not None:
            await self._recordings.retire(old, by=segment)
        log.info("recording", decision=self.decision, leg=self.channel, file=segment.files.main.name)

    async def _confirm_end(self) -> None:
        self._ending = False  # what comes while Asterisk is asked may be true
        if await self._pbx.is_live(self.channel, self.uniqueid):
            self._facts.hung_up_at = self._facts.told.hangup_cause = None
            if not self._forged:
                self._report("forged-event", "a Hangup event for a channel that is up")
            self._forged = True
            if self._unproven:
                self.happen(LegEvent.UNPROVEN)
            return
        self.happen(LegEvent.HUNG_UP)

    def _finish(self) -> None:
        ended_at = self._facts.ended()
        self._recordings.hand_over(ended_at)
        if self.decision:
            self._facts.write(ended_at)

    async def _tell(self) -> None:
        """What the leg is joined by, while it is up: the listener may not be there at its end."""
        await self._facts.tell(self._pbx)

    def _report(self, kind: str, detail: str) -> None:
        self._context.report(kind, self.decision, self.channel, detail)
