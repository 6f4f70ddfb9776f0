"""What holds for every input: more strictness never permits, and a skip never hides an ALLOW."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
from hypothesis import given, settings
from hypothesis import strategies as st

from dialpact.compliance import numbers
from dialpact.compliance.model import (
    Business,
    CallAttempt,
    CallerId,
    Campaign,
    Consent,
    DncEntry,
    Facts,
    RecorderState,
)
from dialpact.compliance.policy import evaluate, retry_at
from dialpact.compliance.policy.case import Why
from dialpact.compliance.profile import Profile
from tests.compliance.world import HUBEI, NUMBER, attempt, blocked, changed, facts, policy

NOT_BINDING = {Why.NOT_EFFECTIVE, Why.OTHER_PURPOSE}

names = st.sampled_from(["acme", "other", "education"])
start = datetime(2026, 1, 1, tzinfo=UTC)
instants = st.timedeltas(timedelta(0), timedelta(days=375)).map(lambda passed: start + passed)
maybe_instants = st.none() | instants
phones = st.sampled_from([NUMBER, "+8613900139000"])
purposes = st.sampled_from(["marketing", "service"])
lists = st.sampled_from([(), ("*",), ("carrier",), ("marketing",)])

opt_outs = st.builds(
    DncEntry,
    number=phones,
    scope=st.sampled_from(["all", "industry", "business"]),
    value=names | st.just(""),
    requested_at=instants,
    source=st.just("key"),
)
consents = st.builds(
    Consent,
    number=phones,
    business=names,
    industry=names,
    granted_at=instants,
    expires_at=maybe_instants,
    evidence=st.just(""),
    withdrawn_at=maybe_instants,
)
# Mostly the honest world, so that a good part of the examples passes and the laws say something.
worlds = st.builds(
    lambda changes: facts(**changes),
    st.fixed_dictionaries(
        {},
        optional={
            "campaign": st.none()
            | st.builds(Campaign, id=st.just("spring"), business=names, industry=names, purpose=purposes),
            "business": st.none()
            | st.builds(Business, id=names, name=st.just(""), actor=st.just("own-business")),
            "caller_id": st.none()
            | st.builds(
                CallerId,
                number=st.sampled_from(["02788880000", "95xxx"]),
                business=names,
                licence=st.just(""),
                carrier=st.just(""),
                authenticated=st.booleans(),
                trunks=lists,
                purposes=lists,
                valid_from=st.just(date(2026, 6, 1)),
                valid_to=st.none() | st.just(date(2026, 9, 1)),
            ),
            "trunk_known": st.booleans(),
            "trunk_business": names | st.just(""),
            "consents": st.lists(consents, max_size=3).map(tuple),
            "opt_outs": st.lists(opt_outs, max_size=3).map(tuple),
            "recorder": st.none() | st.builds(RecorderState, ready=st.booleans()),
        },
    ),
)
calls = st.builds(
    lambda text, attack: attempt(callee=numbers.parse(text), attack=attack),
    st.sampled_from(["13800138000", "13800138000", "13800138000", "110", "95588", "x", "02787654321"]),
    st.sampled_from(["", "", "", "forged"]),
)


def windows(bounds: tuple[int, int]) -> dict[str, Any]:
    first, last = sorted(bounds)
    return {"windows": (f"{first:02}:00-{last + 1:02}:00",), "guard_seconds": 0}


# A second profile that differs in everything: hours, days, scopes, dates, purposes.
profiles = st.builds(
    lambda hours, kind, since, bound: changed(
        id="second",
        hours=hours | {"effective_from": since},
        days={"kind": kind, "purposes": bound},
        consent={"purposes": bound},
        recording={"required": bound == ("*",)},
    ),
    st.tuples(st.integers(0, 23), st.integers(0, 23)).map(windows),
    st.sampled_from(["working", "all", ("mon", "sat"), ("sun",)]),
    st.sampled_from([date(2018, 1, 1), date(2026, 6, 1), date(2030, 1, 1)]),
    st.sampled_from([("*",), ("marketing",), ("service",)]),
)


@settings(max_examples=300)
@given(calls, worlds, instants, opt_outs, profiles)
def test_more_strictness_never_permits(
    call: CallAttempt, known: Facts, now: datetime, more: DncEntry, second: Profile
) -> None:
    if not blocked(evaluate(call, known, policy(), now)):
        return
    opted_out_more = msgspec.structs.replace(known, opt_outs=(*known.opt_outs, more))
    assert blocked(evaluate(call, opted_out_more, policy(), now)), "an opt-out"
    assert blocked(evaluate(call, known, policy(HUBEI, second), now)), "a profile behind"
    assert blocked(evaluate(call, known, policy(second, HUBEI), now)), "a profile before"


@settings(max_examples=300)
@given(calls, worlds, instants, profiles)
def test_a_skip_occurs_only_when_another_rule_fails_or_the_rule_does_not_bind(
    call: CallAttempt, known: Facts, now: datetime, second: Profile
) -> None:
    for stack in (policy(), policy(second), policy(HUBEI, second)):
        found = evaluate(call, known, stack, now)
        hidden = [
            finding
            for finding in found
            if finding.result == "skip" and finding.detail["key"] not in NOT_BINDING
        ]
        assert not hidden or blocked(found)
        for finding in found:
            assert (finding.code is not None) == (finding.result == "fail")
            assert ("key" in finding.detail) == (finding.result != "pass")


@settings(max_examples=200, deadline=None)
@given(instants, profiles, st.booleans())
def test_retry_passes_and_the_second_before_does_not(now: datetime, second: Profile, stacked: bool) -> None:
    long_ago = datetime(2025, 12, 1, tzinfo=UTC)
    known = facts(consents=(msgspec.structs.replace(facts().consents[0], granted_at=long_ago),))
    world = (attempt(), known, policy(HUBEI, second) if stacked else policy())
    again = retry_at(*world, now, evaluate(*world, now))
    if again is None:
        return
    assert again > now and again.microsecond == 0 and again.tzinfo is UTC
    assert not blocked(evaluate(*world, again))
    before = again - timedelta(seconds=1)
    assert before <= now or blocked(evaluate(*world, before))
    # And nothing between, looked at in steps that no window (an hour at least) slips through.
    step = now
    while (step := step + timedelta(minutes=59)) < again:
        assert blocked(evaluate(*world, step)), step


# Windows by weekday, in the zones of the callee: one, two, eight or 42 of them.
abroad = st.sampled_from(
    ["+12122345678", "+18082345678", "+18002345678", "+61892345678", "+61412345678", "+33612345678"]
)
weeks = st.sampled_from(
    [
        ("08:00-21:00",),
        ("10:00-13:00", "14:00-20:00"),
        ("mon-fri 09:00-20:00", "sat 09:00-17:00"),
        ("tue 00:00-24:00", "thu-sun 01:30-03:30"),
    ]
)
foreign = st.builds(
    lambda number, windows, kind, holidays, basis: (
        attempt(callee=numbers.parse(number, regions=numbers.REGIONS)),
        changed(
            id="abroad",
            numbers={"regions": numbers.REGIONS},
            hours={"windows": windows, "basis": basis[0]},
            days={"kind": kind, "holidays": holidays, "basis": basis[1]},
            consent=None,
        ),
    ),
    abroad,
    weeks,
    st.sampled_from(["all", ("mon", "tue", "wed", "thu", "fri"), ("sat", "sun")]),
    st.sampled_from(["", "FR", "AU"]),
    st.sampled_from([("callee", "callee"), ("both", "callee"), ("callee", "both")]),
)


@settings(max_examples=150, deadline=None)
@given(instants, foreign)
def test_retry_is_exact_in_every_zone_of_the_callee(
    now: datetime, world: tuple[CallAttempt, Profile]
) -> None:
    call, profile = world
    asked = (call, facts(), policy(profile))
    again = retry_at(*asked, now, evaluate(*asked, now))
    if again is None:
        return
    assert again > now and again.microsecond == 0 and again.tzinfo is UTC
    assert not blocked(evaluate(*asked, again))
    before = again - timedelta(seconds=1)
    assert before <= now or blocked(evaluate(*asked, before))
    step = now
    while (step := step + timedelta(minutes=59)) < min(again, now + timedelta(days=5)):
        assert blocked(evaluate(*asked, step)), step


@given(instants, foreign)
def test_another_zone_never_permits(now: datetime, world: tuple[CallAttempt, Profile]) -> None:
    call, profile = world
    if not blocked(evaluate(call, facts(), policy(profile), now)):
        return
    zones = (*call.callee.zones, "Asia/Kathmandu")
    wider = msgspec.structs.replace(call, callee=msgspec.structs.replace(call.callee, zones=zones))
    assert blocked(evaluate(wider, facts(), policy(profile), now))


@given(calls, worlds, instants)
def test_the_same_question_has_the_same_answer(call: CallAttempt, known: Facts, now: datetime) -> None:
    first = evaluate(call, known, policy(), now)
    stored = msgspec.json.decode(msgspec.json.encode((call, known)), type=tuple[CallAttempt, Facts])
    assert evaluate(*stored, policy(), now) == first
