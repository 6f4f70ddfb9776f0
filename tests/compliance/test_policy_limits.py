"""Caps, the actor, and what a profile adds to consent, opt-outs and caller IDs."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from dialpact.compliance import profile
from dialpact.compliance.model import Business, Facts, Tally
from dialpact.compliance.policy import evaluate
from dialpact.compliance.profile import Profile
from dialpact.compliance.sections import Attempts, Cap
from tests.compliance.world import (
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
    policy,
)

MIIT = profile.load("cn-miit-2020-81")
THREE_A_DAY = Cap(per="callee", limit=3, hours=24)
TEN_AN_HOUR = Cap(per="caller-id", limit=10, hours=1)


def capped(*caps: Cap, **keys: Any) -> Profile:
    section = Attempts(
        clause="x", source="x", effective_from=date(2018, 1, 1), purposes=("*",), caps=caps, **keys
    )
    return msgspec.structs.replace(HUBEI, attempts=section)


def tallies(*found: Tally) -> Facts:
    return facts(attempts=found)


def ago(limit: int = 3, per: Any = "callee", **passed: float) -> Tally:
    return Tally(per=per, limit=limit, nth=GOOD - timedelta(**passed))


@pytest.mark.parametrize(
    ("tally", "reasons"),
    [
        (Tally(per="callee", limit=3, nth=None), []),  # fewer than three yet
        (ago(hours=24), []),  # the third newest has just left the window: half-open
        (ago(hours=23, minutes=59, seconds=59), ["too-many-attempts/callee-cap"]),
        (ago(seconds=0), ["too-many-attempts/callee-cap"]),
        (ago(seconds=-30), ["too-many-attempts/callee-cap"]),  # the clock went back: counts all the more
        (ago(limit=4, hours=30), ["too-many-attempts/not-counted"]),  # counted for another limit
        (ago(per="caller-id", hours=30), ["too-many-attempts/not-counted"]),
    ],
)
def test_a_cap_on_the_callee(tally: Tally, reasons: list[str]) -> None:
    assert codes(evaluate(attempt(), tallies(tally), policy(capped(THREE_A_DAY)), GOOD)) == reasons


def test_every_cap_is_judged_and_the_latest_tells_when() -> None:
    known = tallies(ago(hours=1), ago(10, "caller-id", minutes=10))
    found = evaluate(attempt(), known, policy(capped(THREE_A_DAY, TEN_AN_HOUR)), GOOD)
    failing = [finding for finding in found if finding.rule == "attempts"]
    assert [finding.detail["key"] for finding in failing] == ["callee-cap", "caller-id-cap"]
    assert [finding.retry_at for finding in failing] == [
        GOOD + timedelta(hours=23),
        GOOD + timedelta(minutes=50),
    ]


def test_the_instant_that_is_told_is_a_whole_second_at_which_the_call_passes() -> None:
    known = tallies(Tally(per="callee", limit=3, nth=GOOD - timedelta(hours=1, microseconds=1)))
    rules = policy(capped(THREE_A_DAY))
    (failing,) = [found for found in evaluate(attempt(), known, rules, GOOD) if found.result == "fail"]
    assert failing.retry_at == GOOD + timedelta(hours=23)
    assert failing.retry_at is not None
    assert codes(evaluate(attempt(), known, rules, failing.retry_at)) == []
    before = failing.retry_at - timedelta(seconds=1)
    assert codes(evaluate(attempt(), known, rules, before)) == ["too-many-attempts/callee-cap"]


def test_an_alarm_refuses_nothing() -> None:
    loud = msgspec.structs.replace(TEN_AN_HOUR, action="alarm")
    assert codes(evaluate(attempt(), tallies(), policy(capped(loud)), GOOD)) == []


def test_caps_of_stacked_profiles_all_bind() -> None:
    strict, lax = capped(THREE_A_DAY), msgspec.structs.replace(capped(TEN_AN_HOUR), id="lax")
    known = tallies(ago(hours=1), Tally(per="caller-id", limit=10, nth=None))
    for stack in ((strict, lax), (lax, strict)):
        assert codes(evaluate(attempt(), known, policy(*stack), GOOD)) == ["too-many-attempts/callee-cap"]


@pytest.mark.parametrize(
    ("actor", "purpose", "reasons"),
    [
        ("own-business", "marketing", []),
        ("licensed-call-centre", "marketing", ["actor-not-permitted/actor-forbidden"]),
        ("licensed-call-centre", "service", []),
        ("licensed-call-centre", "mystery", ["actor-not-permitted/actor-forbidden"]),  # counts as marketing
    ],
)
def test_a_call_centre_business_makes_no_marketing_calls(
    actor: Any, purpose: Any, reasons: list[str]
) -> None:
    known = facts(
        business=Business(id="acme", name="Acme", actor=actor),
        campaign=msgspec.structs.replace(CAMPAIGN, purpose=purpose),
        caller_id=msgspec.structs.replace(CALLER_ID, purposes=("*",)),
    )
    assert codes(evaluate(attempt(), known, policy(MIIT), GOOD)) == reasons
    assert set(reasons) <= set(codes(evaluate(attempt(), known, policy(HUBEI, MIIT), GOOD)))


@pytest.mark.parametrize(
    ("granted", "now", "reasons"),
    [
        ("2026-08-25 23:59:00", "2026-11-24 17:59:00", []),  # its last day: the day before 25 November
        ("2026-08-25 00:01:00", "2026-11-24 17:59:00", []),  # days count, not hours
        ("2026-08-24 17:59:00", "2026-11-24 09:00:00", ["consent-expired/lapsed"]),
        ("2025-11-30 10:00:00", "2026-02-27 10:00:00", []),  # no 30 February: to its end
        ("2025-11-30 10:00:00", "2026-03-02 10:00:00", ["consent-expired/lapsed"]),
    ],
)
def test_a_consent_lapses_by_itself(granted: str, now: str, reasons: list[str]) -> None:
    lapsing = changed(consent={"valid_months": 3}, days=None)
    known = facts(consents=(consent(granted_at=at(granted)),))
    assert codes(evaluate(attempt(), known, policy(lapsing), at(now))) == reasons


def test_a_profile_may_ask_for_the_hash_of_the_evidence() -> None:
    strict = policy(changed(consent={"evidence_hash": True}))
    assert codes(evaluate(attempt(), facts(), strict, GOOD)) == ["no-consent/no-hash"]
    known = facts(consents=(consent(evidence_sha256="0" * 64),))
    assert codes(evaluate(attempt(), known, strict, GOOD)) == []


@pytest.mark.parametrize(
    ("imported", "reasons"),
    [
        (None, ["do-not-call/list-stale"]),
        (GOOD - timedelta(days=31), []),
        (GOOD - timedelta(days=31, seconds=1), ["do-not-call/list-stale"]),
    ],
)
def test_a_list_of_refusals_may_be_too_old(imported: datetime | None, reasons: list[str]) -> None:
    dated = policy(changed(do_not_call={"max_list_age_days": 31}))
    assert codes(evaluate(attempt(), facts(opt_outs_at=imported), dated, GOOD)) == reasons
    assert codes(evaluate(attempt(), facts(opt_outs_at=imported), policy(), GOOD)) == []


def test_a_prefix_may_be_forbidden_whatever_the_register_says() -> None:
    reserved = policy(changed(caller_id={"forbidden_prefixes": ("027",)}))
    assert codes(evaluate(attempt(), facts(), reserved, GOOD)) == ["caller-id-unauthorised/prefix-forbidden"]
    other = policy(changed(caller_id={"forbidden_prefixes": ("06", "+337")}))
    assert codes(evaluate(attempt(), facts(), other, GOOD)) == []
