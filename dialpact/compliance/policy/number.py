"""Is this a number that may be a callee? Emergency and public-service numbers never are."""

from __future__ import annotations

from dialpact.compliance.numbers import Flaw
from dialpact.compliance.policy.case import Case, Findings, failed, passed
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import Numbers

NAME = "number"
LOOKS_AT = ("callee",)


def judge(case: Case, section: Numbers) -> Findings:
    callee = case.attempt.callee
    if callee.problem:
        return (failed(NAME, case, Reason(callee.problem), callee.detail),)
    if not callee.e164:
        return (failed(NAME, case, Reason.INVALID_NUMBER, Flaw.EMPTY),)
    if callee.region not in section.regions:
        return (failed(NAME, case, Reason.INVALID_NUMBER, Flaw.FOREIGN_REGION),)
    return passed(NAME, case)
