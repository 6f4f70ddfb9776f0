"""One carrier leg: its events go through the table at once, what follows from them is done one by one.

``feed`` is synchronous and is called in the order of AMI's events; the worker (``run``) is the only one that
waits for Asterisk or the store. So what happened is known while something is being done, and a proof sees the
stop that would make it worthless.
"""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta

import msgspec
import structlog

from ami_listener import events, recorder
from ami_listener.bypass import LegVerdict
from ami_listener.calls import Action, Happening, Line, Phase, State, step
from ami_listener.claims import UNSEEN, Claim, Origin
from ami_listener.connection import LinkError
from ami_listener.desk import Desk, row
from ami_listener.guard import Suspect, judge, originator
from ami_listener.pbx import INTERLOCK, MONITOR, PASSED, NoChannel, Pbx, monitor_id
from ami_listener.recorder import Segment
from dialpact.compliance.carrier_leg import Allowed, CarrierLeg
from dialpact.compliance.errors import RecordingError, StoreError, StoreRefused

GRACE_SECONDS = 0.2  # between the hangup handler's stop and the Hangup event: 1 to 10 ms on Asterisk 22
OVERDUE_SECONDS = 3.0  # the dialplan waits one second for a recording and then gives up by itself
# What a question that Asterisk does not answer is taken for: the worst.
UNANSWERED = {
    Phase.ADOPTING: Happening.GAP,
    Phase.CHECKING: Happening.DETACHED,
}
# Dial's own words (DialEnd, DIALSTATUS). A GOTO:... is what Dial's U() said, not what became of the leg.
DIAL_STATUSES = frozenset(
    {"ABORT", "ANSWER", "BUSY", "CANCEL", "CHANUNAVAIL", "CONGESTION", "CONTINUE", "DONTCALL", "INVALIDARGS"}
    | {"NOANSWER", "TORTURE"}
)
REFUSED = "GOTO:dialpact-unrecorded"  # how Dial tells of the interlock's no
log = structlog.get_logger()


class Told(msgspec.Struct):
    """What Asterisk said of the leg that the recording does not need; names as in ``CarrierLeg``."""

    sip_call_id: str = ""
    sent_from: str = ""
    ringing_at: datetime | None = None
    dial_status: str = ""
    hangup_cause: int | None = None
    interlock: str = ""
    supervision: str = "{}"


class Leg:
    """See the module. ``dial``: DialBegin's dial string, empty when it was not seen; ``began``: when
    dialled.
    """

    def __init__(
        self,
        desk: Desk,
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
        self.channel, self.uniqueid = channel, uniqueid
        self.state = state or State()
        self.decision = ""
        self.allowed: Allowed | None = None
        self.judged = asyncio.Event()
        self.segments: list[Segment] = []
        self._desk, self._pbx, self._trunks = desk, pbx, trunks
        self._began, self._dial, self._origin = began, dial, origin
        self._found_ringing = self.state.line is Line.RINGING
        self._claim: Claim | None = None
        self._spared = False
        self._work: asyncio.Queue[Action | Callable[[], Awaitable[None]]] = asyncio.Queue()
        self._answered_at: datetime | None = None
        self._hung_up_at: datetime | None = None
        self._told = Told()
        self._started = self._interrupted = 0
        self._lost_at: datetime | None = None  # since then the recording may have stopped
        self._missing: timedelta | None = None  # between the last recording and the one that took over
        self._grace: asyncio.TimerHandle | None = None
        self._why = ""
        self._unproven = False  # the proof was broken off by a Hangup event that is still to be confirmed
        self._ending = False  # a Hangup event waits to be confirmed
        self._forged = False  # one was not confirmed, and that is reported
        self._rows = 0  # of this decision in the store
        self._noted = False  # the answer is on its way to the store
        self._bridged = False  # it has been in a bridge
        self._overdue_at = 0.0

    @property
    def answered_at(self) -> datetime | None:
        return self._answered_at

    @property
    def is_up(self) -> bool:
        """Answered, and no Hangup came."""
        return self.state.line is not Line.RINGING and self._hung_up_at is None

    def supervised(self, told: str) -> None:
        """``told``: who listened to it, or spoke into it, as JSON; written now and at the end."""
        self._told.supervision = told
        if self._hung_up_at is None:
            self._work.put_nowait(self._tell)

    @property
    def linkedid(self) -> str:
        """Of the call that the leg belongs to."""
        return self._origin.linkedid

    @property
    def pbx(self) -> Pbx:
        return self._pbx

    @property
    def caller(self) -> str:
        """The channel that dialled it; empty for an Originate."""
        return self._origin.caller

    @property
    def talks(self) -> bool:
        """Whether it is answered, and its recording proven."""
        return (
            self.state.phase is Phase.RECORDED
            and self.state.line is not Line.RINGING
            and self._answered_at is not None
            and bool(self.segments)
        )

    @property
    def caller_id(self) -> str:
        """The unique id of who dials it; empty for an Originate, and where that was not seen."""
        return self._origin.caller_id

    def next_number(self) -> int | None:
        """Of the call's next recording; None while the decision is not known, when nothing is recorded."""
        return self._claim.number(self._rows) if self._claim is not None and self.allowed else None

    # What happens

    def feed(self, event: events.ChannelEvent) -> None:
        """Takes an event of this leg's channel."""
        match event:
            case events.StateChanged(state="Ringing"):
                self._told.ringing_at = self._told.ringing_at or self._desk.clock.now()
            case events.StateChanged(state="Up") | events.DialEnded(status="ANSWER"):
                self._told.dial_status = "ANSWER"
                self._answered_at = self._answered_at or self._desk.clock.now()
                if self._claim is not None:
                    self._claim.answered(self._answered_at)
                self.happen(Happening.ANSWERED)
            case events.DialEnded():
                if event.status in DIAL_STATUSES:
                    self._told.dial_status = event.status
                elif event.status.startswith(REFUSED):
                    self._told.interlock = "refused"
            case events.BridgeEntered():
                self.happen(Happening.BRIDGED)
                if not self._bridged:
                    self._bridged = True
                    self._work.put_nowait(self._ask_interlock)
            case events.BridgeLeft():
                self.happen(Happening.UNBRIDGED)
            case events.MonitorStarted():
                self._started += 1
            case events.MonitorStopped():
                self._interrupt()
                self.happen(Happening.STOPPED)
            case events.MonitorMuted(muted=True):
                self._interrupt()
                self.happen(Happening.MUTED)
            case events.Renamed():
                self.channel = event.new
            case events.HungUp():
                # The channel is asked for once more: text from SIP must not end a recording that goes on.
                self._hung_up_at = self._desk.clock.now()
                self._told.hangup_cause = event.cause
                if not self._ending:  # however many come: asking once answers them all
                    self._ending = True
                    self._work.put_nowait(self._confirm_end)

    def happen(self, happening: Happening) -> None:
        before, (self.state, actions) = self.state, step(self.state, happening)
        if before.phase is Phase.PARTING and self._grace is not None:
            self._grace.cancel()
        for action in actions:
            self._work.put_nowait(action)

    def _interrupt(self) -> None:
        self._interrupted += 1
        self._lost_at = self._lost_at or self._desk.clock.now()

    def look(self) -> None:
        """Once a second: is what was cut gone? Is a call that nobody records given up?"""
        if self.state.phase is Phase.CUT:
            self._work.put_nowait(Action.HANG_UP)
        if self.state == State(Phase.UNRECORDED, Line.UP):
            self._overdue_at = self._overdue_at or time.monotonic() + OVERDUE_SECONDS
            if time.monotonic() >= self._overdue_at:
                self.happen(Happening.OVERDUE)

    def gone(self) -> None:
        """The channel is no more, though no Hangup event was believed: nor may an answer have been."""
        for segment in self.segments:
            segment.unseen = True
        self._hung_up_at = self._hung_up_at or self._desk.clock.now()
        self.happen(Happening.HUNG_UP)
        self._work.put_nowait(self._nothing)

    # What is done

    def judge(self) -> None:
        """To be called once for a leg that has just been dialled, or was found without a recording."""
        self._work.put_nowait(self._judge)

    def adopt(self, segment: Segment) -> None:
        """To be called once for a leg that was found with a recording under way."""
        self.decision = segment.decision
        self._answered_at = segment.answered_at
        self._claim = self._desk.claims.take(segment.decision, self.uniqueid, self._origin, self._began)
        self.segments.append(segment)
        self._bridged = self.state.line is Line.BRIDGED  # who let it through, nobody saw
        self._noted = self._answered_at is not None
        if self.state.line is not Line.RINGING:
            self._claim.answered(self._answered_at or self._began)
        self._work.put_nowait(self._adopt)

    async def run(self) -> None:
        """Does what is to be done, until the leg has ended and its recordings are handed over."""
        try:
            await self._run()
        finally:
            if self._grace is not None:
                self._grace.cancel()
            if self._answered_at is not None and self.segments and not self._noted:
                self._note_answer()  # the link was lost in the moment of the answer

    async def _run(self) -> None:
        while not (self.state.phase is Phase.ENDED and self._work.empty()):
            work = await self._work.get()
            try:
                await (self._do(work) if isinstance(work, Action) else work())
            except NoChannel:
                self._hung_up_at = self._hung_up_at or self._desk.clock.now()
                self.happen(Happening.HUNG_UP)
            except LinkError as error:
                if self._pbx.lost:
                    return  # whatever it was, the next session reads the real state
                log.warning("asterisk did not answer", leg=self.channel, error=str(error))
                self._why = str(error)
                if self.state.phase in UNANSWERED:
                    self.happen(UNANSWERED[self.state.phase])

    async def _nothing(self) -> None:
        """Wakes the worker, which then sees the end."""

    async def _do(self, action: Action) -> None:
        match action:
            case Action.PREPARE:
                await self._prepare()
            case Action.START | Action.RESTART:
                await self._record()
            case Action.OPEN:
                await self._set_interlock(self.decision)
            case Action.SHUT:
                await self._set_interlock("")
            case Action.NOTE_ANSWER:
                self._note_answer()
                await self._tell()
            case Action.WAIT_GRACE:
                loop = asyncio.get_running_loop()
                self._grace = loop.call_later(GRACE_SECONDS, self.happen, Happening.GRACE_OVER)
            case Action.CHECK:
                monitor = self.segments[-1].monitor
                attached = bool(monitor) and await self._pbx.attached(self.channel, monitor)
                if not attached:
                    self.segments[-1].monitor = ""  # an address: the next MixMonitor may get the same
                if not attached and not await self._pbx.is_live(self.channel, self.uniqueid):
                    raise NoChannel(f"{self.channel} is gone")
                self._lost_at = None if attached else self._lost_at
                self.happen(Happening.STILL_ATTACHED if attached else Happening.DETACHED)
            case Action.HANG_UP:
                await self._cut()
            case Action.PENALTY:
                self._desk.failed()
            case Action.FINISH:
                self._finish()
            case _:
                self._report(action.value, self._lacking(action) or self._why)

    async def _judge(self) -> None:
        desk = self._desk
        found = await judge(
            desk,
            self._pbx,
            Suspect(
                self.channel,
                self.uniqueid,
                self._trunks,
                self._began,
                self._dial,
                self._origin,
                ringing=self.state.line is Line.RINGING,
            ),
        )
        verdict = found.verdict
        if verdict.allowed is not None:
            self.decision, self.allowed = found.decision, verdict.allowed
            self._told.sent_from = found.sent_from
        self.judged.set()
        if verdict.allowed is not None:
            self._claim = desk.claims.take(found.decision, self.uniqueid, self._origin, self._began)
            self._rows = verdict.allowed.legs
            if self.state.line is not Line.RINGING:
                await self._find_answer()
                self._claim.answered(self._answered_at or self._began)
            if not self._origin.seen and self.state.line is not Line.RINGING:
                self._report("recording-gap", "found answered and without a recording")
            if self.state.line is Line.BRIDGED and not self._bridged:
                self._bridged = True
                self._work.put_nowait(self._ask_interlock)
            cut = found.wrong is not None and self._left_wrong(found.wrong, found.sent_from)
            self.happen(Happening.BYPASSED if cut else Happening.ALLOWED)
            return
        cut = verdict.may_be_cut and bool(desk.guarded & self._trunks.keys())
        self.happen(Happening.BYPASSED if cut else Happening.REFUSED)
        if verdict.is_incident and self.uniqueid not in desk.foreign:
            desk.foreign.add(self.uniqueid)
            done = "cut" if cut else "let be"
            detail = f"{done}; {originator(self._origin)}; dialled"
            desk.report(verdict.kind, found.decision, self.channel, detail, found.number[:40])

    def _left_wrong(self, wrong: LegVerdict, sent_from: str) -> bool:
        """Tells of a number that is not the decision's; whether the call is cut for it."""
        desk, allowed = self._desk, self.allowed
        assert allowed is not None
        cut = wrong.may_be_cut and bool(desk.numbered & self._trunks.keys())
        if self.uniqueid not in desk.foreign:
            desk.foreign.add(self.uniqueid)
            detail = f"{'cut' if cut else 'let be'}; {originator(self._origin)}; authorised and sent"
            desk.report(
                wrong.kind,
                self.decision,
                self.channel,
                detail,
                f"{allowed.caller_id or '-'} {sent_from or '-'}",
            )
        return cut

    async def _adopt(self) -> None:
        segment = self.segments[-1]
        if self.state.line is not Line.RINGING:  # first of all: it may hang up before anything else is asked
            await self._find_answer()
        self.allowed = await self._known(segment.decision)
        self._rows = self.allowed.legs if self.allowed else 0
        if await self._pbx.variable(self.channel, "UNIQUEID") != self.uniqueid:
            raise NoChannel(f"{self.channel} is another call now")
        if self._found_ringing and not segment.begun and await recorder.are_absent(segment):
            self.happen(Happening.PREPARED)
            return
        segment.monitor = monitor_id(await self._pbx.variable(self.channel, MONITOR))
        newest = await self._pbx.variable(self.channel, "MIXMONITOR_FILENAME") == str(segment.files.main)
        runs = newest and bool(segment.monitor) and await self._pbx.attached(self.channel, segment.monitor)
        if not runs:
            await asyncio.sleep(GRACE_SECONDS)  # the hangup handler may have stopped it: then it ends now
            if not await self._pbx.is_live(self.channel, self.uniqueid):
                raise NoChannel(f"{self.channel} is gone")
        missing = "" if runs else "no such MixMonitor on the channel"
        missing = missing or await recorder.missing(segment)
        if not runs:
            segment.monitor = ""
        if missing:
            if segment.begun or not await recorder.are_absent(segment):
                segment.ended_at = await recorder.last_written(segment) or self._desk.clock.now()
            self._why = missing
        else:
            segment.begun = True
            self._write_running(segment)
            self._work.put_nowait(self._tell)
        self.happen(Happening.GAP if missing else Happening.ADOPTED)

    async def _known(self, decision: str) -> Allowed | None:
        try:
            return await self._desk.store.carrier_legs.allowed(decision)
        except StoreError:
            return None

    async def _find_answer(self) -> None:
        """Of a leg that was found answered: Asterisk knows since when."""
        if self._answered_at is not None:
            return
        now, seconds = self._desk.clock.now(), None
        try:
            seconds = await self._pbx.answered_for(self.channel)
        except LinkError:
            if self._pbx.lost:
                raise
        finally:
            self._answered_at = now - timedelta(seconds=seconds or 0.0)
            self._began = min(self._began, self._answered_at)  # that is known to the second only
            self._note_answer()

    async def _prepare(self) -> None:
        """While it rings: all that a recording needs but the answer."""
        try:
            await self._segment()
        except (RecordingError, StoreError, StoreRefused) as error:
            self._why = str(error)
            if self.state.phase is Phase.WAITING:  # one that was answered meanwhile is tried again
                self.happen(Happening.UNPROVEN)
            return
        self._work.put_nowait(self._tell)

    async def _segment(self) -> Segment:
        """The next recording, with its row in the store and its folder on the disk; nothing records yet."""
        desk = self._desk
        if self.allowed is None or self._claim is None:
            raise RecordingError("the decision can not be read")
        now = desk.clock.now()
        segment = Segment(
            id=uuid.uuid4().hex,
            decision=self.decision,
            channel=self.channel,
            uniqueid=self.uniqueid,
            format=desk.recorder.format,
            files=await desk.recorder.plan(self.decision, now, self._claim.number(self._rows)),
            started_at=now,
            answered_at=self._answered_at,
        )
        await desk.store.recordings.start(row(desk.node, segment, self.allowed))
        self.segments.append(segment)
        return segment

    async def _record(self) -> None:
        """A recording from its start to its proof; ends in PROVEN or UNPROVEN."""
        if self.state.phase not in (Phase.STARTING, Phase.RESUMING):
            return  # it has ended, or is to be cut, before its turn came
        old = self.segments[-1] if self.segments else None
        if old is not None and not old.begun and old.ended_at is None:
            old = None  # prepared, and this is its moment
        interrupted = self._interrupted
        if old is not None:
            old.ended_at = old.ended_at or self._lost_at or self._desk.clock.now()
        try:
            segment = await self._begin(fresh=old is not None)
        except (RecordingError, StoreError, StoreRefused, LinkError) as error:
            if isinstance(error, NoChannel) or self._pbx.lost:
                raise
            self._why = str(error)
            if self._hung_up_at:  # a call that ended first is no failure; whether it did is asked next
                self._unproven = True
            else:
                self.happen(Happening.UNPROVEN)
            return
        if old is not None and old.ended_at is not None and segment.proven_at is not None:
            self._missing = segment.proven_at - old.ended_at
        self._lost_at = None
        self.happen(Happening.PROVEN)
        self._write_running(segment)  # behind the interlock
        if self._interrupted > interrupted:  # perhaps after the last look at it
            self.happen(Happening.STOPPED)
        if old is not None:
            if old.monitor != segment.monitor:
                await self._desk.recorder.retire(self._pbx, old)
            self.segments.remove(old)
            self._desk.finish(old)
        log.info("recording", decision=self.decision, leg=self.channel, file=segment.files.main.name)

    async def _begin(self, *, fresh: bool) -> Segment:
        desk = self._desk
        segment = await self._segment() if fresh or not self.segments else self.segments[-1]
        segment.channel, segment.answered_at = self.channel, self._answered_at
        segment.started_at = desk.clock.now()
        started, interrupted = self._started, self._interrupted
        await desk.recorder.start(self._pbx, segment)
        await desk.recorder.prove(
            self._pbx,
            segment,
            begun=lambda: self._started > started,
            ended=lambda: self._why_ended(segment, interrupted),
        )
        segment.begun = True
        segment.proven_at = desk.clock.now()
        return segment

    def _why_ended(self, segment: Segment, interrupted: int) -> str:
        """A Stop event names no MixMonitor: it counts where the MixMonitor can not be asked for by its id."""
        if self._hung_up_at:
            return "the call ended"
        return "it was stopped" if self._interrupted > interrupted and not segment.monitor else ""

    def _write_running(self, segment: Segment) -> None:
        started_at, answered_at = segment.started_at, segment.answered_at
        self._noted = self._noted or answered_at is not None
        self._desk.outbox.put(
            "recording running",
            lambda: self._desk.store.recordings.running(segment.id, started_at, answered_at),
            decision=segment.decision,
            channel=self.channel,
        )

    async def _set_interlock(self, value: str) -> None:
        try:
            await self._pbx.set_variable(self.channel, INTERLOCK, value)
        except NoChannel:
            raise
        except RecordingError as error:
            log.error("interlock not set", leg=self.channel, decision=self.decision, error=str(error))

    def _note_answer(self) -> None:
        if self._noted and self._answered_at:
            return
        self._noted = True
        at = self._answered_at = self._answered_at or self._desk.clock.now()
        for segment in self.segments:
            segment.answered_at = segment.answered_at or at
        self._desk.outbox.put(
            "answer",
            lambda: self._desk.store.recordings.answered(self._desk.node, self.uniqueid, at),
            decision=self.decision,
            channel=self.channel,
        )

    async def _ask_interlock(self) -> None:
        """Bridged for the first time: was it the dialplan's interlock that let it through?"""
        if not self.allowed:
            return
        if await self._pbx.variable(self.channel, PASSED):
            self._told.interlock = "through"
        else:
            self._report("interlock-missing", "bridged without U(dialpact-answered) in its Dial")

    async def _cut(self) -> None:
        """Again each second until it is gone. Not in shadow mode; never a call that came in."""
        if self._desk.shadow:
            return
        sure = self._origin.seen and not self.channel.startswith("PJSIP/")
        if not sure and await self._pbx.came_in(self.channel):
            if not self._spared:
                self._spared = True
                self._report("forged-event", "a DialBegin event for a call that came in")
            return
        log.error("call cut", leg=self.channel, decision=self.decision)
        await self._pbx.hang_up(self.channel)

    async def _confirm_end(self) -> None:
        self._ending = False  # what comes while Asterisk is asked may be true
        if await self._pbx.is_live(self.channel, self.uniqueid):
            self._hung_up_at = self._told.hangup_cause = None
            if not self._forged:
                self._report("forged-event", "a Hangup event for a channel that is up")
            self._forged = True
            if self._unproven:
                self.happen(Happening.UNPROVEN)
            return
        self.happen(Happening.HUNG_UP)

    def _finish(self) -> None:
        for segment in self.segments:
            segment.ended_at = segment.ended_at or self._hung_up_at or self._desk.clock.now()
            self._desk.finish(segment)
        self.segments.clear()
        if self.decision:
            self._write_leg(self._hung_up_at or self._desk.clock.now())

    async def _tell(self) -> None:
        """What the leg is joined by, while it is up: the listener may not be there at its end."""
        try:
            if not self._told.sip_call_id:
                self._told.sip_call_id = await self._pbx.sip_call_id(self.channel)
        finally:
            self._write_leg(None)

    def _write_leg(self, ended_at: datetime | None) -> None:
        leg = CarrierLeg(
            decision=self.decision,
            node=self._desk.node,
            channel=self.channel,
            uniqueid=self.uniqueid,
            linkedid=self._origin.linkedid,
            dialled_at=self._began,
            answered_at=self._answered_at,
            ended_at=ended_at,
            **msgspec.structs.asdict(self._told),
        )
        self._desk.outbox.put(
            "carrier leg",
            lambda: self._desk.store.carrier_legs.write(leg),
            decision=leg.decision,
            channel=leg.channel,
        )

    def _lacking(self, action: Action) -> str:
        """How much of the call is on no recording, once another has taken over."""
        if action not in (Action.REPORT_STOPPED, Action.REPORT_MUTED) or self._missing is None:
            return ""
        missing, self._missing = self._missing, None
        return f"{max(0.0, missing.total_seconds()):.2f} s are missing"

    def _report(self, kind: str, detail: str) -> None:
        self._desk.report(kind, self.decision, self.channel, detail)
