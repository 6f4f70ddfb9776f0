"""What is put side by side, and what comes of it. Times are seconds since 1970 (UTC)."""

from __future__ import annotations

from typing import Literal, NamedTuple, get_args

import msgspec

Kind = Literal[
    # findings: somebody has to look at them
    "without-decision",  # a call that left by a trunk, and nobody was asked
    "despite-refusal",  # a call whose decision is a block, or was never told to the PBX
    "number-differs",
    "caller-id-differs",
    "trunk-differs",
    "other-node",  # the decision is of another PBX
    "used-twice",  # two answered calls on one decision
    "without-recording",  # an answered call
    "recording-without-call",
    "length-differs",  # the recording is far shorter than the talk
    "answered-refused",  # the callee answered and the interlock refused: billed, and no CDR says so
    "decision-without-call",  # allowed and told, and the CDRs know nothing of it
    "unseen-open",  # nobody saw how the call ended, and the CDRs do not know it either
    "unlisted-endpoint",  # it left by an endpoint that no trunk lists, so nobody decided on it
    "leg-without-cdr",  # the listener saw a leg go round the gate, and no CDR has it
    "whisper",  # somebody spoke into the call from beside it, and that is not recorded
    # notes: said, and no reproach
    "ambiguous",  # two decisions fit equally well
    "gave-up",  # allowed, and the caller was gone before it was dialled
    "another-way",  # allowed, not dialled or without a CDR, and the call went another way
    "in-progress",  # the recording says that the call goes on
    "emergency",
    "unseen-answered",  # nobody saw how the call ended: the CDR says it was answered
    "unseen-unanswered",  # or that it was not
    "found-answered",  # recorded from when the listener found it on: it has said so
]
KINDS: tuple[Kind, ...] = get_args(Kind)
SETTLING: dict[Kind, bool] = {"unseen-answered": True, "unseen-unanswered": False}  # was it answered?
NOTES: frozenset[Kind] = frozenset(
    {"ambiguous", "gave-up", "another-way", "in-progress", "emergency", "found-answered", *SETTLING}
)


class CdrCall(NamedTuple):
    """One leg on a trunk. ``key`` is what it is sorted by; ``number`` as dialled, empty where no CDR says."""

    key: str
    at: int  # start of its first CDR
    end: int
    answer: int  # 0: not answered
    way: Literal["out", "unlisted", "originated", "elsewhere", "in", "house"]  # see :class:`.calls.Row`
    leg: str  # the carrier leg's channel; empty when none came into being
    channel: str  # the caller's; of an originated or inbound call the leg
    uniqueid: str  # of ``channel``
    number: str
    caller_id: str
    trunk: str
    decision: str  # what the user field names
    file: str
    line: int
    plain: str = ""  # ``number`` without what the trunk's format, or a prefix, puts around it
    context: str = ""  # the last that its first row was in
    guessed: bool = False  # ``number`` is what the caller dialled: no Dial() says what the leg was given


class KeptRecording(NamedTuple):
    """A recording."""

    id: str
    state: str
    channel: str  # the carrier leg
    uniqueid: str  # of the leg; may be empty
    answered: float  # 0: not
    ended: float  # 0: it goes on
    seconds: float  # of sound; 0: unknown
    open: bool = False  # nobody saw how its call ended, and that is not settled
    started: float = 0.0  # 0: unknown


class UnbridgedLeg(NamedTuple):
    """A carrier leg that was answered and that the interlock did not let be bridged."""

    channel: str
    uniqueid: str
    answered: float
    ended: float  # 0: not known


class AskedCall(NamedTuple):
    """A decision, as far as a call can be held against it."""

    key: str
    at: float
    id: str
    node: str
    through: bool  # the PBX was given something to dial, and told so
    why: str  # reasons of a block, comma separated
    number: str  # E.164
    dial: str  # what the trunk was to dial
    caller_id: str
    campaign: str
    trunk: str
    shadow: bool
    channel: str
    uniqueid: str
    kept: tuple[KeptRecording, ...]
    unbridged: tuple[UnbridgedLeg, ...] = ()
    went_on: bool = False  # a later decision is another way of the same call


class SeenLeg(NamedTuple):
    """A leg that the listener told of as one that went round the gate. Sorted by its channel."""

    channel: str
    at: float
    seq: int
    kind: str  # the incident's
    decision: str
    cut: bool
    number: str  # as dialled, as far as it was told


class Voice(NamedTuple):
    """A recording of somebody beside a call: a supervisor's own channel. Sorted by that."""

    channel: str
    started: float
    ended: float  # 0: it goes on
    kept: bool


class CdrFinding(NamedTuple):
    """One finding or note. Fields that do not apply are empty; ``detail`` fills the text of ``kind``."""

    at: float  # of the call's start; without a call of the decision
    seq: int
    kind: Kind
    number: str
    caller_id: str
    trunk: str
    decision: str
    recording: str
    channel: str  # the carrier leg, else the caller's channel
    uniqueid: str
    file: str
    line: int
    detail: dict[str, str]

    @property
    def is_note(self) -> bool:
        return self.kind in NOTES


class Counts(msgspec.Struct, kw_only=True):
    """Of the period and the trunk that were asked for."""

    lines: int = 0  # of the files, whatever their time
    bad: int = 0  # lines that could not be read
    house: int = 0  # lines of calls that never touched a trunk
    calls: int = 0  # that left by a trunk, answered or not
    answered: int = 0
    emergency: int = 0
    inbound: int = 0
    decisions: int = 0
    allowed: int = 0  # of which were given something to dial
    other_nodes: int = 0  # decisions of other PBXes, which these CDRs say nothing of
    recordings: int = 0
    matched: int = 0  # calls with their decision
    recorded: int = 0  # answered calls, emergency apart, with a kept recording
    found: dict[Kind, int] = {}
    unnamed_contexts: dict[str, int] = {}  # calls taken for such that came in, though no option names where


class Reconciliation(msgspec.Struct, kw_only=True):
    """What came out. ``found`` holds the first of each kind, in the order of time; the counts are whole."""

    counts: Counts
    found: tuple[CdrFinding, ...]
    since: float | None  # bounds of the period: as asked for, else what the files cover; None: no line
    until: float | None
    shift: int = 0  # seconds by which the files' times are off, where all of them are; see ``Shift``

    @property
    def findings(self) -> int:
        """How many there are in all, notes apart."""
        return sum(count for kind, count in self.counts.found.items() if kind not in NOTES)
