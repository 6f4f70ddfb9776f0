"""The nouns that travel between the rooms. Values only: frozen, comparable, JSON-encodable.

Times are aware datetimes in UTC unless a name says otherwise; telephone numbers of callees are E.164
(``+8613800138000``); caller IDs are exact registered strings (95xxx and 400 numbers are no E.164).
"""

from __future__ import annotations

from datetime import date, datetime
from typing import Literal

import msgspec

from dialpact.compliance.reasons import ORDER, Reason

Result = Literal["pass", "fail", "skip"]
Purpose = Literal["marketing", "service", "survey", "collection"]
Capacity = Literal["own-business", "licensed-call-centre"]
Scope = Literal["all", "industry", "business"]
Suspendable = Literal["agent", "campaign", "caller-id"]
Registrant = Literal["business", "campaign"]
Per = Literal["callee", "caller-id"]
Mode = Literal["enforce", "shadow"]
OptOutWay = Literal["callee-key", "agent-key", "line", "command", "api", "import"]

PURPOSES: tuple[Purpose, ...] = ("marketing", "service", "survey", "collection")
CAPACITIES: tuple[Capacity, ...] = ("own-business", "licensed-call-centre")
REGISTRANTS: tuple[Registrant, ...] = ("business", "campaign")
SCOPES: tuple[Scope, ...] = ("all", "industry", "business")
SUSPENDABLE: tuple[Suspendable, ...] = ("agent", "campaign", "caller-id")
ANY = "*"  # in a caller ID's trunks or purposes: not limited. An empty list permits nothing.
AND = "&"  # between the trunks of an attempt that may leave by any of several


class Value(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Base of all values of this module."""


class Callee(Value, frozen=True, kw_only=True):
    """A dialled number after normalisation (``dialpact.compliance.numbers``)."""

    given: str  # as dialled, bounded and printable (control characters as \\xNN)
    e164: str = ""  # register key; empty when the number can not be a callee
    national: str = ""  # with the national prefix, e.g. 02787654321, 13800138000
    kind: str = ""  # mobile | fixed-line | fixed-or-mobile | toll-free | voip
    region: str = ""  # ISO 3166, e.g. CN
    zones: tuple[str, ...] = ()  # every IANA zone in which it may ring; empty: unknown, and in China
    problem: Literal["", "invalid-number", "emergency-number", "protected-number"] = ""
    detail: str = ""  # key of the explaining text, e.g. "letters"


class CallAttempt(Value, frozen=True, kw_only=True):
    """One question to the gate. Everything in it was bounded and cleaned at the border."""

    callee: Callee
    campaign: str
    caller_id: str
    agent: str = ""
    trunk: str = ""
    node: str = ""
    channel: str = ""
    uniqueid: str = ""
    attack: str = ""  # what made the session look hostile; empty for an honest one

    @property
    def trunks(self) -> tuple[str, ...]:
        """Those that the call may leave by, once each; one empty name when none was named."""
        return tuple(dict.fromkeys(self.trunk.split(AND))) if AND in self.trunk else (self.trunk,)


class Business(Value, frozen=True, kw_only=True):
    id: str
    name: str
    actor: Capacity


class Campaign(Value, frozen=True, kw_only=True):
    id: str
    business: str
    industry: str
    purpose: Purpose
    script: str = ""


class CallerId(Value, frozen=True, kw_only=True):
    number: str
    business: str
    licence: str
    carrier: str
    authenticated: bool
    trunks: tuple[str, ...]
    purposes: tuple[str, ...]
    valid_from: date
    valid_to: date | None  # last valid day
    sent_as: tuple[str, ...] = ()  # the forms in which it leaves for the carrier; empty: exactly ``number``


class Registration(Value, frozen=True, kw_only=True):
    """That a business, or one of its campaigns, is registered with an authority."""

    holder: Registrant
    id: str  # of the business or campaign
    kind: str  # as a profile asks for it
    valid_from: date
    valid_to: date | None  # last valid day; None: without an end
    number: str = ""  # of the certificate


class Consent(Value, frozen=True, kw_only=True):
    number: str
    business: str
    industry: str
    granted_at: datetime
    expires_at: datetime | None
    evidence: str
    withdrawn_at: datetime | None = None
    evidence_sha256: str = ""  # lower-case hex; empty: not registered
    wording: str = ""  # version of the text that the person agreed to


class DncEntry(Value, frozen=True, kw_only=True, gc=False):  # a million of them in an import
    """An opt-out that is in force. ``value`` is the industry or the business, empty for scope ``all``."""

    number: str
    scope: Scope
    value: str
    requested_at: datetime
    source: str


class OptOut(Value, frozen=True, kw_only=True):
    """One time that a person opted out: who took it, when, how, and where it can be heard."""

    at: datetime
    number: str
    scope: Scope = "all"
    value: str = ""
    how: OptOutWay
    by: str  # the agent, the officer, the program's key, or the person's own number
    node: str = ""
    channel: str = ""
    decision: str = ""  # the call, where it was one of ours
    recording: str = ""
    position: float | None = None  # only of old rows: the recording's index of time against file tells it


class Batch(Value, frozen=True, kw_only=True):
    """One imported list of leads: who supplied it, under which contract, on which legal basis."""

    id: int
    campaign: str
    partner: str
    contract: str
    basis: str
    file: str  # its name
    sha256: str  # of the file
    imported_at: datetime
    rows: int
    held: str = ""  # why nothing of it may be dialled (``compliance/held``); empty: it may be


class Script(Value, frozen=True, kw_only=True):
    """The newest version of a script. A changed text is a new version, which nobody has approved."""

    id: str
    version: int
    sha256: str  # of the text in UTF-8
    approved_by: str = ""  # empty: not approved
    approved_at: datetime | None = None
    expires_at: datetime | None = None  # of the approval; None: never
    checked: tuple[str, ...] = ()  # digests of the lists of forbidden phrases that it was checked for


class Suspension(Value, frozen=True, kw_only=True):
    """One that is in force: nothing by this agent, campaign or caller ID until an officer lifts it."""

    kind: Suspendable
    key: str
    since: datetime
    cause: str  # what led to it, in words


class Tally(Value, frozen=True, kw_only=True):
    """How close a cap is: when the ``limit``-th newest attempt was made; None when there were fewer."""

    per: Per
    limit: int
    nth: datetime | None


class RecorderState(Value, frozen=True, kw_only=True):
    """The recorder lease as the decision's transaction saw it."""

    ready: bool
    why: str = ""  # why not, in the listener's words


class Trial(Value, frozen=True, kw_only=True):
    """What a tester has confirmed: his own number, for one call (``compliance/trial.py``)."""

    id: str
    number: str  # E.164
    by: str
    confirmed_at: datetime
    ends_at: datetime
    used: str = ""  # the decision that was put through; empty: none was


class Sweep(Value, frozen=True, kw_only=True):
    """A range that is dialled up. ``count`` of the ``width`` numbers were dialled, this one included."""

    kind: Literal["run", "stretch"]
    count: int
    width: int
    step: int = 0  # of a run


class Nearby(Value, frozen=True, kw_only=True):
    """What a decision keeps of the numbers that the campaign dialled close by: how many, and none of them.

    ``sweeps``: what was found in them, by the thresholds of the rule that looked.
    """

    count: int
    sweeps: dict[str, Sweep]


class Facts(Value, frozen=True, kw_only=True):
    """All that the rules look at, read in the decision's own transaction and stored with it for replay."""

    campaign: Campaign | None = None
    business: Business | None = None
    caller_id: CallerId | None = None
    trunk_known: bool = False
    trunk_business: str = ""  # the business that holds the trunk; empty: any of this installation
    trunk_holders: dict[str, str] = {}  # likewise, where the attempt names several: of each that is known
    consents: tuple[Consent, ...] = ()
    # Stored decisions call them "refusals". ``opt_outs_at``: the last import; None: never, or nobody asks.
    opt_outs: tuple[DncEntry, ...] = msgspec.field(default=(), name="refusals")
    opt_outs_at: datetime | None = msgspec.field(default=None, name="refusals_at")
    leads: tuple[Batch, ...] = ()  # the campaign's batches that the callee is on
    script: Script | None = None
    attempts: tuple[Tally, ...] = ()  # one for each cap
    # Numbers that the campaign dialled lately, as distances from this one. Other people's: a decision that is
    # made keeps ``nearby`` instead (those from before hold them).
    neighbours: tuple[int, ...] = ()
    nearby: Nearby | None = None
    suspensions: tuple[Suspension, ...] = ()
    recorder: RecorderState | None = None  # None: not looked at (``dialpact check`` without ``--live``)
    registrations: tuple[Registration, ...] = ()  # of the business and the campaign, where a profile asks
    continues: str = ""  # the first decision of the call that this one tries another way for; see ``linked``
    trial: Trial | msgspec.UnsetType = msgspec.UNSET  # only of an attempt that names a trial that there is


class Finding(Value, frozen=True, kw_only=True):
    """What one rule found. ``text`` is made at the edge from ``code``, ``rule`` and ``detail``."""

    rule: str  # module name below compliance.policy
    result: Result
    code: Reason | None = None  # set exactly when result is "fail"
    clause: str = ""  # profile and clause, e.g. "cn-hubei-2018 hours"
    detail: dict[str, str] = {}
    retry_at: datetime | None = None  # when this rule alone would pass, if that can be known


class Term(Value, frozen=True, kw_only=True):
    """How long a profile wants what is known of a call kept."""

    months: int  # calendar months after the local day of the call
    timezone: str  # IANA name: whose day


class PolicyVersion(Value, frozen=True, kw_only=True):
    profile: str
    version: str
    sha256: str


class Decision(Value, frozen=True, kw_only=True):
    """The answer to one attempt: decided first, recorded, and only then acted upon."""

    id: str  # 32 hex digits
    decided_at: datetime
    attempt: CallAttempt
    facts: Facts
    findings: tuple[Finding, ...]
    retry_at: datetime | None = None
    dial: str = ""  # what the trunk is to dial; empty unless allowed
    policy: tuple[PolicyVersion, ...] = ()
    calendar: str = ""  # version of the calendar data that was used
    tz: str = ""  # of the time zone data; empty in decisions from before it was noted
    number_metadata: str = ""  # of what is known about telephone numbers; likewise
    mode: Mode = "enforce"
    retention: tuple[Term, ...] | None = None  # promised that day, whatever comes later; None: not noted then

    @property
    def reasons(self) -> tuple[Reason, ...]:
        """Every failing code once, in the order of :class:`Reason`."""
        found = {finding.code for finding in self.findings if finding.code is not None}
        return tuple(sorted(found, key=ORDER.__getitem__)) if found else ()

    @property
    def allowed(self) -> bool:
        """True only for a judged, unfailing attempt: no findings at all is not an ALLOW."""
        if not self.findings or not self.dial:
            return False
        return all(finding.code is None for finding in self.findings)

    @property
    def put_through(self) -> bool:
        """Whether the PBX is given something to dial: an ALLOW, or in shadow whatever can be dialled."""
        return self.allowed or (self.mode == "shadow" and bool(self.dial))

    @property
    def verdict(self) -> Literal["ALLOW", "BLOCK"]:
        return "ALLOW" if self.allowed else "BLOCK"

    @property
    def reason(self) -> str:
        return self.reasons[0] if self.reasons else ""
