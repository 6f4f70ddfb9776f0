"""Is the agent, the campaign or the caller ID suspended? 12321: numbers with many complaints are punished.

A matter of the register, not of a profile: an officer's suspension binds every call, whatever its purpose
and whether or not a profile counts complaints. Only an officer's lifting ends it; time does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from dialpact.compliance.model import Finding
from dialpact.compliance.policy.case import Case, Findings, Why, failed, joined, same
from dialpact.compliance.reasons import Reason

NAME = "suspension"
LOOKS_AT = ()
_WHY = {
    "agent": Why.SUSPENDED_AGENT,
    "campaign": Why.SUSPENDED_CAMPAIGN,
    "caller-id": Why.SUSPENDED_CALLER_ID,
}


def judge(case: Case) -> Findings:
    return joined(NAME, case, _failures(case))


def _failures(case: Case) -> Iterator[Finding]:
    attempt = case.attempt
    concerned = {"agent": attempt.agent, "campaign": attempt.campaign, "caller-id": attempt.caller_id}
    for suspension in case.facts.suspensions:
        if same(suspension.key, concerned[suspension.kind]):
            since = suspension.since.astimezone(case.local.tzinfo).strftime("%Y-%m-%d %H:%M")
            yield failed(
                NAME,
                case,
                Reason.SUSPENDED,
                _WHY[suspension.kind],
                kind=suspension.kind,
                entry=suspension.key,
                since=since,
                cause=suspension.cause,
            )
