"""The registration of whoever sells: none, ended, to come, renewed; of the business or the campaign."""

from __future__ import annotations

from datetime import date
from typing import Any

import msgspec
import pytest

from dialpact.compliance import profile
from dialpact.compliance.errors import ProfileError
from dialpact.compliance.model import Callee, Registration
from dialpact.compliance.policy import evaluate, retry_at
from dialpact.compliance.profile import Profile
from dialpact.compliance.sections import Registered, RegistrationRule
from tests.compliance.test_policy_caller_id_range import HEAD
from tests.compliance.world import CAMPAIGN, GOOD, HUBEI, at, attempt, codes, facts, policy

MISSING, ENDED, TO_COME = (
    f"actor-not-permitted/registration-{why}" for why in ("missing", "ended", "to-come")
)
KIND = "us-tx-telephone-solicitation"
TEXAS = profile.load("us-tx")
WUHAN, MOBILE = "02787654321", "13800138000"


def asking(*required: Registered, **keys: Any) -> Profile:
    keys = {"effective_from": date(2018, 1, 1), "purposes": ("marketing",)} | keys
    section = RegistrationRule(clause="x", source="x", required=required, **keys)
    return msgspec.structs.replace(HUBEI, registration=section)


def entry(**changes: Any) -> Registration:
    year = {"valid_from": date(2026, 1, 1), "valid_to": date(2026, 12, 31)}
    return Registration(**{"holder": "business", "id": "acme", "kind": KIND} | year | changes)


SELLER, CAMPAIGNS = Registered(kind=KIND), Registered(kind=KIND, holder="campaign")


def judged(rules: Profile, *known: Registration, when: str = "2026-11-24 10:00", number: str = MOBILE) -> Any:
    found = evaluate(attempt(number), facts(registrations=known), policy(rules), at(when))
    return codes(one for one in found if one.rule == "registration")


@pytest.mark.parametrize(
    ("known", "expected", "reason"),
    [
        ((), [MISSING], "nobody entered one"),
        ((entry(),), [], "valid"),
        ((entry(valid_to=None),), [], "without an end"),
        ((entry(valid_to=date(2026, 11, 24)),), [], "the last day is valid"),
        ((entry(valid_to=date(2026, 11, 23)),), [ENDED], "ended yesterday"),
        ((entry(valid_from=date(2026, 11, 24)),), [], "begins today"),
        ((entry(valid_from=date(2026, 11, 25)),), [TO_COME], "begins tomorrow"),
        (
            (entry(valid_to=date(2026, 10, 1)), entry(valid_from=date(2026, 12, 1))),
            [TO_COME],
            "between two: the renewal is what one waits for",
        ),
        ((entry(valid_to=date(2026, 10, 1)), entry(valid_from=date(2026, 10, 2))), [], "renewed"),
        ((entry(kind="us-fl"),), [MISSING], "of another kind"),
        ((entry(id="other"),), [MISSING], "another's"),
        ((entry(holder="campaign"),), [MISSING], "a campaign of the same name is not the business"),
    ],
)
def test_of_the_business(known: tuple[Registration, ...], expected: list[str], reason: str) -> None:
    assert judged(asking(SELLER), *known) == expected, reason


def test_of_the_campaign() -> None:
    own = entry(holder="campaign", id=CAMPAIGN.id)
    assert judged(asking(CAMPAIGNS), own) == []
    assert judged(asking(CAMPAIGNS), entry()) == [MISSING], "the business's does not serve"
    assert judged(asking(SELLER, CAMPAIGNS), entry()) == [MISSING]
    assert judged(asking(SELLER, CAMPAIGNS), entry(), own) == []


def test_the_local_day_counts() -> None:
    last = entry(valid_to=date(2026, 11, 24))
    assert judged(asking(SELLER), last, when="2026-11-24 23:59:59") == []
    assert judged(asking(SELLER), last, when="2026-11-25 00:00:00") == [ENDED]


def test_it_can_be_for_some_callees_only() -> None:
    wuhan = Registered(kind=KIND, callees=("+8627", "+8610"))
    assert judged(asking(wuhan), number=MOBILE) == []
    assert judged(asking(wuhan), number=WUHAN) == [MISSING]
    assert judged(asking(wuhan), entry(), number=WUHAN) == []
    for number, why in ((MOBILE, "other-callee"), ("x", "no-number")):
        found = evaluate(attempt(number), facts(), policy(asking(wuhan)), GOOD)
        (said,) = (one for one in found if one.rule == "registration")
        assert (said.result, said.detail["key"]) == ("skip", why)


def test_without_a_campaign_another_rule_fails() -> None:
    found = evaluate(attempt(), facts(campaign=None, business=None), policy(asking(SELLER)), GOOD)
    (said,) = (one for one in found if one.rule == "registration")
    assert (said.result, said.detail["key"]) == ("skip", "campaign-unknown")


def test_when_one_that_is_to_come_lets_the_call_pass() -> None:
    rules, known = policy(asking(SELLER)), facts(registrations=(entry(valid_from=date(2026, 11, 26)),))
    found = evaluate(attempt(), known, rules, GOOD)
    assert retry_at(attempt(), known, rules, GOOD, found) == at("2026-11-26 08:00:00")
    ended = facts(registrations=(entry(valid_to=date(2026, 11, 1)),))
    assert retry_at(attempt(), ended, rules, GOOD, evaluate(attempt(), ended, rules, GOOD)) is None


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        ("+17132345678", [MISSING]),  # Houston
        ("+16212345678", [MISSING]),  # an overlay of 2025
        ("+12122345678", []),  # New York
    ],
)
def test_texas_as_it_ships(number: str, expected: list[str]) -> None:
    american = Callee(given=number, e164=number, region="US", zones=("America/Chicago",))
    rules = policy(msgspec.structs.replace(TEXAS, numbers=TEXAS.numbers))
    found = evaluate(attempt(callee=american), facts(), rules, GOOD)
    assert codes(one for one in found if one.rule == "registration") == expected
    known = facts(registrations=(entry(),))
    found = evaluate(attempt(callee=american), known, rules, GOOD)
    assert codes(one for one in found if one.rule == "registration") == []


BROKEN = [
    ("required = []", "required: must not be empty", "required"),
    ('required = [{ kind = "" }]', "kind: must be 1 to 64 letters", "required"),
    ('required = [{ kind = "a b" }]', "kind: must be 1 to 64 letters", "required"),
    ('required = [{ kind = "a", holder = "agent" }]', "Invalid enum value 'agent'", "required"),
    ('required = [{ kind = "a", callees = ["1512"] }]', "'1512' is not the beginning", "required"),
    ('required = [{ kind = "a", callees = ["+"] }]', "is not the beginning", "required"),
    ('required = [{ kind = "a", callees = ["+1512", "+1512"] }]', "lists something twice", "required"),
    ('required = [{ kind = "a" }, { kind = "a" }]', "lists something twice", "required"),
    ('required = [{ holder = "business" }]', "missing required field `kind`", "required"),
    ('requires = [{ kind = "a" }]', "unknown field `requires`", "requires"),
]


@pytest.mark.parametrize(("line", "reason", "key"), BROKEN)
def test_it_refuses_with_file_line_and_reason(line: str, reason: str, key: str) -> None:
    section = '[registration]\nclause = "x"\nsource = "x"\neffective_from = 2026-01-01\n'
    text = f'{HEAD}{section}purposes = ["marketing"]\n{line}\n'
    at_line = next(number for number, row in enumerate(text.splitlines(), 1) if row == line)
    with pytest.raises(ProfileError) as error:
        profile.parse(text.encode(), "ours.toml")
    assert reason in str(error.value)
    assert str(error.value).startswith(f"ours.toml, line {at_line}: ")
