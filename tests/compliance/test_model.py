"""An ALLOW is the absence of every doubt, whoever made the decision."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from dialpact.compliance.model import CallAttempt, Callee, Decision, Facts, Finding
from dialpact.compliance.reasons import Reason

PASS = Finding(rule="hours", result="pass")
FAIL = Finding(rule="consent", result="fail", code=Reason.NO_CONSENT)
LATER = Finding(rule="days", result="fail", code=Reason.NOT_A_WORKING_DAY)


def decision(findings: tuple[Finding, ...], dial: str = "13800138000") -> Decision:
    attempt = CallAttempt(callee=Callee(given="13800138000"), campaign="c", caller_id="1")
    now = datetime(2026, 11, 24, tzinfo=UTC)
    return Decision(id="0" * 32, decided_at=now, attempt=attempt, facts=Facts(), findings=findings, dial=dial)


@pytest.mark.parametrize(
    ("findings", "dial", "allowed"),
    [
        ((PASS,), "13800138000", True),
        ((PASS, FAIL), "13800138000", False),  # a number to dial does not outweigh a reason
        ((PASS,), "", False),  # nothing to dial
        ((), "13800138000", False),  # nobody judged
    ],
)
def test_only_a_judged_unfailing_attempt_with_a_number_is_allowed(
    findings: tuple[Finding, ...], dial: str, allowed: bool
) -> None:
    made = decision(findings, dial)
    assert made.allowed is allowed
    assert made.verdict == ("ALLOW" if allowed else "BLOCK")


def test_reasons_come_once_and_in_the_contracts_order() -> None:
    made = decision((FAIL, LATER, FAIL))
    assert made.reasons == (Reason.NOT_A_WORKING_DAY, Reason.NO_CONSENT)
    assert made.reason == "not-a-working-day"
