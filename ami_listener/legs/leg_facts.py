"""What is known of one carrier leg: who dialled it, by which decision, when it was answered and ended."""

from __future__ import annotations

from datetime import datetime, timedelta

import msgspec

from ami_listener.ami import events
from ami_listener.ami.connection import LinkError
from ami_listener.ami.events import Origin
from ami_listener.ami.pbx import Pbx
from ami_listener.legs.claims import Claim
from ami_listener.legs.leg_check import Suspect, originator
from ami_listener.legs.leg_context import LegContext
from ami_listener.legs.leg_policy import LegVerdict
from dialpact.compliance.carrier_leg import Allowed, CarrierLeg
from dialpact.compliance.errors import StoreError

# Dial's own words (DialEnd, DIALSTATUS). A GOTO:... is what Dial's U() said, not what became of the leg.
DIAL_STATUSES = frozenset(
    {"ABORT", "ANSWER", "BUSY", "CANCEL", "CHANUNAVAIL", "CONGESTION", "CONTINUE", "DONTCALL", "INVALIDARGS"}
    | {"NOANSWER", "TORTURE"}
)
REDIRECTED = 23  # Q.850: redirection to new destination
INTERLOCK_SHUT = "GOTO:dialpact-unrecorded"  # what Dial tells where the interlock let no call through


class Told(msgspec.Struct):
    """What Asterisk said of the leg that the recording does not need; names as in ``CarrierLeg``."""

    sip_call_id: str = ""
    sent_from: str = ""
    ringing_at: datetime | None = None
    dial_status: str = ""
    hangup_cause: int | None = None
    interlock: str = ""
    supervision: str = "{}"


class LegFacts:
    """``dial``: DialBegin's dial string, empty when it was not seen; ``began``: when dialled."""

    def __init__(
        self,
        context: LegContext,
        channel: str,
        uniqueid: str,
        trunks: dict[str, str],
        began: datetime,
        dial: str,
        origin: Origin,
    ) -> None:
        self._context = context
        self.channel, self.uniqueid, self.trunks = channel, uniqueid, trunks
        self.began, self.dial, self.origin = began, dial, origin
        self.decision = ""
        self.allowed: Allowed | None = None
        self.claim: Claim | None = None
        self.rows = 0  # recordings of this decision in the store
        self.answered_at: datetime | None = None
        self.hung_up_at: datetime | None = None
        self.told = Told()
        self.forwarded = False

    def feed(self, event: events.ChannelEvent) -> None:
        """Takes down what an event of its channel tells."""
        match event:
            case events.StateChanged(state="Ringing"):
                self.told.ringing_at = self.told.ringing_at or self._context.clock.now()
            case events.StateChanged(state="Up") | events.DialEnded(status="ANSWER"):
                self.told.dial_status = "ANSWER"
                self.answered_at = self.answered_at or self._context.clock.now()
                if self.claim is not None:
                    self.claim.answered(self.answered_at)
            case events.DialEnded():
                if event.status in DIAL_STATUSES:
                    self.told.dial_status = event.status
                elif event.status.startswith(INTERLOCK_SHUT):
                    self.told.interlock = "refused"
            case events.DialForwarded():
                self.forwarded = True
            case events.Renamed():
                self.channel = event.new
            case events.HungUp():
                self.hung_up_at = self._context.clock.now()
                # Dial may hang up before the carrier's word has become the channel's cause: a busy machine.
                self.told.hangup_cause = event.cause or (REDIRECTED if self.forwarded else event.cause)

    @property
    def is_refused(self) -> bool:
        """Whether the dialplan's interlock gave the call up, as it was not being recorded in time."""
        return self.told.interlock == "refused"

    @property
    def is_originated(self) -> bool:
        """Whether no channel dialled it: it is up by itself before it is connected to anybody."""
        return self.origin.seen and not self.origin.caller

    def suspect(self, *, ringing: bool) -> Suspect:
        """As the check of a leg wants it."""
        return Suspect(
            self.channel, self.uniqueid, self.trunks, self.began, self.dial, self.origin, ringing=ringing
        )

    def take_claim(self) -> Claim:
        """The leg uses its decision, from now on."""
        self.claim = self._context.claims.take(self.decision, self.uniqueid, self.origin, self.began)
        return self.claim

    async def read_decision(self) -> None:
        """From the store, as far as that answers."""
        try:
            self.allowed = await self._context.store.carrier_legs.allowed(self.decision)
        except StoreError:
            self.allowed = None
        self.rows = self.allowed.legs if self.allowed else 0

    async def find_answer(self, pbx: Pbx) -> None:
        """Of a leg that was found answered: Asterisk knows since when.

        Raises LinkError when the link is gone; then it counts as answered now.
        """
        now, seconds = self._context.clock.now(), None
        try:
            seconds = await pbx.answered_for(self.channel)
        except LinkError:
            if pbx.lost:
                raise
        finally:
            self.answered_at = now - timedelta(seconds=seconds or 0.0)
            self.began = min(self.began, self.answered_at)  # that is known to the second only

    def next_number(self) -> int | None:
        """Of the call's next recording; None while the decision is not known, when nothing is recorded."""
        return self.claim.number(self.rows) if self.claim is not None and self.allowed else None

    def ended(self, at: datetime | None = None) -> datetime:
        """When it hung up, as far as that is known; else ``at``, or now, and it stays so."""
        self.hung_up_at = self.hung_up_at or at or self._context.clock.now()
        return self.hung_up_at

    def report_once(self, kind: str, decision: str, fate: str, what: str, number: str) -> None:
        """An incident of who dialled it; not again when a reconnect has it judged anew. ``fate``: whether it
        was cut; ``what``: is ``number``.
        """
        if self.uniqueid in self._context.foreign:
            return
        self._context.foreign.add(self.uniqueid)
        detail = f"{fate}; {originator(self.origin)}; {what}"
        self._context.report(kind, decision, self.channel, detail, number)

    def left_wrong(self, wrong: LegVerdict, sent_from: str) -> bool:
        """Tells of a number that is not the decision's; whether the call is cut for it."""
        assert self.allowed is not None
        cut = wrong.may_be_cut and bool(self._context.numbered & self.trunks.keys())
        numbers = f"{self.allowed.caller_id or '-'} {sent_from or '-'}"
        fate = "cut" if cut else "let be"
        self.report_once(wrong.kind, self.decision, fate, "authorised and sent", numbers)
        return cut

    async def tell(self, pbx: Pbx) -> None:
        """Writes it down while it is up. Raises NoChannel, LinkError."""
        try:
            if not self.told.sip_call_id:
                self.told.sip_call_id = await pbx.sip_call_id(self.channel)
        finally:
            self.write(None)

    def write(self, ended_at: datetime | None) -> None:
        """Into the store, by the outbox; ``ended_at``: None while it is up."""
        leg = CarrierLeg(
            decision=self.decision,
            node=self._context.node,
            channel=self.channel,
            uniqueid=self.uniqueid,
            linkedid=self.origin.linkedid,
            dialled_at=self.began,
            answered_at=self.answered_at,
            ended_at=ended_at,
            **msgspec.structs.asdict(self.told),
        )
        self._context.outbox.put(
            "carrier leg",
            lambda: self._context.store.carrier_legs.write(leg),
            decision=leg.decision,
            channel=leg.channel,
        )
