"""The figures of one period. Values only: the JSON of the report is this, and nothing is computed after it.

A call is *put through* when the gate gave the PBX something to dial and the PBX was told: an ALLOW, or in
shadow whatever can be dialled. Counts are of decisions unless they say otherwise. Lists hold at most ``MOST``
entries; the count beside each is of all. Callees' numbers are masked unless ``full``.
docs/inspection-report.md defines each figure and names its source.
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from dialpact.compliance.inspection.period import Period

FORM = 1  # of this value
MOST = 1000

# Incidents after which a call is not fully recorded, though a recording of it may be there.
GAPS = (
    "recording-not-started",
    "recording-stopped",
    "recording-muted",
    "recording-stalled",
    "recording-vanished",
    "recording-gap",
    "recording-lost",
    "bridged-unrecorded",
    "recording-missing",
    "recording-incomplete",
    "recording-empty",
    "recording-short",
    "recording-side-lost",
    "recording-distorted",
    "voice-not-recorded",
    "supervisor-unrecorded",
)
# Of these, those that tell of an answered call even where no recording does.
ANSWERED = ("recording-gap", "recording-lost", "bridged-unrecorded")
# Carrier legs that had no fitting decision (ami_listener.legs.leg_policy).
BYPASSES = (
    "no-decision",
    "malformed-decision",
    "unknown-decision",
    "refused-decision",
    "undelivered-decision",
    "foreign-node",
    "foreign-trunk",
    "foreign-number",
    "stale-decision",
    "reused-decision",
    "unlisted-endpoint",
)
# Carrier legs whose caller ID was not the one that was authorised (ami_listener.ami.sent).
NUMBERS = ("caller-id-altered", "caller-id-hidden", "caller-id-unknown")


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """Base of all parts."""


class Rules(Figures, frozen=True, kw_only=True):
    """A profile that is in force now."""

    profile: str
    version: str
    sha256: str
    title: str
    source: str


class ListAge(Figures, frozen=True, kw_only=True):
    """When a register was last fed from a file."""

    register: str
    at: datetime | None
    days: int | None
    most: int  # days that a profile permits; 0: no limit


class InstallationFigures(Figures, frozen=True, kw_only=True):
    node: str
    mode: str
    rules: tuple[Rules, ...]
    rules_then: tuple[str, ...]  # "profile version sha256" of the period's first and last decision, distinct
    calendar: str
    calendar_until: date  # last day that the calendar knows
    calendar_days_left: int
    lists: tuple[ListAge, ...]


class Count(Figures, frozen=True, kw_only=True):
    key: str
    count: int


class ReasonCount(Figures, frozen=True, kw_only=True):
    """Of blocked calls: ``first`` those that it was the first reason of, ``any`` those that it was among."""

    code: str
    first: int
    any: int


class Slot(Figures, frozen=True, kw_only=True):
    """``at``: a local day, or an hour 00 to 23 over all days. ``permitted``: calls may be made then."""

    at: str
    passed: int  # put through after an ALLOW
    blocked: int
    shadow: int  # put through although blocked
    undelivered: int  # an ALLOW that the PBX was not told in time
    permitted: bool


class CallFigures(Figures, frozen=True, kw_only=True):
    decisions: int
    passed: int
    blocked: int
    shadow: int
    undelivered: int
    reasons: tuple[ReasonCount, ...]
    days: tuple[Slot, ...]
    hours: tuple[Slot, ...]
    windows: tuple[str, ...]  # the permitted hours, by profile
    outside_hours: int | None  # put through at a time that the profiles do not permit; None: they do not say


class CallerUse(Figures, frozen=True, kw_only=True):
    """One caller ID in the period's calls. Register and list are of the time of the report."""

    number: str
    attempts: int
    put_through: int
    blocked_for_it: int  # for a reason that begins with caller-id-
    by_others: int  # put through for another business than its holder
    registered: bool
    business: str
    carrier: str
    authenticated: bool
    valid_from: date | None
    valid_to: date | None
    listed: bool | None  # by the carrier; None: no list was compared


class ListDifference(Figures, frozen=True, kw_only=True):
    kind: str  # compliance.registers.carrier_list.Kind
    number: str
    register: str  # what the register has
    carrier: str  # what the carrier has
    calls: int  # put through with it in the period


class CarrierList(Figures, frozen=True, kw_only=True):
    """A comparison of the register with carriers' lists."""

    at: datetime | None  # None: made for this report
    source: str  # the files' names
    listed: int  # numbers on the lists
    differences: tuple[Count, ...]  # by kind
    list: tuple[ListDifference, ...]  # only of one that was made for this report


class NumberFigures(Figures, frozen=True, kw_only=True):
    registered: int
    valid: int  # on the day of the report
    unlicensed: int  # without a licence
    unauthenticated: int  # of the valid ones
    expired: int
    ending: int  # valid now, not in thirty days
    used: int  # distinct caller IDs in the period's attempts
    used_unregistered: int  # calls put through over a caller ID that is not registered now
    used_unauthenticated: int  # calls put through over one that is registered, but not as authenticated
    used_unlisted: int | None  # calls put through over one that no carrier lists; None: no list was given
    blocks: tuple[Count, ...]  # for caller-id reasons, by code
    busy: int  # alarms: more calls over one caller ID than the profile watches for
    uses: tuple[CallerUse, ...]
    carrier_list: CarrierList | None


class Holder(Figures, frozen=True, kw_only=True):
    business: str
    name: str
    actor: str
    caller_ids: int
    trunks: tuple[str, ...]  # that only it may use
    campaigns: int
    put_through: int


class ResourceFigures(Figures, frozen=True, kw_only=True):
    sublet_blocks: int
    by_others: int  # put through over a caller ID or a trunk that another business holds
    free_trunks: tuple[str, ...]  # that any business may use
    holders: tuple[Holder, ...]


class LateCall(Figures, frozen=True, kw_only=True):
    """A call that was put through although the person had opted out, or without a consent."""

    decision: str
    at: datetime
    number: str
    campaign: str
    scope: str  # of the opt-out; empty for a missing consent
    opted_out_at: datetime | None  # when the opt-out was in the register


class OptOutFigures(Figures, frozen=True, kw_only=True):
    in_force: int  # entries of the register now
    taken: tuple[Count, ...]  # opt-outs in the period, by how they were given
    added: int  # entries in the period
    removed: int  # taken back in the period
    after: int  # calls put through after the opt-out was registered; must be 0
    late: tuple[LateCall, ...]
    between: int  # put through after the person opted out, before that was registered


class ScriptState(Figures, frozen=True, kw_only=True):
    campaign: str
    purpose: str
    script: str
    version: int | None
    approved_by: str
    approved_at: datetime | None
    expires_at: datetime | None
    approved: bool  # now
    put_through: int


class ComplaintLine(Figures, frozen=True, kw_only=True):
    id: int
    received_at: datetime
    source: str
    caller_id: str
    campaign: str
    matched: bool
    due: date | None
    status: str
    answered_at: datetime | None
    late: bool  # not answered by its day


class ComplaintFigures(Figures, frozen=True, kw_only=True):
    received: int
    unmatched: int
    open: int
    late: int
    lines: tuple[ComplaintLine, ...]


class Conduct(Figures, frozen=True, kw_only=True):
    opt_outs: OptOutFigures
    scripts: tuple[ScriptState, ...]
    complaints: ComplaintFigures
    batches: int  # lists of leads imported in the period
    batches_held: int  # of which held for range dialling, now


class RecordingGap(Figures, frozen=True, kw_only=True):
    """An answered call that is not fully recorded, and why."""

    decision: str
    at: datetime
    number: str
    caller_id: str
    campaign: str
    why: tuple[str, ...]


class RecordingFigures(Figures, frozen=True, kw_only=True):
    """Of answered calls. ``share`` is ``full`` of ``required``, None when there was none."""

    answered: int
    required: int
    full: int
    running: int  # not over when the report was made; not in required
    exempt: int  # of a purpose for which no profile asks for a recording; not in required
    share: float | None
    gaps: int
    list: tuple[RecordingGap, ...]
    rows: int  # recordings begun in the period
    failed: int
    seconds: float


class RetentionFigures(Figures, frozen=True, kw_only=True):
    held: int  # legal holds set in the period
    released: int
    disposed: int
    in_force: int  # legal holds today
    unfinished: int  # disposals that were begun and whose files may still be there
    past_due: int  # kept today although their last day is over and nobody holds them
    keep_until_missing: int  # kept without a last day


class SuspensionLine(Figures, frozen=True, kw_only=True):
    kind: str
    key: str
    since: datetime
    by: str
    cause: str
    lifted_at: datetime | None
    lifted_by: str
    lift_reason: str


class ClockMarks(Figures, frozen=True, kw_only=True):
    marked: int  # decisions that are marked as earlier than the one before
    most_seconds: float
    steps: int  # incidents clock-went-back


class LedgerFigures(Figures, frozen=True, kw_only=True):
    """``unproven``: calls of the period that were erased before the log said what stays of a row: nothing
    proves what is counted of them.
    """

    size: int
    unproven: int
    unsealed: int
    checkpoint_size: int | None
    checkpoint_at: datetime | None
    checkpoint: str  # the signed note


class Cdr(Figures, frozen=True, kw_only=True):
    """What the carrier's or Asterisk's own call records say (``dialpact reconcile``)."""

    files: tuple[str, ...]
    lines: int
    unreadable: int
    calls: int  # that left by a trunk
    emergency: int  # of these; not recorded on purpose
    hours_off: float  # by which all times of the files are wrong; 0: they are right
    findings: tuple[Count, ...]


class Control(Figures, frozen=True, kw_only=True):
    bypasses: tuple[Count, ...]  # carrier legs without a fitting decision, by kind
    cdr: Cdr | None
    recordings: RecordingFigures
    retention: RetentionFigures
    incidents: tuple[Count, ...]  # by kind
    suspensions: tuple[SuspensionLine, ...]
    changes: tuple[Count, ...]  # of registers: "register action"
    clock: ClockMarks
    ledger: LedgerFigures


class ConsentFigures(Figures, frozen=True, kw_only=True):
    entries: int
    with_hash: int  # of the evidence
    with_wording: int
    withdrawn: int  # in the period
    expired: int  # in the period
    granted: int  # in the period
    without: int | None  # put through without a consent that was in force; None: no profile asks for one
    without_list: tuple[LateCall, ...]


Level = Literal["violation", "open", "notice"]


class InspectionFinding(Figures, frozen=True, kw_only=True):
    """``key`` names its text. violation: must not be; open: cannot be told; notice: to know."""

    key: str
    level: Level
    values: dict[str, str | int] = {}


class Heading(Figures, frozen=True, kw_only=True):
    """One of the six. Its verdict is its worst finding's."""

    name: str
    verdict: Literal["ok", "open", "violation"]
    findings: tuple[InspectionFinding, ...]


class TrialLine(Figures, frozen=True, kw_only=True):
    """A trial call that a tester confirmed in the period: no campaign's, and listed apart."""

    campaign: str  # as which its decisions are listed
    at: datetime
    by: str
    number: str
    put_through: int
    blocked: int


class Inspection(Figures, frozen=True, kw_only=True):
    """The report."""

    form: int = FORM
    made_at: datetime
    made_by: str
    full: bool
    period: Period
    complete: bool  # the period was over when the report was made
    headings: tuple[Heading, ...] = ()
    installation: InstallationFigures
    calls: CallFigures
    numbers: NumberFigures
    resources: ResourceFigures
    conduct: Conduct
    control: Control
    consents: ConsentFigures
    trials: tuple[TrialLine, ...] = ()
