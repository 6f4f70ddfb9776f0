"""The rule ``script``: a row for each way in which the text that agents read is not approved."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from dialpact.compliance.model import Facts
from dialpact.compliance.policy import evaluate
from dialpact.compliance.sections import ScriptRule
from tests.compliance.world import CAMPAIGN, GOOD, HUBEI, SCRIPT, at, attempt, changed, facts, policy

SECOND = timedelta(seconds=1)
assert HUBEI.script is not None
MORE = (*HUBEI.script.forbidden_phrases, "新增禁用语")
SAME = tuple(reversed(HUBEI.script.forbidden_phrases))


def found(known: Facts, **section: Any) -> list[str]:
    """Result and key of the rule's findings."""
    profile = changed(script=section) if section else HUBEI
    findings = [
        finding for finding in evaluate(attempt(), known, policy(profile), GOOD) if finding.rule == "script"
    ]
    assert all(finding.clause == "cn-hubei-2018 script" for finding in findings)
    return [f"{finding.code or finding.result}/{finding.detail.get('key', '')}" for finding in findings]


def script(**changes: Any) -> Facts:
    return facts(script=msgspec.structs.replace(SCRIPT, **changes))


def names(script: str) -> Facts:
    return facts(campaign=msgspec.structs.replace(CAMPAIGN, script=script))


@pytest.mark.parametrize(
    ("known", "expected", "reason"),
    [
        (facts(), ["pass/"], "approved and checked"),
        (facts(campaign=None), ["skip/campaign-unknown"], "another rule refuses"),
        (names(""), ["script-not-approved/no-script"], "the campaign names none"),
        (facts(script=None), ["script-not-approved/script-unregistered"], "not in the register"),
        (names("another"), ["script-not-approved/script-unregistered"], "facts of another script"),
        (
            script(approved_by="", approved_at=None, checked=()),
            ["script-not-approved/script-unapproved"],
            "a changed text",
        ),
        (script(approved_at=None), ["script-not-approved/script-unapproved"], "half an approval is none"),
        (script(approved_by=""), ["script-not-approved/script-unapproved"], "by nobody"),
        (script(approved_at=GOOD), ["pass/"], "approved this second"),
        (
            script(approved_at=GOOD + SECOND),
            ["pass/"],
            "asked about an earlier instant (check --at): the registers are today's",
        ),
        (script(expires_at=GOOD + SECOND), ["pass/"], "its last second"),
        (script(expires_at=GOOD), ["script-not-approved/script-expired"], "half-open"),
        (script(checked=()), ["script-not-approved/script-unchecked"], "checked for no list"),
        (script(checked=("0" * 16,)), ["script-not-approved/script-unchecked"], "checked for another list"),
        (script(checked=("0" * 16, *SCRIPT.checked)), ["pass/"], "checked for several"),
        (
            script(expires_at=GOOD, checked=()),
            ["script-not-approved/script-expired", "script-not-approved/script-unchecked"],
            "every failing point is reported",
        ),
    ],
)
def test_each_way_to_fail(known: Facts, expected: list[str], reason: str) -> None:
    assert found(known) == expected, reason


def test_a_longer_list_asks_for_a_new_approval() -> None:
    assert found(facts(), forbidden_phrases=MORE) == ["script-not-approved/script-unchecked"]
    assert found(facts(), forbidden_phrases=SAME) == ["pass/"], "its order means nothing"


def test_names_that_look_the_same_are_the_same() -> None:
    known = facts(
        campaign=msgspec.structs.replace(CAMPAIGN, script="caf\u00e9"),
        script=msgspec.structs.replace(SCRIPT, id="cafe\u0301"),
    )
    assert found(known) == ["pass/"]


def test_the_details() -> None:
    known = script(version=3, expires_at=at("2026-11-23 23:59:59"))
    (finding,) = (f for f in evaluate(attempt(), known, policy(), GOOD) if f.rule == "script")
    assert finding.detail == {
        "key": "script-expired",
        "script": "pitch",
        "version": "3",
        "on": "2026-11-23",
    }
    assert finding.retry_at is None, "time alone brings no approval"


def test_each_profile_asks_for_its_own_list() -> None:
    other = changed(id="other", script={"forbidden_phrases": MORE})
    findings = evaluate(attempt(), facts(), policy(HUBEI, other), GOOD)
    assert [(f.clause, f.result) for f in findings if f.rule == "script"] == [
        ("cn-hubei-2018 script", "pass"),
        ("other script", "fail"),
    ]
    assert isinstance(other.script, ScriptRule)
    both = script(checked=(*SCRIPT.checked, other.script.digest))
    assert not [f for f in evaluate(attempt(), both, policy(HUBEI, other), GOOD) if f.result == "fail"]
