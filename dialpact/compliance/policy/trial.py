"""Is this the one call that a tester has confirmed, to his own number? Everybody else is refused.

His word is his consent, so what fails is said in consent's codes. A configuration that put this rule in force
for all calls would block every one of them.
"""

from __future__ import annotations

from collections.abc import Iterator

import msgspec

from dialpact.compliance import trial
from dialpact.compliance.model import Finding
from dialpact.compliance.policy.case import Case, Findings, Instants, Why, failed, joined
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import TrialRule

NAME = "trial"
LOOKS_AT = ("number",)


def judge(case: Case, section: TrialRule) -> Findings:
    return joined(NAME, case, _failures(case))


def turns(case: Case, section: TrialRule) -> Instants:
    found = case.facts.trial
    return () if isinstance(found, msgspec.UnsetType) else (found.confirmed_at, found.ends_at)


def _failures(case: Case) -> Iterator[Finding]:
    attempt, found = case.attempt, case.facts.trial
    if isinstance(found, msgspec.UnsetType) or found.id != trial.id_of(attempt.campaign):
        yield failed(NAME, case, Reason.NO_CONSENT, Why.TRIAL_UNKNOWN)
        return
    if not attempt.callee.e164 or attempt.callee.e164 != found.number:
        yield failed(NAME, case, Reason.NO_CONSENT, Why.TRIAL_OTHER_NUMBER, by=found.by)
    if not trial.CHANNEL.fullmatch(attempt.channel):
        yield failed(NAME, case, Reason.ACTOR_NOT_PERMITTED, Why.TRIAL_OTHER_CHANNEL)
    if not found.confirmed_at <= case.local < found.ends_at:
        on = found.ends_at.astimezone(case.profile.zone).isoformat(" ", "seconds")
        yield failed(NAME, case, Reason.CONSENT_EXPIRED, Why.TRIAL_OVER, on=on)
    # Another trunk, after the first one failed, is the same call.
    if found.used and found.used != case.facts.continues:
        yield failed(NAME, case, Reason.TOO_MANY_ATTEMPTS, Why.TRIAL_USED)
