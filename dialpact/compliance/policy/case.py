"""What a rule is given, and the three things that it can say."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from enum import StrEnum
from functools import cache
from typing import NamedTuple
from unicodedata import is_normalized, normalize

from dialpact.compliance.calendars import WorkingDays
from dialpact.compliance.model import PURPOSES, CallAttempt, Facts, Finding, Purpose
from dialpact.compliance.profile import Profile
from dialpact.compliance.reasons import Reason

Findings = tuple[Finding, ...]
Instants = Iterable[datetime]


class Why(StrEnum):
    """``detail["key"]`` of a finding that is no pass: the key of the explaining text (``compliance/texts``).

    An invalid number has a key of :class:`dialpact.compliance.numbers.Flaw` instead.
    """

    # the rule does not bind this call
    NOT_EFFECTIVE = "not-effective"
    OTHER_PURPOSE = "other-purpose"
    # the rule has nothing to go by; another rule fails
    NO_NUMBER = "no-number"
    CAMPAIGN_UNKNOWN = "campaign-unknown"
    CALLER_ID_UNKNOWN = "caller-id-unknown"
    RECORDER_NOT_ASKED = "recorder-not-asked"
    # a trial call: what the trial profile stands in place of, and its own rule
    TRIAL_INSTEAD = "trial-instead"
    TRIAL_UNKNOWN = "trial-unknown"
    TRIAL_OTHER_NUMBER = "trial-other-number"
    TRIAL_OTHER_CHANNEL = "trial-other-channel"
    TRIAL_OVER = "trial-over"
    TRIAL_USED = "trial-used"
    # no rule's: compliance.judge says these
    ATTACK = "attack"
    FAILURE = "failure"
    # campaign
    CAMPAIGN_UNREGISTERED = "campaign-unregistered"
    BUSINESS_UNREGISTERED = "business-unregistered"
    # do_not_call
    OPTED_OUT_ALL = "refused-all"
    OPTED_OUT_INDUSTRY = "refused-industry"
    OPTED_OUT_BUSINESS = "refused-business"
    # days, hours
    DAY_OFF = "day-off"
    YEAR_MISSING = "year-missing"
    YEAR_PROVISIONAL = "year-provisional"
    PUBLIC_HOLIDAY = "public-holiday"
    HOLIDAYS_UNKNOWN = "holidays-unknown"
    ZONE_UNKNOWN = "zone-unknown"
    CLOSED_THAT_DAY = "closed-that-day"
    BEFORE_OPENING = "before-opening"
    IN_THE_BREAK = "in-the-break"
    AFTER_CLOSING = "after-closing"
    CLOSING_SOON = "closing-soon"
    # consent
    NEVER_GIVEN = "never-given"
    OPTED_OUT_SINCE = "refused-since"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"
    # caller_id, resources
    UNREGISTERED = "unregistered"
    NOT_YET_VALID = "not-yet-valid"
    NO_LONGER_VALID = "no-longer-valid"
    NOT_AUTHENTICATED = "not-authenticated"
    TRUNK_UNKNOWN = "trunk-unknown"
    TRUNK_NOT_LISTED = "trunk-not-listed"
    PURPOSE_NOT_LISTED = "purpose-not-listed"
    CALLER_ID_OF_ANOTHER = "caller-id-of-another"
    TRUNK_OF_ANOTHER = "trunk-of-another"
    LIST_STALE = "list-stale"
    LAPSED = "lapsed"
    NO_HASH = "no-hash"
    PREFIX_FORBIDDEN = "prefix-forbidden"
    RANGE_WANTED = "range-wanted"
    RANGE_FORBIDDEN = "range-forbidden"
    # attempts
    CALLEE_CAP = "callee-cap"
    CALLER_ID_CAP = "caller-id-cap"
    NOT_COUNTED = "not-counted"
    # registration
    OTHER_CALLEE = "other-callee"
    REGISTRATION_MISSING = "registration-missing"
    REGISTRATION_TO_COME = "registration-to-come"
    REGISTRATION_ENDED = "registration-ended"
    # actor
    ACTOR_FORBIDDEN = "actor-forbidden"
    # script
    NO_SCRIPT = "no-script"
    SCRIPT_UNREGISTERED = "script-unregistered"
    SCRIPT_UNAPPROVED = "script-unapproved"
    SCRIPT_EXPIRED = "script-expired"
    SCRIPT_UNCHECKED = "script-unchecked"
    # suspension
    SUSPENDED_AGENT = "suspended-agent"
    SUSPENDED_CAMPAIGN = "suspended-campaign"
    SUSPENDED_CALLER_ID = "suspended-caller-id"
    # leads, range_dialling
    ON_NO_BATCH = "on-no-batch"
    ONLY_HELD = "only-held"
    BATCH_HELD = "batch-held"
    NOT_SCRUBBED = "not-scrubbed"
    RANGE_RUN = "range-run"
    RANGE_STRETCH = "range-stretch"
    # recording
    RECORDER_SILENT = "recorder-silent"
    RECORDER_NOT_READY = "recorder-not-ready"


class Way(NamedTuple):
    """A trunk. ``holder``: the business that holds it, empty where any may use it."""

    trunk: str
    known: bool
    holder: str


@dataclass(frozen=True, slots=True)
class Case:
    """One attempt under one profile."""

    attempt: CallAttempt
    facts: Facts
    calendar: WorkingDays
    profile: Profile
    local: datetime  # now, in the profile's zone
    recorder_required: bool

    @property
    def ways(self) -> tuple[Way, ...]:
        """The trunks that the call may leave by: what is asked of one is asked of each."""
        names, facts = self.attempt.trunks, self.facts
        if len(names) == 1:
            return (Way(self.attempt.trunk, facts.trunk_known, facts.trunk_business),)
        return tuple(
            Way(name, name in facts.trunk_holders, facts.trunk_holders.get(name, "")) for name in names
        )

    @property
    def purpose(self) -> Purpose:
        """Unknown, or of an unknown campaign: marketing, the purpose that most rules bind."""
        purpose = self.facts.campaign.purpose if self.facts.campaign else "marketing"
        return purpose if purpose in PURPOSES else "marketing"


def _clause(rule: str, case: Case) -> str:
    """Profile and section; empty for what holds under every profile."""
    of_the_register = rule in ("campaign", "suspension")
    return "" if of_the_register else f"{case.profile.id} {'numbers' if rule == 'number' else rule}"


def passed(rule: str, case: Case) -> Findings:
    return _passed(rule, _clause(rule, case))


def passed_at(rule: str, case: Case, basis: str) -> Findings:
    """Of a rule that looked at a clock. Whose, the callee says, unless only the profile's counted."""
    own = case.profile.timezone if basis == "fixed" and case.attempt.callee.zones else ""
    return _passed(rule, _clause(rule, case), own)


@cache  # one for each rule and profile
def _passed(rule: str, clause: str, zone: str = "") -> Findings:
    return (Finding(rule=rule, result="pass", clause=clause, detail={"zone": zone} if zone else {}),)


def skipped(rule: str, case: Case, why: Why, **values: str) -> Findings:
    detail = {"key": why.value, **values}
    return (Finding(rule=rule, result="skip", clause=_clause(rule, case), detail=detail),)


def failed(
    rule: str, case: Case, code: Reason, why: str, *, retry_at: datetime | None = None, **values: str
) -> Finding:
    return Finding(
        rule=rule,
        result="fail",
        code=code,
        clause=_clause(rule, case),
        detail={"key": str(why), **values},
        retry_at=retry_at,
    )


def joined(rule: str, case: Case, failures: Iterable[Finding]) -> Findings:
    """The failures, or a pass when there is none."""
    return tuple(failures) or passed(rule, case)


def same(one: str, other: str) -> bool:
    """Equality of ids. NFC: an é or が typed on another keyboard must not open or close a gate."""
    return one == other or _composed(one) == _composed(other)


def _composed(text: str) -> str:
    return text if is_normalized("NFC", text) else normalize("NFC", text)


def timeless(case: Case, section: object) -> Instants:
    """``turns`` of a rule that no clock concerns: with the same facts it always says the same."""
    return ()


def day_begins(day: date, profile: Profile) -> datetime:
    """The first instant (UTC) of a local day."""
    return datetime.combine(day, time(), profile.zone).astimezone(UTC)


def day_ends(day: date | None, profile: Profile) -> Instants:
    """The first instant behind a local day; none where there is no such day, or time ends with it."""
    return () if day is None or day == date.max else (day_begins(day + timedelta(days=1), profile),)
