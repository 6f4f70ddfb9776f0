"""What a call, a decision or a pair of them shows, once it is known that nothing else belongs to it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from dialpact.compliance.endpoints import station
from dialpact.compliance.reconcile.contexts import InboundContexts
from dialpact.compliance.reconcile.match import Matcher, Pair
from dialpact.compliance.reconcile.values import (
    AskedCall,
    CdrCall,
    CdrFinding,
    Counts,
    KeptRecording,
    Kind,
    SeenLeg,
    UnbridgedLeg,
)
from dialpact.compliance.reconcile.whispers import Heard

SECONDS = 3  # by which a recording may be shorter than the talk, or a tenth of it
KEPT = frozenset({"kept"})
NOWHERE: Mapping[str, Any] = {}


class CdrJudge:
    """``say`` takes each finding and note. ``trunk``: only this one's; ``since`` and ``until`` bound the
    calls by their start and the decisions by their time. ``contexts``: fed with every call before.
    """

    def __init__(
        self,
        matcher: Matcher,
        say: Callable[[CdrFinding], None],
        *,
        node: str,
        since: float,
        until: float,
        trunk: str = "",
        contexts: InboundContexts | None = None,
    ) -> None:
        self.counts = Counts()
        self._contexts = contexts or InboundContexts()
        self._matcher = matcher
        self._say = say
        self._node = node
        self._since, self._until = since, until
        self._trunk = trunk
        self._seq = 0

    def wanted(self, at: float, trunk: str) -> bool:
        return self._since <= at < self._until and (
            not self._trunk or self._matcher.same_trunk(trunk, self._trunk)
        )

    def lonely_call(self, call: CdrCall) -> None:
        """No decision fits."""
        call = self._settled(call)
        if not self._count_call(call) or call.way == "in":
            return
        if self._matcher.is_emergency(call):
            self.counts.emergency += 1
            self._found("emergency", call=call)
        elif call.way == "unlisted":
            self._unlisted(call)
        else:
            self._found("without-decision", call=call, way=call.way)

    def _settled(self, call: CdrCall) -> CdrCall:
        """Of one that its record can not tell: whether it came in."""
        if call.way != "elsewhere":
            return call
        call = call._replace(way=self._contexts.way(call))
        if call.way == "in" and self.wanted(call.at, call.trunk):
            self._count_unnamed(call, 1)
        return call

    def _count_unnamed(self, call: CdrCall, more: int) -> None:
        there = self.counts.unnamed_contexts
        there[call.context] = there.get(call.context, 0) + more
        if not there[call.context]:
            del there[call.context]

    def _unlisted(self, call: CdrCall, asked: AskedCall | None = None) -> None:
        self._found("unlisted-endpoint", call=call, asked=asked, endpoint=station(call.leg) or call.channel)

    def unseen_leg(self, leg: SeenLeg, trunk: str) -> None:
        """The listener told of it, and no CDR has it."""
        if self.wanted(leg.at, trunk):
            fate = "cut" if leg.cut else "let-be"
            self._found("leg-without-cdr", place=_place(leg, trunk), incident=leg.kind, fate=fate)

    def originated_leg(self, leg: SeenLeg, call: CdrCall) -> None:
        """The listener told of it, and to its CDR it came in."""
        taken = call.way == "in" or self._contexts.way(call) == "in"  # (else it is found already)
        if not taken or not self.wanted(call.at, call.trunk):
            return
        self.counts.inbound -= 1
        if call.way == "elsewhere":
            self._count_unnamed(call, -1)
        call = call._replace(way="originated", number=leg.number)
        self._count_call(call)
        self._found("without-decision", call=call, way="originated")

    def unlisted_leg(self, leg: SeenLeg) -> None:
        """The listener cut it, and its CDR does not say what was dialled."""
        if self.wanted(leg.at, ""):
            self._found("unlisted-endpoint", place=_place(leg, ""), endpoint=station(leg.channel))

    def whisper(self, heard: Heard) -> None:
        """He may have been heard, and is on no recording."""
        one, call = heard.whisper, heard.call
        if not self.wanted(call.at, call.trunk):
            return
        coach = one.is_heard_by_agent_alone(call)
        if coach and not self._matcher.records_coaches(call.trunk):
            return
        number = call.number if heard.calls == 1 else ""
        place = {"channel": one.channel, "file": one.file, "line": one.line, "uniqueid": one.uniqueid}
        self._found(
            "whisper",
            call=call._replace(at=one.at),
            place=place | {"number": number},
            application=one.application,
            hears="agent" if coach else "callee",
        )

    def pair(self, pair: Pair) -> None:
        asked = pair.asked
        self._count_asked(asked)
        calls = [call for call in pair.calls if self._count_call(call)]
        self.counts.matched += sum(call.way != "unlisted" for call in calls)
        answered = [call for call in calls if call.answer]
        for call in calls:
            self._compare(call, asked, ambiguous=call in pair.ambiguous)
        if len(answered) > 1:
            self._found("used-twice", call=answered[1], asked=asked, calls=str(len(answered)))
        elif second := _beside(calls):
            self._found("used-twice", call=second, asked=asked, calls=str(len(calls)))
        for call in answered:
            legs = [kept for kept in asked.kept if kept.channel == call.leg]
            self._listen(call, asked, legs or (list(asked.kept) if len(pair.calls) == 1 else []))
        for call in calls:
            for leg in asked.unbridged:
                if not call.answer and leg.channel == call.leg:
                    self._unbridged(call, asked, leg)
            if call not in pair.ambiguous:
                self._settle(call, asked, alone=len(pair.calls) == 1)

    def _settle(self, call: CdrCall, asked: AskedCall, *, alone: bool) -> None:
        """What the CDR says of recordings of which nobody saw the end."""
        for kept in asked.kept:
            if kept.open and (alone or kept.channel == call.leg):
                kind: Kind = "unseen-answered" if call.answer else "unseen-unanswered"
                self._found(kind, call=call, asked=asked, kept=kept)

    def lonely_asked(self, asked: AskedCall, *, seen: bool) -> None:
        """No call fits. ``seen``: the CDRs know the caller's channel."""
        if not self._count_asked(asked):
            return
        for kept in asked.kept:
            if not kept.ended:
                self._found("in-progress", asked=asked, kept=kept)
                return
        opened = [kept for kept in asked.kept if kept.open]
        if opened and asked.node == self._node:
            self._found("unseen-open", asked=asked, kept=opened[0])
            return
        told = [kept for kept in asked.kept if kept.answered or kept.state in KEPT]
        if told and asked.node == self._node:
            self._found("recording-without-call", asked=asked, kept=told[0])
        elif asked.through and asked.node == self._node:
            gone: Kind = "gave-up" if seen or asked.kept else "decision-without-call"
            self._found("another-way" if asked.went_on else gone, asked=asked)

    def _unbridged(self, call: CdrCall, asked: AskedCall, leg: UnbridgedLeg) -> None:
        """The CDR says FAILED and no seconds: Dial's U() runs before anything is bridged."""
        seconds = f"{leg.ended - leg.answered:.0f}" if leg.ended else "-"
        self._found("answered-refused", call=call, asked=asked, seconds=seconds)

    def _count_call(self, call: CdrCall) -> bool:
        if not self.wanted(call.at, call.trunk):
            return False
        if call.way == "in":
            self.counts.inbound += 1
            return True
        if call.way == "unlisted":
            return True
        self.counts.calls += 1
        self.counts.answered += bool(call.answer)
        return True

    def _count_asked(self, asked: AskedCall) -> bool:
        if not self.wanted(asked.at, asked.trunk):
            return False
        self.counts.decisions += 1
        self.counts.allowed += asked.through
        self.counts.other_nodes += asked.node != self._node
        self.counts.recordings += len(asked.kept)
        return True

    def _compare(self, call: CdrCall, asked: AskedCall, *, ambiguous: bool) -> None:
        if ambiguous:
            self._found("ambiguous", call=call, asked=asked)
        if not asked.through:
            self._found("despite-refusal", call=call, asked=asked, why=asked.why or "-")
        if asked.node != self._node:
            self._found("other-node", call=call, asked=asked, node=asked.node)
        dialled = bool(call.number) and not call.guessed
        if asked.through and dialled and not self._matcher.is_as_told(call, asked):
            self._found("number-differs", call=call, asked=asked, decided=asked.dial)
        if call.caller_id and asked.caller_id and call.caller_id != asked.caller_id:
            self._found("caller-id-differs", call=call, asked=asked, decided=asked.caller_id)
        if call.way == "unlisted":
            self._unlisted(call, asked)
        elif asked.trunk and not self._matcher.same_trunk(call.trunk, asked.trunk):
            self._found("trunk-differs", call=call, asked=asked, decided=asked.trunk)

    def _listen(self, call: CdrCall, asked: AskedCall, legs: list[KeptRecording]) -> None:
        kept = [one for one in legs if one.state in KEPT]
        if not kept:
            state = legs[-1].state if legs else "none"
            shadow = "shadow" if asked.shadow else "enforce"
            self._found(
                "without-recording",
                call=call,
                asked=asked,
                kept=legs[-1] if legs else None,
                state=state,
                mode=shadow,
            )
            return
        self.counts.recorded += 1
        # A caller who was connected before he asked was billed from then on: he talked later.
        since = call.answer if call.answer >= asked.at - 1 else min(one.answered for one in kept)
        talk, sound = call.end - since, sum(one.seconds for one in kept)
        if not since or _is_whole(sound, talk):
            return
        late = self._late(call, legs, since)
        if late > SECONDS and _is_whole(sound, talk - late):
            self._found("found-answered", call=call, asked=asked, kept=kept[0], seconds=f"{late:.0f}")
        else:
            told, heard = f"{talk:.0f}", f"{sound:.0f}"
            self._found("length-differs", call=call, asked=asked, kept=kept[0], talk=told, sound=heard)

    def _late(self, call: CdrCall, legs: list[KeptRecording], since: float) -> float:
        """Seconds from the answer to the first recording: the listener had been away, and found it answered.

        It knows since when by Asterisk's word, or took it that it was then: only the CDR tells that, by
        another clock. The end, which both have seen, shows how far the listener's is ahead.
        """
        began = min(one.started for one in legs)
        if not began:
            return 0.0
        answered = min((one.answered for one in legs if one.answered), default=began)
        ahead = max(one.ended for one in legs) - call.end
        return max(began - answered, began - since - min(max(ahead, 0), self._matcher.tolerance))

    def _found(
        self,
        kind: Kind,
        *,
        call: CdrCall | None = None,
        asked: AskedCall | None = None,
        kept: KeptRecording | None = None,
        place: Mapping[str, Any] = NOWHERE,
        **detail: str,
    ) -> None:
        """``place``: what is another's than ``call``'s and ``asked``'s."""
        self.counts.found[kind] = self.counts.found.get(kind, 0) + 1
        self._seq += 1
        self._say(
            CdrFinding(
                at=call.at if call else asked.at if asked else 0.0,
                seq=self._seq,
                kind=kind,
                number=(call.number if call else "") or (asked.number if asked else ""),
                caller_id=(call.caller_id if call else "") or (asked.caller_id if asked else ""),
                trunk=call.trunk if call else asked.trunk if asked else "",
                decision=asked.id if asked else "",
                recording=kept.id if kept else "",
                channel=(call.leg or call.channel) if call else asked.channel if asked else "",
                uniqueid=(call.uniqueid if call else "") or (asked.uniqueid if asked else ""),
                file=call.file if call else "",
                line=call.line if call else 0,
                detail=detail,
            )._replace(**place)
        )


def _place(leg: SeenLeg, trunk: str) -> dict[str, Any]:
    """Of a finding about a leg that the listener has told of."""
    place = {"at": leg.at, "number": leg.number, "trunk": trunk, "decision": leg.decision}
    return place | {"channel": leg.channel}


def _is_whole(sound: float, talk: float) -> bool:
    """Nothing of the talk is missing but what may be."""
    return sound + max(SECONDS, talk / 10) >= talk


def _beside(calls: list[CdrCall]) -> CdrCall | None:
    """The one that began while another one went on: a failover begins when the first attempt is over."""
    ended = float("inf")
    for call in sorted(calls, key=lambda call: call.at):
        if call.at + 1 < ended < float("inf"):
            return call
        ended = call.end if ended == float("inf") else max(ended, call.end)
    return None
