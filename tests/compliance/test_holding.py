"""Until when an answer holds: never longer than it does, and not shorter than it must."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from dialpact.compliance import profile
from dialpact.compliance.config import Trunk
from dialpact.compliance.judge import Judge
from dialpact.compliance.model import (
    CallAttempt,
    Facts,
    Per,
    Registration,
    Suspension,
    Tally,
)
from dialpact.compliance.policy import RULES, Holding, evaluate
from dialpact.compliance.policy.engine import TICKS, TURNS
from dialpact.compliance.policy.holding import HORIZON
from dialpact.compliance.profile import Policy, Profile
from dialpact.compliance.ranges import LastDialled
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import CallerIdRange, Cap, RegistrationRule
from tests.compliance.test_policy_clocks import AUSTRALIA, FRANCE, PARIS, UNITED_STATES, call, instant
from tests.compliance.world import (
    CALENDAR,
    CALLER_ID,
    CAMPAIGN,
    GOOD,
    HUBEI,
    SCRIPT,
    at,
    attempt,
    changed,
    consent,
    facts,
    opt_out,
    policy,
)

MINUTE = timedelta(minutes=1)
FOR_EVER = changed(id="for-ever", hours=None, days=None)
WHOLE_WEEK: dict[str, Any] = {"windows": ("00:00-24:00",), "guard_seconds": 0}
TEXAS = profile.load("us-tx").registration
assert TEXAS is not None
REGISTERED = msgspec.structs.replace(
    FOR_EVER,
    id="registered",
    registration=RegistrationRule(
        required=(msgspec.structs.replace(TEXAS.required[0], callees=()),),
        clause="x",
        source="x",
        effective_from=date(2018, 1, 1),
        purposes=("*",),
    ),
)


def said(call: CallAttempt, known: Facts, rules: Policy, now: datetime) -> tuple[bool, frozenset[Reason]]:
    """Verdict and reasons."""
    found = evaluate(call, known, rules, now)
    codes = frozenset(finding.code for finding in found if finding.code is not None)
    return not codes and rules.effective(now), codes


def until(
    call: CallAttempt,
    known: Facts,
    rules: Policy,
    now: datetime,
    dialled: tuple[LastDialled, ...] | None = None,
) -> datetime | None:
    """As the policy says it; and that nothing changes before, and something does then."""
    found = Holding(rules).until(call, known, now, evaluate(call, known, rules, now), dialled)
    if found is None or found <= now or dialled is not None:
        return found
    assert found.tzinfo is UTC
    answer = said(call, known, rules, now)
    assert said(call, known, rules, found - timedelta(microseconds=1)) == answer
    assert said(call, known, rules, found) != answer or found >= now + HORIZON
    return found


def registered(valid_from: date, valid_to: date | None) -> Facts:
    kind = REGISTERED.registration.required[0].kind if REGISTERED.registration else ""
    entry = Registration(holder="business", id="acme", kind=kind, valid_from=valid_from, valid_to=valid_to)
    return facts(registrations=(entry,))


def capped(per: Per, nth: datetime | None, limit: int = 3) -> Facts:
    return facts(attempts=(Tally(per=per, limit=limit, nth=nth),))


CAPS = changed(
    FOR_EVER, id="caps", attempts={"caps": (Cap(per="callee", limit=3, hours=24),), "purposes": ("*",)}
)
SPRING = date(2027, 3, 1)
TABLE: list[tuple[str, Policy, Facts, datetime, datetime | None]] = [
    ("a window's end, less the guard", policy(), facts(), GOOD, at("2026-11-24 11:59:00")),
    ("the noon pause", policy(), facts(), at("2026-11-24 12:30:00"), at("2026-11-24 14:00:00")),
    ("the last window", policy(), facts(), at("2026-11-24 14:00:00"), at("2026-11-24 18:29:00")),
    ("a second before its end", policy(), facts(), at("2026-11-24 18:28:59"), at("2026-11-24 18:29:00")),
    (
        "at its end, until the morning",
        policy(),
        facts(),
        at("2026-11-24 18:29:00"),
        at("2026-11-25 08:00:00"),
    ),
    (
        "Friday evening: until it is Saturday",
        policy(),
        facts(),
        at("2026-11-27 20:00:00"),
        at("2026-11-28 00:00:00"),
    ),
    ("a day off, in working hours", policy(), facts(), at("2026-11-28 10:00:00"), at("2026-11-28 11:59:00")),
    ("the last known day is over", policy(), facts(), at("2026-12-28 20:00:00"), at("2026-12-29 00:00:00")),
    ("what nobody knows yet", policy(), facts(), at("2026-12-31 20:00:00"), at("2027-01-01 00:00:00")),
    (
        "do-not-call, and then also outside hours",
        policy(),
        facts(opt_outs=(opt_out("all"),)),
        GOOD,
        at("2026-11-24 11:59:00"),
    ),
    (
        "do-not-call, where no clock counts",
        policy(FOR_EVER),
        facts(opt_outs=(opt_out("all"),)),
        GOOD,
        at("2027-01-01 00:00:00"),
    ),
    (
        "a consent that ends",
        policy(),
        facts(consents=(consent(expires_at=at("2026-11-24 10:30:00.5")),)),
        GOOD,
        at("2026-11-24 10:30:00.5"),
    ),
    (
        "one that begins",
        policy(),
        facts(consents=(consent(granted_at=at("2026-11-24 10:30:00")),)),
        GOOD,
        at("2026-11-24 10:30:00"),
    ),
    (
        "one that will be withdrawn",
        policy(),
        facts(consents=(consent(withdrawn_at=at("2026-11-24 10:30:00")),)),
        GOOD,
        at("2026-11-24 10:30:00"),
    ),
    (
        "of two the later one",
        policy(FOR_EVER),
        facts(
            consents=(
                consent(expires_at=at("2026-11-25 10:30:00")),
                consent(expires_at=at("2026-11-26 10:30:00")),
            )
        ),
        GOOD,
        at("2026-11-26 10:30:00"),
    ),
    (
        "one that lapses",
        policy(changed(FOR_EVER, id="l", consent={"valid_months": 9})),
        facts(),
        GOOD,
        at("2026-12-01 00:00:00"),
    ),
    ("a caller ID's last day", policy(FOR_EVER), facts(), GOOD, at("2027-01-01 00:00:00")),
    (
        "its first",
        policy(FOR_EVER),
        facts(caller_id=msgspec.structs.replace(CALLER_ID, valid_from=SPRING, valid_to=None)),
        GOOD,
        at("2027-03-01 00:00:00"),
    ),
    (
        "a range that begins to bind",
        policy(
            changed(
                FOR_EVER,
                id="r",
                caller_id={"ranges": (CallerIdRange(never=("027.",), effective_from=date(2026, 12, 1)),)},
            )
        ),
        facts(),
        GOOD,
        at("2026-12-01 00:00:00"),
    ),
    (
        "a script's approval",
        policy(),
        facts(script=msgspec.structs.replace(SCRIPT, expires_at=at("2026-11-24 11:00:00"))),
        GOOD,
        at("2026-11-24 11:00:00"),
    ),
    (
        "a registration's last day",
        policy(REGISTERED),
        registered(date(2026, 1, 1), date(2026, 11, 30)),
        GOOD,
        at("2026-12-01 00:00:00"),
    ),
    (
        "its first day",
        policy(REGISTERED),
        registered(date(2026, 11, 30), None),
        GOOD,
        at("2026-11-30 00:00:00"),
    ),
    (
        "a cap, until the oldest counted attempt is old",
        policy(CAPS),
        capped("callee", at("2026-11-24 09:00:00")),
        GOOD,
        at("2026-11-25 09:00:00"),
    ),
    ("a cap that is not reached", policy(CAPS), capped("callee", None), GOOD, at("2027-01-01 00:00:00")),
    ("nobody counted", policy(CAPS), facts(), GOOD, at("2027-01-01 00:00:00")),
    (
        "a list that was not renewed",
        policy(changed(FOR_EVER, id="s", do_not_call={"max_list_age_days": 31})),
        facts(opt_outs_at=at("2026-11-10 10:00:00")),
        GOOD,
        at("2026-12-11 10:00:00.000001"),
    ),
    (
        "a rule that becomes effective",
        policy(changed(FOR_EVER, id="e", consent={"effective_from": date(2026, 12, 1)})),
        facts(consents=()),
        GOOD,
        at("2026-12-01 00:00:00"),
    ),
    (
        "hours that become effective",
        policy(changed(id="e", days=None, hours={"effective_from": date(2028, 12, 1)})),
        facts(caller_id=msgspec.structs.replace(CALLER_ID, valid_to=None)),
        GOOD,
        at("2028-12-01 00:00:00"),
    ),
    (
        "the strictest of two profiles",
        policy(HUBEI, changed(id="b", hours={"windows": ("08:00-11:00",)})),
        facts(),
        GOOD,
        at("2026-11-24 10:59:00"),
    ),
    (
        "no business of the profile's: service",
        policy(changed(FOR_EVER, id="m")),
        facts(campaign=msgspec.structs.replace(CAMPAIGN, purpose="service"), consents=()),
        GOOD,
        at("2027-01-01 00:00:00"),
    ),
]


@pytest.mark.parametrize(("why", "rules", "known", "now", "then"), TABLE, ids=[row[0] for row in TABLE])
def test_when(why: str, rules: Policy, known: Facts, now: datetime, then: datetime | None) -> None:
    assert until(attempt(), known, rules, now) == then, why


NEVER: list[tuple[str, Policy, Facts]] = [
    ("an opt-out does not expire", policy(FOR_EVER), facts(opt_outs=(opt_out("all"),))),
    (
        "nor a suspension",
        policy(FOR_EVER),
        facts(suspensions=(Suspension(kind="agent", key="1001", since=GOOD, cause="x"),)),
    ),
    ("nor a campaign that nobody knows", policy(FOR_EVER), facts(campaign=None)),
    ("a consent without an end", policy(FOR_EVER), facts()),
    ("hours that never close", policy(changed(id="w", hours=WHOLE_WEEK, days={"kind": "all"})), facts()),
    (
        "nor a week of seven days",
        policy(changed(id="w", hours=None, days={"kind": ("mon", "tue", "wed", "thu", "fri", "sat", "sun")})),
        facts(),
    ),
]


@pytest.mark.parametrize(("why", "rules", "known"), NEVER, ids=[row[0] for row in NEVER])
def test_time_alone_changes_nothing(why: str, rules: Policy, known: Facts) -> None:
    for_good = msgspec.structs.replace(CALLER_ID, valid_to=None)
    known = msgspec.structs.replace(known, caller_id=for_good)
    assert until(attempt(), known, rules, GOOD) is None, why
    for days in (1, 30, 400, 4000):
        later = GOOD + timedelta(days=days, hours=11)
        assert said(attempt(), known, rules, later) == said(attempt(), known, rules, GOOD)


def test_two_clocks_that_never_agree_are_followed_to_the_horizon_and_no_further() -> None:
    halves = [
        changed(id=id, days=None, hours={"windows": (span,), "guard_seconds": 0})
        for id, span in (("a", "00:00-12:00"), ("b", "12:00-24:00"))
    ]
    for_good = facts(caller_id=msgspec.structs.replace(CALLER_ID, valid_to=None))
    assert until(attempt(), for_good, policy(*halves), GOOD) == GOOD + HORIZON


def test_the_end_of_time_is_no_failure() -> None:
    last = msgspec.structs.replace(CALLER_ID, valid_to=date.max)
    ends = consent(expires_at=datetime(9999, 12, 31, 23, 59, tzinfo=UTC))
    known = facts(caller_id=last, consents=(ends,))
    found = until(attempt(), known, policy(FOR_EVER), GOOD)
    assert found is not None and found.year == 9999
    at_last = datetime(9999, 12, 30, tzinfo=UTC)
    assert until(attempt(), known, policy(FOR_EVER), at_last) == at_last


def test_a_clock_from_before_any_rule() -> None:
    early = datetime(2018, 12, 13, 10, tzinfo=UTC)
    assert until(attempt(), facts(), policy(), early) == at("2018-12-14 00:00:00")


def test_a_rule_that_does_not_tell_when_it_changes_promises_nothing(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Somebody's new rule file without ``turns``: there is no door to put one in."""
    monkeypatch.setitem(TURNS, "leads", None)
    assert until(attempt(), facts(), policy(), GOOD) == GOOD


def test_every_rule_that_ships_tells() -> None:
    assert {name for name in RULES if TURNS[name] is None} == set(TICKS)


# The callee's clocks

ABROAD = [
    (
        UNITED_STATES,
        "+12122345678",
        "2026-06-02 12:00:00",
        "America/New_York",
        "2026-06-02 20:59:00",
        "America/New_York",
    ),
    (
        UNITED_STATES,
        "+12192345678",
        "2026-06-02 12:00:00",
        "America/New_York",
        "2026-06-02 20:59:00",
        "America/New_York",
    ),
    (
        UNITED_STATES,
        "+12192345678",
        "2026-06-02 08:30:00",
        "America/New_York",
        "2026-06-02 08:00:00",
        "America/Chicago",
    ),
    (
        UNITED_STATES,
        "+18002345678",
        "2026-01-15 17:00:00",
        "America/New_York",
        "2026-01-15 19:29:00",
        "America/New_York",
    ),
    # The clock goes forward on 8 March: the morning comes an hour earlier; and back on 1 November.
    (
        UNITED_STATES,
        "+12122345678",
        "2026-03-07 21:30:00",
        "America/New_York",
        "2026-03-08 12:00:00+00:00",
        "UTC",
    ),
    (
        UNITED_STATES,
        "+12122345678",
        "2026-10-31 21:30:00",
        "America/New_York",
        "2026-11-01 13:00:00+00:00",
        "UTC",
    ),
    (FRANCE, PARIS, "2026-03-28 21:00:00", "Europe/Paris", "2026-03-29 10:00:00", "Europe/Paris"),
    (FRANCE, PARIS, "2026-06-02 12:59:30", "Europe/Paris", "2026-06-02 14:00:00", "Europe/Paris"),
    (AUSTRALIA, "+61412345678", "2026-11-30 22:30:00+00:00", "UTC", "2026-12-01 02:30:00+00:00", "UTC"),
]


@pytest.mark.parametrize(("rules", "number", "now", "here", "then", "there"), ABROAD)
def test_the_clocks_of_the_callee(
    rules: Profile, number: str, now: str, here: str, then: str, there: str
) -> None:
    assert until(call(number), facts(), Policy((rules,), CALENDAR), instant(now, here)) == instant(
        then, there
    )


def test_an_hour_that_comes_twice() -> None:
    """On 1 November 01:30 to 01:45 is open twice, and closed between."""
    rules = changed(UNITED_STATES, id="t", hours={"windows": ("01:30-01:45",), "guard_seconds": 30})
    night = Policy((rules,), CALENDAR)
    now = datetime(2026, 11, 1, 5, 31, tzinfo=UTC)  # 01:31 of summer
    turns = [now]
    while len(turns) < 4:
        found = until(call("+12122345678"), facts(), night, turns[-1])
        assert found is not None
        turns.append(found)
    assert [f"{turn:%d %H:%M:%S}" for turn in turns[1:]] == ["01 05:44:30", "01 06:30:00", "01 06:44:30"]


# A sweep


def test_a_sweep_ends_when_enough_of_it_is_old() -> None:
    """Thirty numbers, one a minute, each counted for a day."""
    first = GOOD - timedelta(hours=20)
    dialled = tuple(LastDialled(-n, first + n * MINUTE) for n in range(1, 31))
    known = facts(neighbours=tuple(sorted(one.distance for one in dialled)))
    rules = policy(changed(id="s", hours=None, days=None))
    found = until(attempt(), known, rules, GOOD, dialled)
    # Those next to the callee go first; nineteen and the callee are no sweep any more.
    assert found == first + timedelta(days=1) + 12 * MINUTE
    assert until(attempt(), known, rules, GOOD) == GOOD, "who does not look promises nothing"


def test_a_stretch_ends_with_the_number_that_carries_it() -> None:
    near = [n for n in range(-30, 31) if n and n % 2]
    dialled = tuple(
        LastDialled(n, GOOD - timedelta(hours=23, minutes=60 - place)) for place, n in enumerate(near)
    )
    known = facts(neighbours=tuple(near))
    rules = policy(changed(id="s", hours=None, days=None))
    found = until(attempt(), known, rules, GOOD, dialled)
    assert found is not None and found > GOOD
    for look, sweep in ((found - timedelta(seconds=1), True), (found, False)):
        left = tuple(one.distance for one in dialled if one.at + timedelta(hours=24) > look)
        codes = said(attempt(), facts(neighbours=left), rules, GOOD)[1]
        assert (Reason.RANGE_DIALLING in codes) is sweep


# What the judge adds

TRUNKS = {"carrier": Trunk(endpoint="PJSIP/carrier", dial_format="national")}


def test_a_failure_of_ours_is_promised_for_no_time() -> None:
    judge = Judge(policy(), TRUNKS, "n")
    for block in (judge.too_late(attempt(), GOOD), judge.broken(attempt(), GOOD)):
        assert judge.holds_until(block) == GOOD


def test_what_only_an_officer_ends_time_does_not() -> None:
    judge = Judge(policy(), TRUNKS, "n")
    for block in (judge.forked(attempt(), GOOD), judge.unbound(attempt(), GOOD, [("dnc", "x")])):
        assert judge.holds_until(block) is None


def test_a_forged_session_stays_one() -> None:
    judge = Judge(policy(), TRUNKS, "n")
    assert judge.holds_until(judge.decide(attempt(attack="forged"), facts(), GOOD)) is None


def test_a_decision_that_was_stored_holds_as_it_did() -> None:
    judge = Judge(policy(), TRUNKS, "n")
    decision = judge.decide(attempt(), facts(), GOOD)
    again = msgspec.json.decode(msgspec.json.encode(decision), type=type(decision))
    assert judge.holds_until(decision) == judge.holds_until(again) == at("2026-11-24 11:59:00")
