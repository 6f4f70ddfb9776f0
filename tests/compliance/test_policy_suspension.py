"""The rule ``suspension``: whom a suspension binds, and that nothing but its lifting ends it."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from dialpact.compliance.model import CallAttempt, Finding, Suspendable, Suspension
from dialpact.compliance.policy import evaluate
from tests.compliance.world import CALLER_ID, CAMPAIGN, GOOD, HUBEI, at, attempt, changed, facts, policy

SINCE = at("2026-11-20 09:30:00")


def suspended(kind: Suspendable, key: str) -> Suspension:
    return Suspension(kind=kind, key=key, since=SINCE, cause="3 complaints within 30 days")


def found(call: CallAttempt, *suspensions: Suspension) -> list[Finding]:
    findings = evaluate(call, facts(suspensions=suspensions), policy(), GOOD)
    return [finding for finding in findings if finding.rule == "suspension"]


@pytest.mark.parametrize(
    ("call", "suspensions", "expected", "reason"),
    [
        (attempt(), (), [], "nothing is suspended"),
        (attempt(), (suspended("agent", "1001"),), ["suspended-agent"], "the agent"),
        (attempt(), (suspended("campaign", "spring"),), ["suspended-campaign"], "the campaign"),
        (attempt(), (suspended("caller-id", CALLER_ID.number),), ["suspended-caller-id"], "the caller ID"),
        (attempt(), (suspended("agent", "1002"),), [], "another agent"),
        (attempt(), (suspended("agent", "spring"),), [], "an agent of the campaign's name"),
        (attempt(agent=""), (suspended("agent", "1001"),), [], "nobody is named"),
        (
            attempt(),
            (suspended("agent", "1001"), suspended("campaign", "spring")),
            ["suspended-agent", "suspended-campaign"],
            "each is reported",
        ),
        (attempt(agent="e\u0301"), (suspended("agent", "\u00e9"),), ["suspended-agent"], "NFC"),
    ],
)
def test_whom_it_binds(
    call: CallAttempt, suspensions: tuple[Suspension, ...], expected: list[str], reason: str
) -> None:
    findings = found(call, *suspensions)
    assert [finding.detail["key"] for finding in findings if finding.result == "fail"] == expected, reason
    assert all(finding.clause == "" for finding in findings), "a matter of the register"
    if not expected:
        assert [finding.result for finding in findings] == ["pass"]


def test_the_details() -> None:
    (finding,) = found(attempt(), suspended("agent", "1001"))
    assert finding.code == "suspended"
    assert finding.detail == {
        "key": "suspended-agent",
        "kind": "agent",
        "entry": "1001",
        "since": "2026-11-20 09:30",
        "cause": "3 complaints within 30 days",
    }
    assert finding.retry_at is None, "time does not lift it"


def test_it_binds_every_purpose_and_without_any_section() -> None:
    known = facts(
        campaign=msgspec.structs.replace(CAMPAIGN, purpose="service"),
        suspensions=(suspended("campaign", "spring"),),
    )
    bare = changed(suspension=None)
    findings = evaluate(attempt(), known, policy(bare, changed(HUBEI, id="second")), GOOD)
    failing = [finding for finding in findings if finding.rule == "suspension"]
    assert [finding.result for finding in failing] == ["fail"], "once, however many profiles there are"


def test_a_clock_that_is_behind_does_not_lift_it() -> None:
    later = msgspec.structs.replace(suspended("agent", "1001"), since=GOOD + timedelta(days=1))
    assert [finding.result for finding in found(attempt(), later)] == ["fail"]
