"""Rules that are asked once about what is the same find what they find when they are asked each time."""

from __future__ import annotations

import pytest

from dialpact.compliance import numbers
from dialpact.compliance.model import CallAttempt, Facts, Tally
from dialpact.compliance.policy import RULES, engine, evaluate
from dialpact.compliance.policy.case import Case, Findings, failed, passed
from dialpact.compliance.policy.remembering import EVERYTHING, PARTS, PREFIXES, Remembering
from dialpact.compliance.profile import load
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import Section
from tests.compliance.world import GOOD, at, attempt, consent, facts, opt_out, policy

INSTANTS = [GOOD, at("2026-11-24 12:30:00"), at("2026-11-22 10:00:00"), at("2017-01-02 10:00:00")]


def worlds() -> list[tuple[CallAttempt, Facts]]:
    callees = [numbers.parse(text) for text in ("13800138000", "13900139000", "02787654321", "110", "x")]
    callees += [numbers.parse(text, regions=("US",)) for text in ("5122345678", "3122345678", "2122345678")]
    known = [
        facts(consents=(), opt_outs=(), leads=()),
        facts(),
        facts(leads=()),
        facts(attempts=(Tally(per="callee", limit=3, nth=GOOD),)),
        facts(neighbours=tuple(range(1, 30))),
        facts(opt_outs=(opt_out("all"),)),
    ]
    found = []
    for callee in callees:
        for each in known:
            own = each
            if callee.e164:
                own = facts(
                    consents=tuple(consent(number=callee.e164) for _ in each.consents),
                    opt_outs=tuple(opt_out("all", number=callee.e164) for _ in each.opt_outs),
                    leads=each.leads,
                    attempts=each.attempts,
                    neighbours=each.neighbours,
                )
            found.append((attempt(callee=callee), own))
    return found


@pytest.mark.parametrize("name", ["cn-hubei-2018", "cn-miit-2020-81", "us-federal", "us-tx", "fr", "au"])
def test_the_same_findings(name: str) -> None:
    rules = policy(load(name))
    remembering = Remembering(rules)
    for _ in range(2):  # the second time all is known
        for now in INSTANTS:
            for call, known in worlds():
                found = remembering.evaluate(call, known, rules, now, recorder_required=False)
                assert found == evaluate(call, known, rules, now, recorder_required=False)


def test_every_rule_says_what_it_looks_at() -> None:
    """One that does not is asked each time: right, and slow."""
    for name in (*RULES, "number", "campaign", "suspension"):
        looks_at = engine.LOOKS_AT[name]
        assert looks_at is not None, name
        assert set(looks_at) <= {*PARTS, PREFIXES} or name == "trial", name  # which knows one number


def test_a_rule_that_does_not_say_is_asked_each_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """As one that somebody adds may look at the number itself. (Patched: rules are files of the product.)"""

    def judge(case: Case, section: Section) -> Findings:
        if case.attempt.callee.e164.endswith("7"):
            return (failed("script", case, Reason.PROTECTED_NUMBER, "x"),)
        return passed("script", case)

    monkeypatch.setitem(RULES, "script", judge)
    monkeypatch.setitem(engine.LOOKS_AT, "script", None)  # type: ignore[arg-type]
    rules = policy()
    remembering = Remembering(rules)
    calls = [attempt(callee=numbers.parse(text)) for text in ("13800138000", "13800138007", "13800138001")]
    found = [remembering.evaluate(call, facts(), rules, GOOD) for call in calls]
    assert found == [evaluate(call, facts(), rules, GOOD) for call in calls]
    assert len({remembering.sees(call.callee) for call in calls}) == 3
    assert EVERYTHING[-1] == "number"


def test_two_of_a_kind_are_one_to_the_rules() -> None:
    remembering = Remembering(policy())
    one, other = (numbers.parse(text) for text in ("13800138000", "13800138007"))
    assert remembering.sees(one) == remembering.sees(other)
    assert remembering.sees(one) != remembering.sees(numbers.parse("02787654321"))
    texan = Remembering(policy(load("us-tx")))
    austin, chicago = (numbers.parse(text, regions=("US",)) for text in ("5122345678", "3122345678"))
    assert austin.zones == chicago.zones and texan.sees(austin) != texan.sees(chicago)
