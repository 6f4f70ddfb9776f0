"""Was this person, or from this caller ID, called too often? Caps on attempts within a rolling period.

Counted are the attempts that were put through, answered or not, over all caller IDs and campaigns of the
business; each is reserved in its decision's own transaction, so two diallers can not both be the last one.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, timedelta

from dialpact.compliance.model import Tally
from dialpact.compliance.policy.case import Case, Findings, Instants, Why, failed, joined, skipped
from dialpact.compliance.profile import Profile
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import Attempts, Cap

NAME = "attempts"
LOOKS_AT = ("callee", "attempts")
_ALMOST = timedelta(microseconds=999_999)
_REACHED = {"callee": Why.CALLEE_CAP, "caller-id": Why.CALLER_ID_CAP}


def judge(case: Case, section: Attempts) -> Findings:
    if not case.attempt.callee.e164:
        return skipped(NAME, case, Why.NO_NUMBER)
    if case.facts.campaign is None:
        return skipped(NAME, case, Why.CAMPAIGN_UNKNOWN)
    caps = [cap for cap in section.caps if cap.action == "refuse"]
    return joined(NAME, case, (finding for cap in caps for finding in _failure(case, cap)))


def longest(profiles: Iterable[Profile]) -> timedelta:
    """For how long an attempt at a callee counts at most."""
    caps = [cap for profile in profiles if profile.attempts for cap in profile.attempts.caps]
    return max((cap.period for cap in caps if cap.per == "callee"), default=timedelta(0))


def turns(case: Case, section: Attempts) -> Instants:
    tallies = [(cap, _tally(case, cap)) for cap in section.caps if cap.action == "refuse"]
    return [tally.nth + cap.period for cap, tally in tallies if tally is not None and tally.nth is not None]


def _failure(case: Case, cap: Cap) -> Findings:
    tally = _tally(case, cap)
    limit, hours, code = str(cap.limit), str(cap.hours), Reason.TOO_MANY_ATTEMPTS
    if tally is None:  # nobody counted, so nobody knows
        return (failed(NAME, case, code, Why.NOT_COUNTED, limit=limit, hours=hours),)
    if tally.nth is None or case.local >= tally.nth + cap.period:
        return ()
    # In whole seconds, rounded up: at the second that is told, the call passes.
    free = (tally.nth + cap.period + _ALMOST).replace(microsecond=0).astimezone(UTC)
    return (failed(NAME, case, code, _REACHED[cap.per], retry_at=free, limit=limit, hours=hours),)


def _tally(case: Case, cap: Cap) -> Tally | None:
    return next(
        (tally for tally in case.facts.attempts if (tally.per, tally.limit) == (cap.per, cap.limit)), None
    )
