"""Both languages say the same things, and every reason and finding has its words."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path
from string import Formatter
from typing import Any

import msgspec
import pytest

from dialpact.compliance.model import PURPOSES, Business, Finding, Registration, Suspension, Tally
from dialpact.compliance.numbers import Flaw
from dialpact.compliance.policy import RULES, evaluate
from dialpact.compliance.policy.case import Why
from dialpact.compliance.profile import load, names
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import CallerIdRange, Cap, Registered, RegistrationRule
from dialpact.compliance.texts import (
    LANGUAGES,
    Language,
    catalogue,
    finding_text,
    language_from_env,
    reason_text,
    text,
)
from tests.compliance.test_numbers import EMERGENCIES, REFUSED
from tests.compliance.test_policy_clocks import abroad
from tests.compliance.test_policy_registers import FAILURES
from tests.compliance.world import BATCH, CAMPAIGN, GOOD, SCRIPT, at, attempt, changed, facts, policy

DOCS = Path(__file__).parents[2] / "docs"
# Each page has its own language's words first.
REASONS_PAGES: list[tuple[str, Language, Language]] = [
    ("reasons.md", "en", "zh"),
    ("reasons.zh-CN.md", "zh", "en"),
]


def placeholders(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name is not None}


def every_finding() -> list[Finding]:
    """Findings with every key there is."""
    found = [finding for call, known, *_ in FAILURES for finding in evaluate(call, known, policy(), GOOD)]
    for given in [row[0] for row in REFUSED] + EMERGENCIES:
        found += evaluate(attempt(given), facts(), policy(), GOOD)
    for clock in "11-24 07:00", "11-24 12:00", "11-24 11:59:30", "11-24 19:00", "11-21 10:00", "12-31 10:00":
        found += evaluate(attempt(), facts(), policy(), at(f"2026-{clock}"))
    found += evaluate(attempt(), facts(), policy(), at("2027-01-04 10:00"))
    found += abroad()
    found += evaluate(attempt(), facts(recorder=None), policy(), GOOD, recorder_required=False)
    found += evaluate(
        attempt(), facts(), policy(changed(hours={"effective_from": at("2030-01-01").date()})), GOOD
    )
    why = {"key": Why.FAILURE.value, "why": "the store is gone"}
    found.append(Finding(rule="gate", result="fail", code=Reason.GATE_ERROR, detail=why))
    attack = {"key": Why.ATTACK.value, "what": "two headers"}
    found.append(Finding(rule="session", result="fail", code=Reason.INVALID_NUMBER, detail=attack))
    found += whole_covenant()
    for key in Why:
        if key.name.startswith("TRIAL_"):  # (each is judged in tests/store/test_trials.py)
            detail = {"key": key.value, "by": "wang", "on": "2026-11-30 10:00:00+08:00"}
            found.append(Finding(rule="trial", result="fail", code=Reason.NO_CONSENT, detail=detail))
    service = msgspec.structs.replace(CAMPAIGN, purpose="service")
    return found + list(evaluate(attempt(), facts(campaign=service), policy(), GOOD))


def whole_covenant() -> list[Finding]:
    """Findings of leads, ranges, scripts, caps, suspensions and of what other profiles ask."""
    held = msgspec.structs.replace(BATCH, held="a run of 50 numbers")
    unscrubbed = msgspec.structs.replace(BATCH, held="not-scrubbed")
    tally = Tally(per="callee", limit=3, nth=GOOD)
    worlds = [
        facts(leads=()),
        facts(leads=(held,)),
        facts(leads=(unscrubbed,)),
        facts(neighbours=tuple(range(-30, 0))),
        facts(neighbours=tuple(sorted({n * 7 % 101 - 50 for n in range(60)} - {0}))),
        facts(campaign=msgspec.structs.replace(CAMPAIGN, script="")),
        facts(script=None),
        facts(script=msgspec.structs.replace(SCRIPT, approved_by="", approved_at=None)),
        facts(script=msgspec.structs.replace(SCRIPT, expires_at=GOOD)),
        facts(script=msgspec.structs.replace(SCRIPT, checked=())),
        facts(business=Business(id="acme", name="A", actor="licensed-call-centre")),
        facts(attempts=(tally,)),
        facts(attempts=(msgspec.structs.replace(tally, per="caller-id"),)),
        *(
            facts(suspensions=(Suspension(kind=kind, key=key, since=GOOD, cause="complaints"),))
            for kind, key in (("agent", "1001"), ("campaign", "spring"), ("caller-id", "02788880000"))
        ),
    ]
    caps = tuple(Cap(per=per, limit=3, hours=24) for per in ("callee", "caller-id"))
    strict = changed(
        id="strict",
        attempts={"caps": caps},
        do_not_call={"max_list_age_days": 31},
        caller_id={"forbidden_prefixes": ("027",)},
        consent={"evidence_hash": True},
    )
    lapsing = changed(id="lapsing", consent={"valid_months": 1})
    forms = CallerIdRange(only=("9.",), never=("027.",))
    (kind,) = load("us-tx").registration.required  # type: ignore[union-attr]
    kinds = [Registered(kind=kind.kind), Registered(kind="x", holder="campaign")]
    common: Any = {"clause": "x", "source": "x", "effective_from": date(2018, 1, 1), "purposes": ("*",)}
    selling = msgspec.structs.replace(
        changed(id="selling", caller_id={"ranges": (forms,)}),
        registration=RegistrationRule(required=tuple(kinds), **common),
    )
    texan = msgspec.structs.replace(changed(id="texan"), registration=load("us-tx").registration)
    for valid_from, valid_to in ((date(2026, 1, 1), date(2026, 2, 1)), (date(2027, 1, 1), None)):
        own = Registration(
            holder="business", id="acme", kind=kind.kind, valid_from=valid_from, valid_to=valid_to
        )
        worlds.append(facts(registrations=(own,)))
    rules = policy(strict, lapsing, selling, texan, load("cn-miit-2020-81"))
    return [finding for known in worlds for finding in evaluate(attempt(), known, rules, GOOD)]


def test_the_catalogues_have_the_same_keys_and_placeholders() -> None:
    english, chinese = catalogue("en"), catalogue("zh")
    assert list(english) == list(chinese)
    for key in english:
        assert placeholders(english[key]) == placeholders(chinese[key]), key
        assert english[key].strip() and chinese[key].strip(), key


def test_the_catalogues_have_every_key_and_no_other() -> None:
    expected = {
        *(f"reason.{code}" for code in Reason),
        *(f"why.{key}" for key in (*Flaw, *Why)),
        *(f"purpose.{purpose}" for purpose in PURPOSES),
        *(f"rule.{rule}" for rule in ("session", "gate", "number", "campaign", "suspension", *RULES)),
        *(f"finding.{result}" for result in ("pass", "fail", "skip")),
    }
    assert set(catalogue("en")) == expected
    assert not set(Flaw) & set(Why), "a key that means two things"


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_finding_has_its_words(language: Language) -> None:
    found = every_finding()
    assert {finding.detail["key"] for finding in found if finding.detail} == {*Flaw, *Why}
    for finding in found:
        shown = finding_text(finding, language)
        assert shown and "{" not in shown, finding
        if key := finding.detail.get("key"):
            template = catalogue(language)[f"why.{key}"]
            assert placeholders(template) <= set(finding.detail), "a value is missing"
            assert not shown.endswith((f": {key}", f"：{key}")), "no text"


def test_examples() -> None:
    (hours,) = (
        finding
        for finding in evaluate(attempt(), facts(), policy(), at("2026-11-24 12:05"))
        if finding.result == "fail"
    )
    assert finding_text(hours, "zh") == (
        "不在允许的外呼时段内：现在 12:05:00，正值休息时间，允许时段为 08:00-12:00, 14:00-18:30"
    )
    assert finding_text(hours, "en") == (
        "Outside the permitted hours: it is 12:05:00, a break; calls are permitted 08:00-12:00, 14:00-18:30"
    )
    assert reason_text("no-consent", "zh") == "客户未同意接听此类电话"
    assert finding_text(Finding(rule="hours", result="pass"), "zh") == "通过"


def test_the_purpose_is_translated() -> None:
    detail = {"key": Why.PURPOSE_NOT_LISTED.value, "purpose": "collection"}
    finding = Finding(rule="caller_id", result="fail", code=Reason.CALLER_ID_UNAUTHORISED, detail=detail)
    assert finding_text(finding, "zh").endswith("未登记用于催收外呼")


@pytest.mark.parametrize(
    "detail",
    [
        {},
        {"key": "of-a-later-version"},
        {"key": "expired"},
        {"key": "expired", "on": "{0}{on.__class__}"},
        {"key": "expired", "on": "x", "why": "y", "language": "z"},
    ],
)
def test_a_stored_finding_of_another_version_is_still_shown(detail: dict[str, str]) -> None:
    finding = Finding(rule="consent", result="fail", code=Reason.CONSENT_EXPIRED, detail=detail)
    assert finding_text(finding, "en").startswith("The customer's consent has expired")
    assert reason_text("moon-phase", "zh") == "moon-phase"


def test_an_unknown_key_or_a_missing_value_is_a_mistake() -> None:
    with pytest.raises(KeyError):
        text("reason.moon-phase", "en")
    with pytest.raises(KeyError):
        text("why.expired", "en")


@pytest.mark.parametrize(
    ("environ", "language"),
    [
        ({}, "en"),
        ({"LANG": "zh_CN.UTF-8"}, "zh"),
        ({"LANG": "zh_CN.UTF-8", "LC_ALL": "C.UTF-8"}, "en"),
        ({"LANG": "en_US.UTF-8", "LC_MESSAGES": "zh_TW"}, "zh"),
        ({"LANG": "zh_CN", "LC_MESSAGES": "", "LC_ALL": ""}, "zh"),
        ({"LANG": "de_DE"}, "en"),
    ],
)
def test_language_from_env(environ: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch) -> None:
    assert language_from_env(environ) == language
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        monkeypatch.setenv(name, environ.get(name, ""))
    assert language_from_env() == language


@pytest.mark.parametrize(("page", "own", "other"), REASONS_PAGES)
def test_the_page_of_reasons_has_every_code_in_order_with_these_words(
    page: str, own: Language, other: Language
) -> None:
    text = (DOCS / page).read_text("utf-8")
    rows = re.findall(r"^\| `([a-z-]+)` \| (.+?) \| (.+?) \| (.+?) \| (.+?) \|$", text, re.M)
    assert [(code, first, second) for code, first, second, _, _ in rows] == [
        (code.value, reason_text(code, own), reason_text(code, other)) for code in Reason
    ]


@pytest.mark.parametrize("page", [page for page, *_ in REASONS_PAGES])
def test_the_page_of_reasons_quotes_the_covenant(page: str) -> None:
    shipped = [load(name) for name in names()]
    text = (DOCS / page).read_text("utf-8")  # one reason may be that of two rules
    judged = dict(re.findall(r"(?:\| |[;；] ?)`([a-z_]+)`: (.+?)(?=[;；] ?`| \|$)", text, re.M))
    assert set(judged) == set(RULES)
    for rule, quoted in judged.items():
        clauses = [section.clause for profile in shipped if (section := profile.section(rule))]
        assert any(quoted in clause for clause in clauses), rule
