"""What the inspection report asks of a store: one snapshot of it, as rows.

The rows of a period come one by one, so a year of a million decisions takes as much memory as a day; whoever
takes them keeps none. ``exempt``: campaigns that never had a purpose which the rule in question binds; what
they called is left out.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import date, datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.inspection.figures import Count, LedgerFigures, SuspensionLine
from dialpact.compliance.model import Business, CallerId, Decision, Purpose, Scope


class Minute(NamedTuple):
    """Decisions of one minute. ``bound``: those put through that are not exempt."""

    at: datetime
    passed: int
    blocked: int
    shadow: int
    undelivered: int
    bound: int


class Purposes(NamedTuple):
    """Calls put through in the minute ``at`` for one purpose."""

    at: datetime
    purpose: str
    calls: int


class Reasons(NamedTuple):
    """Blocked or untold calls that have these reasons, the first one first."""

    reasons: tuple[str, ...]
    calls: int


class Use(NamedTuple):
    """A caller ID in the period's attempts; empty or None what the register does not say."""

    number: str
    attempts: int
    put_through: int
    blocked_for_it: int
    by_others: int
    registered: bool
    business: str
    carrier: str
    authenticated: bool
    valid_from: date | None
    valid_to: date | None


class Tried(NamedTuple):
    """A trial call. ``put_through``, ``blocked``: decisions in its name."""

    id: str
    at: datetime
    by: str
    number: str
    put_through: int
    blocked: int


class PutThrough(NamedTuple):
    campaign: str
    business: str
    calls: int


class Answered(NamedTuple):
    """A call that was answered, with the number of its answered recordings that show each flaw.

    ``kinds``: of incidents that tell of a gap in it.
    """

    decision: str
    at: datetime
    seq: int
    number: str
    caller_id: str
    campaign: str
    legs: int
    running: int
    failed: int
    unhashed: int
    short: int
    kinds: tuple[str, ...]


class Begun(NamedTuple):
    """Recordings that were begun in the period."""

    rows: int
    failed: int
    seconds: float


class KeptNow(NamedTuple):
    """Kept recordings whose last day is over and that nobody holds; kept ones without a last day."""

    past_due: int
    missing: int


class Put(NamedTuple):
    """A call that was put through."""

    seq: int
    decision: str
    at: datetime
    number: str
    campaign: str
    purpose: Purpose


class AfterOptOut(NamedTuple):
    """A call that was put through, and an opt-out that there was before it, or may have been.

    ``behind_us``: by how much the decision's time is known to be too early.
    """

    call: Put
    behind_us: int
    business: str
    industry: str
    scope: Scope
    value: str
    registered_at: datetime
    requested_at: datetime


class Removal(NamedTuple):
    """An opt-out that was taken back. ``number``: E.164 without its plus."""

    number: int
    scope: str
    value: str
    at: datetime


class ConsentSums(NamedTuple):
    entries: int
    with_hash: int
    with_wording: int
    granted: int
    withdrawn: int
    expired: int


class CampaignNow(NamedTuple):
    """A campaign with the newest version of its script. ``checked``: digests that were compared with it."""

    id: str
    business: str
    purpose: Purpose
    script: str
    purposes_before: tuple[str, ...]
    version: int | None
    approved_by: str
    approved_at: datetime | None
    expires_at: datetime | None
    checked: frozenset[str]


class LastComparison(NamedTuple):
    """What ``caller-id reconcile`` left in the log. ``found``: differences by kind."""

    at: datetime
    key: str
    listed: int
    found: Mapping[str, int]


class Complained(NamedTuple):
    id: int
    received_at: datetime
    source: str
    caller_id: str
    campaign: str
    matched: bool
    due: date | None
    status: str
    answered_at: datetime | None


class Source(Protocol):
    """One snapshot, and one period in it."""

    def minutes(self, exempt: Collection[str]) -> Iterable[Minute]:
        """Sums of each minute that has decisions, in the order of time."""

    def purposes_in(self, minutes: Sequence[datetime], exempt: Collection[str]) -> Iterable[Purposes]:
        """What was put through in these minutes, by minute and purpose."""

    def reasons(self) -> Iterable[Reasons]:
        """Each list of reasons that a decision had, once, with the count of these."""

    def ends(self) -> Iterable[Decision]:
        """The period's first and last decision."""

    def uses(self) -> Iterable[Use]:
        """Each caller ID that an attempt had."""

    def put_through(self) -> Iterable[PutThrough]:
        """What each campaign put through, for each business and trunk that it did so by."""

    def by_others(self, holders: Mapping[str, str]) -> int:
        """Put through over a caller ID or a trunk (``holders``) that another business holds."""

    def clock_marks(self) -> tuple[int, int]:
        """Decisions that are marked as behind, and by how many microseconds at most."""

    def answered(self, gaps: Collection[str], answers: Collection[str]) -> Iterable[Answered]:
        """``gaps``: kinds of incidents that tell of one; of these ``answers`` tell of an answer as well."""

    def purposes(self, ids: Sequence[str]) -> Mapping[str, str]:
        """Of these decisions."""

    def begun(self) -> Begun: ...
    def kept(self, today: date) -> KeptNow: ...
    def holds(self) -> int: ...
    def unfinished_disposals(self) -> int: ...
    def after_opt_out(self, exempt: Collection[str]) -> Iterable[AfterOptOut]:
        """In the order of the decisions, each one's earliest opt-out first."""

    def removals(self) -> Iterable[Removal]:
        """In the order of time."""

    def without_consent(self, exempt: Collection[str]) -> Iterable[Put]:
        """Calls put through for which the register has no consent that was in force then."""

    def consents(self) -> ConsentSums: ...
    def do_not_call(self) -> tuple[int, int]:
        """Entries now, and those that were made in the period."""

    def opt_outs(self) -> tuple[Count, ...]:
        """Opt-outs of the period by how they were given."""

    def campaigns(self) -> list[CampaignNow]:
        """Each one with its script, as they are now."""

    def trials(self) -> list[Tried]:
        """Trial calls that were confirmed until the period's end, the oldest first."""

    def businesses(self) -> list[Business]:
        """All that are registered now."""

    def caller_ids(self) -> list[CallerId]:
        """Without their trunks and purposes."""

    def last_imports(self) -> Mapping[str, datetime]:
        """When each register that files feed was last imported."""

    def last_comparison(self) -> LastComparison | None: ...
    def changes(self) -> tuple[Count, ...]:
        """Acts of the period by register and action."""

    def incidents(self) -> tuple[Count, ...]:
        """Those of the period by kind."""

    def suspensions(self, most: int) -> list[SuspensionLine]:
        """At most so many of those that were in force in the period."""

    def complaints(self) -> Iterable[Complained]:
        """Those that were received in the period."""

    def batches(self) -> tuple[int, int]:
        """Lists of leads imported in the period, and how many of these are held now."""

    def ledger(self) -> LedgerFigures: ...
