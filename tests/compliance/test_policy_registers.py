"""Number, campaign, opt-outs, consent, caller ID, resources, recorder: a row for each way to fail."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from dialpact.compliance.model import Business, CallAttempt, Callee, Facts, RecorderState
from dialpact.compliance.policy import RULES, evaluate
from dialpact.compliance.policy.case import Why
from tests.compliance.world import (
    BATCH,
    CALLER_ID,
    CAMPAIGN,
    GOOD,
    HUBEI,
    at,
    attempt,
    changed,
    codes,
    consent,
    facts,
    opt_out,
    policy,
)


def judged(attempt: CallAttempt, facts: Facts, **options: Any) -> list[str]:
    return codes(evaluate(attempt, facts, policy(), GOOD, **options))


def results(rule: str, attempt: CallAttempt, facts: Facts, **options: Any) -> list[tuple[str, str]]:
    found = evaluate(attempt, facts, policy(), GOOD, **options)
    return [(finding.result, finding.detail.get("key", "")) for finding in found if finding.rule == rule]


def caller(**changes: Any) -> Facts:
    return facts(caller_id=msgspec.structs.replace(CALLER_ID, **changes))


def campaign(**changes: Any) -> Facts:
    return facts(campaign=msgspec.structs.replace(CAMPAIGN, **changes))


def test_the_honest_call_passes_every_rule() -> None:
    found = evaluate(attempt(), facts(), policy(), GOOD)
    assert [(finding.rule, finding.result) for finding in found] == [
        (rule, "pass") for rule in ("number", "campaign", "suspension", *filter(HUBEI.section, RULES))
    ]
    assert found[0].clause == "cn-hubei-2018 numbers" and found[5].clause == "cn-hubei-2018 hours"
    assert found[1].clause == "" and all(finding.code is None for finding in found)


NOTHING = Facts()
E_ACUTE, E_COMBINED = "caf\u00e9", "cafe\u0301"
OTHER_BUSINESS = Business(id="other", name="Other", actor="own-business")

FAILURES: list[tuple[CallAttempt, Facts, list[str], str]] = [
    # number
    (attempt("13800138OOO"), facts(), ["invalid-number/letters"], "a callee's problem is the finding"),
    (attempt("110"), facts(), ["emergency-number/emergency"], "never a campaign's target"),
    (attempt("95588"), facts(), ["protected-number/service-code"], "nor a hotline"),
    (attempt(callee=Callee(given="")), facts(), ["invalid-number/empty"], "no number and no problem"),
    (
        attempt(callee=Callee(given="x", e164="+33612345678", region="FR")),
        facts(),
        ["invalid-number/foreign-region", "no-consent/never-given"],
        "parsed for other regions than the profile's",
    ),
    # campaign
    (
        attempt(),
        facts(campaign=None, business=None),
        ["unknown-campaign/campaign-unregistered"],
        "not in the register",
    ),
    (attempt(campaign="summer"), facts(), ["unknown-campaign/campaign-unregistered"], "facts of another one"),
    (
        attempt(),
        facts(business=None),
        ["unknown-campaign/business-unregistered"],
        "its business is not registered",
    ),
    (
        attempt(),
        facts(business=OTHER_BUSINESS),
        ["unknown-campaign/business-unregistered"],
        "another business",
    ),
    # do_not_call
    (attempt(), facts(opt_outs=(opt_out("all"),)), ["do-not-call/refused-all"], "everything"),
    (
        attempt(),
        facts(opt_outs=(opt_out("industry", "education"),)),
        ["do-not-call/refused-industry"],
        "特定行业",
    ),
    (attempt(), facts(opt_outs=(opt_out("business", "acme"),)), ["do-not-call/refused-business"], "特定业务"),
    (
        attempt(),
        facts(opt_outs=(opt_out("business", ""),)),
        ["do-not-call/refused-business"],
        "malformed: refuses",
    ),
    (attempt(), facts(opt_outs=(opt_out("industry", "acme"),)), [], "an industry is not a business"),
    (attempt(), facts(opt_outs=(opt_out("industry", "finance"),)), [], "another industry"),
    (
        attempt(),
        facts(opt_outs=(opt_out("business", "ACME"),)),
        [],
        "ids are exact; the register has one spelling",
    ),
    (attempt(), facts(opt_outs=(opt_out("all", number="+8613900139000"),)), [], "another person"),
    (
        attempt(),
        facts(opt_outs=(opt_out("all", requested_at=at("2026-11-25 00:00")),)),
        ["do-not-call/refused-all", "no-consent/refused-since"],
        "a clock that is ahead does not undo an opt-out",
    ),
    (
        attempt(),
        facts(opt_outs=(opt_out("business", "acme"), opt_out("all"))),
        ["do-not-call/refused-all"],
        "the widest is named",
    ),
    (
        attempt(),
        facts(campaign=None, business=None, opt_outs=(opt_out("all"),)),
        ["unknown-campaign/campaign-unregistered", "do-not-call/refused-all"],
        "all can be judged without a campaign",
    ),
    (
        attempt(),
        facts(campaign=None, business=None, opt_outs=(opt_out("business", "acme"),)),
        ["unknown-campaign/campaign-unregistered"],
        "a business can not",
    ),
    # consent
    (attempt(), facts(consents=()), ["no-consent/never-given"], "silence is a no"),
    (
        attempt(),
        facts(consents=(consent(number="+8613900139000"),)),
        ["no-consent/never-given"],
        "another person",
    ),
    (attempt(), facts(consents=(consent(business="other"),)), ["no-consent/never-given"], "another business"),
    (
        attempt(),
        facts(consents=(consent(industry="finance"),)),
        ["no-consent/never-given"],
        "another industry",
    ),
    (
        attempt(),
        facts(consents=(consent(granted_at=at("2026-11-24 10:00:01")),)),
        ["no-consent/never-given"],
        "prior means before",
    ),
    (attempt(), facts(consents=(consent(granted_at=GOOD),)), [], "given this second"),
    (attempt(), facts(consents=(consent(expires_at=GOOD),)), ["consent-expired/expired"], "half-open"),
    (attempt(), facts(consents=(consent(expires_at=at("2026-11-24 10:00:01")),)), [], "its last second"),
    (attempt(), facts(consents=(consent(withdrawn_at=GOOD),)), ["consent-withdrawn/withdrawn"], "at once"),
    (
        attempt(),
        facts(consents=(consent(withdrawn_at=at("2026-11-24 10:00:01")),)),
        [],
        "not yet (replay of an older decision)",
    ),
    (
        attempt(),
        facts(
            consents=(consent(expires_at=at("2026-04-01 00:00")), consent(granted_at=at("2026-05-01 00:00")))
        ),
        [],
        "any valid one will do",
    ),
    (
        attempt(),
        facts(
            consents=(
                consent(withdrawn_at=at("2026-04-01 00:00")),
                consent(granted_at=at("2026-05-01 00:00"), expires_at=at("2026-06-01 00:00")),
            )
        ),
        ["consent-expired/expired"],
        "the latest names the reason",
    ),
    (
        attempt(),
        facts(
            consents=(
                consent(granted_at=at("2026-05-01 00:00"), withdrawn_at=at("2026-06-01 00:00")),
                consent(expires_at=at("2026-04-01 00:00")),
            )
        ),
        ["consent-withdrawn/withdrawn"],
        "the latest names the reason, in any order",
    ),
    (
        attempt(),
        facts(
            consents=(
                consent(),
                consent(granted_at=at("2026-05-01 00:00"), withdrawn_at=at("2026-06-01 00:00")),
            )
        ),
        ["consent-withdrawn/withdrawn"],
        "who withdraws means the caller, not the second of two forms",
    ),
    (
        attempt(),
        facts(
            consents=(
                consent(withdrawn_at=at("2026-04-01 00:00")),
                consent(granted_at=at("2026-05-01 00:00")),
            )
        ),
        [],
        "given anew after the withdrawal",
    ),
    (
        attempt(),
        facts(opt_outs=(opt_out("all", requested_at=at("2026-03-01 10:00:00")),)),
        ["do-not-call/refused-all", "no-consent/refused-since"],
        "an opt-out at the instant of the consent ends it",
    ),
    (
        attempt(),
        facts(opt_outs=(opt_out("all", requested_at=at("2026-03-01 09:59:59")),)),
        ["do-not-call/refused-all"],
        "a later consent counts, but does not lift the opt-out",
    ),
    (
        attempt(),
        facts(opt_outs=(opt_out("industry", "finance", requested_at=at("2026-04-01 00:00")),)),
        [],
        "an opt-out of another scope ends no consent",
    ),
    # caller_id
    (attempt(), facts(caller_id=None), ["caller-id-unauthorised/unregistered"], "not in the register"),
    (
        attempt(caller_id="4006123456"),
        facts(),
        ["caller-id-unauthorised/unregistered"],
        "facts of another caller ID",
    ),
    (
        attempt(),
        caller(authenticated=False),
        ["caller-id-not-authenticated/not-authenticated"],
        "非运营商鉴权",
    ),
    (attempt(), caller(valid_from=date(2026, 11, 25)), ["caller-id-unauthorised/not-yet-valid"], "tomorrow"),
    (attempt(), caller(valid_from=date(2026, 11, 24)), [], "from today on"),
    (
        attempt(),
        caller(valid_to=date(2026, 11, 23)),
        ["caller-id-expired/no-longer-valid"],
        "until yesterday",
    ),
    (attempt(), caller(valid_to=date(2026, 11, 24)), [], "its last day"),
    (attempt(), caller(valid_to=None), [], "no end"),
    (attempt(), caller(trunks=()), ["caller-id-unauthorised/trunk-not-listed"], "empty permits nothing"),
    (attempt(), caller(trunks=("backup",)), ["caller-id-unauthorised/trunk-not-listed"], "another trunk"),
    (attempt(), caller(trunks=("*",)), [], "any trunk"),
    (attempt(), caller(purposes=()), ["caller-id-unauthorised/purpose-not-listed"], "empty permits nothing"),
    (
        attempt(),
        caller(purposes=("service",)),
        ["caller-id-unauthorised/purpose-not-listed"],
        "another purpose",
    ),
    (attempt(), caller(purposes=("*",)), [], "any purpose"),
    (attempt(), facts(trunk_known=False), ["caller-id-unauthorised/trunk-unknown"], "not configured"),
    (
        attempt(),
        caller(authenticated=False, valid_to=date(2026, 1, 2), trunks=(), purposes=(), business="other"),
        [
            "caller-id-unauthorised/trunk-not-listed",
            "caller-id-unauthorised/purpose-not-listed",
            "caller-id-not-authenticated/not-authenticated",
            "caller-id-expired/no-longer-valid",
            "caller-id-sublet/caller-id-of-another",
        ],
        "every failing point is reported",
    ),
    # resources
    (attempt(), caller(business="other"), ["caller-id-sublet/caller-id-of-another"], "转租"),
    (attempt(), facts(trunk_business="other"), ["caller-id-sublet/trunk-of-another"], "转租"),
    (attempt(), facts(trunk_business=""), [], "a trunk of the installation"),
    # recording
    (attempt(), facts(recorder=None), ["recording-unavailable/recorder-silent"], "no lease"),
    (
        attempt(),
        facts(recorder=RecorderState(ready=False, why="disk full")),
        ["recording-unavailable/recorder-not-ready"],
        "not ready",
    ),
    # ids that look the same are the same
    (
        attempt(campaign=E_COMBINED),
        msgspec.structs.replace(
            campaign(id=E_ACUTE), leads=(msgspec.structs.replace(BATCH, campaign=E_COMBINED),)
        ),
        [],
        "NFC",
    ),
    (
        attempt(),
        facts(
            campaign=msgspec.structs.replace(CAMPAIGN, industry=E_ACUTE),
            consents=(consent(industry=E_COMBINED),),
            opt_outs=(opt_out("industry", E_COMBINED),),
        ),
        ["do-not-call/refused-industry"],
        "NFC, for better and for worse",
    ),
]


@pytest.mark.parametrize(("call", "known", "expected", "reason"), FAILURES)
def test_each_way_to_fail(call: CallAttempt, known: Facts, expected: list[str], reason: str) -> None:
    assert judged(call, known) == expected, reason


def test_nothing_known_fails_on_everything_that_can_be_judged() -> None:
    assert judged(attempt("x"), NOTHING) == [
        "invalid-number/letters",
        "unknown-campaign/campaign-unregistered",
        "caller-id-unauthorised/trunk-unknown",
        "caller-id-unauthorised/unregistered",
        "recording-unavailable/recorder-silent",
    ]


@pytest.mark.parametrize(
    ("rule", "call", "known", "expected"),
    [
        ("do_not_call", attempt("x"), facts(), "no-number"),
        ("consent", attempt("x"), facts(), "no-number"),
        ("do_not_call", attempt(), NOTHING, "campaign-unknown"),
        ("consent", attempt(), NOTHING, "campaign-unknown"),
        ("resources", attempt(), NOTHING, "campaign-unknown"),
        ("resources", attempt(), facts(caller_id=None), "caller-id-unknown"),
    ],
)
def test_a_rule_without_its_basis_skips(rule: str, call: CallAttempt, known: Facts, expected: str) -> None:
    assert results(rule, call, known) == [("skip", expected)]


def test_the_recorder_may_be_left_out_only_on_request() -> None:
    unread = facts(recorder=None)
    assert results("recording", attempt(), unread, recorder_required=False) == [
        ("skip", "recorder-not-asked")
    ]
    broken = facts(recorder=RecorderState(ready=False))
    assert results("recording", attempt(), broken, recorder_required=False) == [
        ("fail", "recorder-not-ready")
    ]


def test_a_service_call_is_bound_by_what_binds_every_business_call() -> None:
    known = facts(campaign=msgspec.structs.replace(CAMPAIGN, purpose="service"), consents=(), recorder=None)
    found = evaluate(attempt(), known, policy(), at("2026-11-22 22:00"))
    assert {finding.rule for finding in found if finding.detail.get("key") == Why.OTHER_PURPOSE} == {
        *("do_not_call", "days", "hours", "consent", "leads", "script")
    }
    assert codes(found) == [
        "caller-id-unauthorised/purpose-not-listed",
        "recording-unavailable/recorder-silent",
    ]


def test_a_rule_that_is_not_yet_effective_says_so() -> None:
    tomorrow = changed(consent={"effective_from": date(2026, 11, 25)})
    known = facts(consents=())
    found = evaluate(attempt(), known, policy(tomorrow), at("2026-11-24 18:00"))
    assert [dict(finding.detail) for finding in found if finding.rule == "consent"] == [
        {"key": "not-effective", "since": "2026-11-25"}
    ]
    assert codes(evaluate(attempt(), known, policy(tomorrow), at("2026-11-25 08:00"))) == [
        "no-consent/never-given"
    ]


def test_settings_of_a_profile() -> None:
    lax = changed(
        caller_id={"authenticated": False},
        recording={"required": False},
        do_not_call={"scopes": ("all", "industry")},
        resources=None,
    )
    known = facts(
        caller_id=msgspec.structs.replace(CALLER_ID, authenticated=False, business="other"),
        recorder=None,
        opt_outs=(opt_out("business", "acme", requested_at=at("2026-01-01 00:00")),),
    )
    found = evaluate(attempt(), known, policy(lax), GOOD)
    assert codes(found) == [] and "resources" not in {finding.rule for finding in found}
    # The strictest of the stack wins.
    assert codes(evaluate(attempt(), known, policy(lax, changed(id="strict")), GOOD)) == [
        "do-not-call/refused-business",
        "caller-id-not-authenticated/not-authenticated",
        "caller-id-sublet/caller-id-of-another",
        "recording-unavailable/recorder-silent",
    ]


def test_every_profile_of_a_stack_is_judged_and_named() -> None:
    found = evaluate(attempt(), facts(consents=()), policy(HUBEI, changed(id="second")), GOOD)
    assert [finding.clause for finding in found if finding.result == "fail"] == [
        "cn-hubei-2018 consent",
        "second consent",
    ]
    judged = [finding.rule for finding in found]
    assert judged.count("campaign") == 1, "a matter of the register: judged once"
    assert all(judged.count(rule) == 2 for rule in filter(HUBEI.section, RULES))
