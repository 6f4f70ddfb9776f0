"""Days, hours and when to try again, one second on either side of every bound."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from dialpact.compliance.calendars import WorkingDays, Year
from dialpact.compliance.model import Facts
from dialpact.compliance.policy import evaluate, retry_at
from dialpact.compliance.profile import Profile
from tests.compliance import world
from tests.compliance.world import (
    CALLER_ID,
    GOOD,
    HUBEI,
    at,
    attempt,
    blocked,
    changed,
    codes,
    consent,
    policy,
)


def facts(**changes: Any) -> Facts:
    """The honest world, with consent and caller ID valid in all the years of this file."""
    old = consent(granted_at=at("2025-01-01 00:00"))
    caller_id = msgspec.structs.replace(CALLER_ID, valid_from=date(2025, 1, 1), valid_to=None)
    return world.facts(**{"consents": (old,), "caller_id": caller_id} | changes)


PLAIN = changed(hours={"guard_seconds": 0})


def judged(when: str, *profiles: Profile) -> str:
    """The failing codes at a local time, "" when the call may be made."""
    return " ".join(codes(evaluate(attempt(), facts(), policy(*profiles), at(when))))


@pytest.mark.parametrize(
    ("clock", "plain", "guarded", "reason"),
    [
        ("07:59:59", "before-opening", "before-opening", "not yet"),
        ("07:59:59.999999", "before-opening", "before-opening", "a part of a second is not yet the next one"),
        ("08:00:00", "", "", "the bound belongs to the window"),
        ("11:58:59", "", "", "the guard begins a second later"),
        ("11:58:59.999999", "", "", "still before the guard"),
        ("11:59:00", "", "closing-soon", "a call placed now rings at twelve"),
        ("11:59:59", "", "closing-soon", "the last second of the plain window"),
        ("11:59:59.999999", "", "closing-soon", "the same"),
        ("12:00:00", "in-the-break", "in-the-break", "half-open"),
        ("13:59:59", "in-the-break", "in-the-break", "lunch"),
        ("14:00:00", "", "", "lunch is over"),
        ("18:28:59", "", "", "the guard begins a second later"),
        ("18:29:00", "", "closing-soon", "guard"),
        ("18:29:59", "", "closing-soon", "the last second of the plain window"),
        ("18:30:00", "after-closing", "after-closing", "half-open"),
        ("23:59:59", "after-closing", "after-closing", "night"),
        ("00:00:00", "before-opening", "before-opening", "night"),
    ],
)
def test_window_bounds(clock: str, plain: str, guarded: str, reason: str) -> None:
    for profile, why in ((PLAIN, plain), (HUBEI, guarded)):
        assert judged(f"2026-11-24 {clock}", profile) == (f"outside-hours/{why}" if why else ""), reason


@pytest.mark.parametrize(
    ("when", "expected", "reason"),
    [
        ("2026-01-04 09:00", "", "a Sunday made up"),
        ("2026-02-14 15:00", "", "a Saturday made up"),
        ("2026-02-16 10:00", "not-a-working-day/day-off", "Spring Festival"),
        ("2026-05-09 10:00", "", "a Saturday made up"),
        ("2026-10-08 10:00", "", "after National Day"),
        ("2026-10-10 11:58", "", "made up, and before the guard"),
        ("2026-10-10 12:00", "outside-hours/in-the-break", "made up, but lunch"),
        ("2026-11-21 10:00", "not-a-working-day/day-off", "a plain Saturday"),
        ("2026-12-28 10:00", "", "the last certain day"),
        ("2026-12-31 10:00", "calendar-provisional/year-provisional", "waits for 2027"),
        ("2027-01-04 10:00", "calendar-missing/year-missing", "nobody knows"),
        ("2026-11-21 12:30", "not-a-working-day/day-off outside-hours/in-the-break", "both are reported"),
    ],
)
def test_date_vectors(when: str, expected: str, reason: str) -> None:
    assert judged(when) == expected, reason


def test_the_local_date_counts_not_the_one_in_utc() -> None:
    # 00:30 on Monday in Shanghai is still Sunday in UTC, and the other way round in the evening of New York.
    open_all_day = changed(hours={"windows": ("00:00-24:00",), "guard_seconds": 0})
    assert judged("2026-11-23 00:30", open_all_day) == ""
    assert judged("2026-11-21 00:30", open_all_day) == "not-a-working-day/day-off"
    assert judged("2026-11-20 23:59:59", open_all_day) == ""


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        evaluate(attempt(), facts(), policy(), datetime(2026, 11, 24, 10))  # noqa: DTZ001


def test_the_zone_of_now_does_not_matter() -> None:
    here = evaluate(attempt(), facts(), policy(), GOOD)
    assert evaluate(attempt(), facts(), policy(), GOOD.astimezone()) == here


@pytest.mark.parametrize(
    ("kind", "when", "ok"),
    [
        ("all", "2026-11-22 10:00", True),
        ("all", "2027-06-01 10:00", True),
        (("sat", "sun"), "2026-11-22 10:00", True),
        (("sat", "sun"), "2026-11-24 10:00", False),
        (("mon", "tue"), "2026-02-17 10:00", True),
    ],
)
def test_days_by_weekday(kind: object, when: str, ok: bool) -> None:
    profile = changed(days={"kind": kind})
    found = evaluate(attempt(), facts(), policy(profile), at(when))
    assert [finding.result == "pass" for finding in found if finding.rule == "days"] == [ok]


def test_stacked_windows_intersect() -> None:
    late = changed(id="late", hours={"windows": ("09:00-13:00",), "guard_seconds": 0})
    assert judged("2026-11-24 08:30", HUBEI, late) == "outside-hours/before-opening"
    assert judged("2026-11-24 12:30", HUBEI, late) == "outside-hours/in-the-break"
    assert judged("2026-11-24 09:00", HUBEI, late) == ""


RETRY = [
    ("2026-11-24 07:00", "2026-11-24 08:00", "this morning"),
    ("2026-11-24 11:59:30", "2026-11-24 14:00", "the guard: after lunch"),
    ("2026-11-24 12:00", "2026-11-24 14:00", "after lunch"),
    ("2026-11-24 18:30", "2026-11-25 08:00", "tomorrow"),
    ("2026-11-20 18:30", "2026-11-23 08:00", "after the weekend"),
    ("2026-11-21 10:00", "2026-11-23 08:00", "after the weekend"),
    ("2026-02-14 18:30", "2026-02-24 08:00", "after Spring Festival"),
    ("2026-09-18 19:00", "2026-09-20 08:00", "the Sunday is made up"),
    ("2026-12-28 18:30", None, "29 December is provisional: unknown is not a time"),
    ("2026-12-30 10:00", None, "provisional"),
    ("2027-01-04 10:00", None, "missing"),
    ("2026-11-24 10:00", None, "nothing fails"),
]


@pytest.mark.parametrize(("when", "expected", "reason"), RETRY)
def test_retry_at(when: str, expected: str | None, reason: str) -> None:
    call = (attempt(), facts(), policy())
    now = at(when)
    assert retry_at(*call, now, evaluate(*call, now)) == (at(expected) if expected else None), reason


def test_no_retry_when_time_is_not_all_that_fails() -> None:
    call = (attempt(), facts(consents=()), policy())
    now = at("2026-11-24 12:30")
    findings = evaluate(*call, now)
    assert codes(findings) == ["outside-hours/in-the-break", "no-consent/never-given"]
    assert retry_at(*call, now, findings) is None


def test_no_retry_when_the_consent_ends_before() -> None:
    ends = consent(expires_at=at("2026-11-24 13:00"))
    call = (attempt(), facts(consents=(ends,)), policy())
    now = at("2026-11-24 12:30")
    assert retry_at(*call, now, evaluate(*call, now)) is None


def test_no_retry_when_a_rule_becomes_effective_before() -> None:
    later = changed(
        id="later", hours={"windows": ("00:00-01:00",), "effective_from": date(2026, 11, 25)}, days=None
    )
    call = (attempt(), facts(), policy(HUBEI, later))
    now = at("2026-11-24 18:30")
    assert retry_at(*call, now, evaluate(*call, now)) is None
    assert retry_at(*call, at("2026-11-24 12:30"), evaluate(*call, at("2026-11-24 12:30"))) == at(
        "2026-11-24 14:00"
    )


def test_no_retry_when_the_windows_never_meet() -> None:
    never = changed(id="never", hours={"windows": ("12:00-14:00",)})
    call = (attempt(), facts(), policy(HUBEI, never))
    assert retry_at(*call, GOOD, evaluate(*call, GOOD)) is None


def test_retry_without_a_recorder_in_the_facts() -> None:
    # `dialpact check` without --live leaves the recorder out, and still tells when.
    call = (attempt(), facts(recorder=None), policy())
    now = at("2026-11-24 12:30")
    findings = evaluate(*call, now, recorder_required=False)
    assert retry_at(*call, now, findings) == at("2026-11-24 14:00")
    assert retry_at(*call, now, evaluate(*call, now)) is None


def test_retry_across_the_end_of_summer_time() -> None:
    everyday = changed(id="berlin", hours={"windows": ("09:00-20:00",)}, days={"kind": "all"})
    berlin = msgspec.structs.replace(everyday, timezone="Europe/Berlin")
    call = (attempt(), facts(), policy(berlin))
    now = datetime(2026, 10, 24, 19, tzinfo=UTC)  # 21:00 summer time, the night the clock goes back
    assert retry_at(*call, now, evaluate(*call, now)) == datetime(2026, 10, 25, 8, tzinfo=UTC)


def test_retry_in_the_hour_that_comes_twice() -> None:
    night = changed(id="night", hours={"windows": ("02:45-05:00",)}, days={"kind": "all"})
    call = (attempt(), facts(), policy(msgspec.structs.replace(night, timezone="Europe/Berlin")))
    now = datetime(2026, 10, 25, 1, 30, tzinfo=UTC)  # 02:30 for the second time
    assert retry_at(*call, now, evaluate(*call, now)) == datetime(2026, 10, 25, 1, 45, tzinfo=UTC)


def test_a_rule_that_names_the_past_ends_the_search() -> None:
    call = (attempt(), facts(), policy())
    now = at("2026-11-24 12:30")
    past = [msgspec.structs.replace(finding, retry_at=now) for finding in evaluate(*call, now)]
    assert retry_at(*call, now, past) is None


def test_each_rule_tells_its_own_time() -> None:
    found = evaluate(attempt(), facts(), policy(), at("2026-11-21 12:30"))
    assert {finding.rule: finding.retry_at for finding in found if finding.result == "fail"} == {
        "days": at("2026-11-23 00:00"),
        "hours": at("2026-11-21 14:00"),
    }


def test_a_second_before_the_retry_is_refused() -> None:
    for when, expected, _ in RETRY:
        if expected:
            moment = at(expected) - timedelta(seconds=1)
            assert moment < at(when) or blocked(evaluate(attempt(), facts(), policy(), moment)), when


def test_a_holiday_that_outlasts_the_search() -> None:
    off = frozenset(date(2026, 1, 1) + timedelta(days=days) for days in range(360))
    calendar = WorkingDays({2026: Year("x", off), 2027: Year("x")}, "test")
    call = (attempt(), facts(), policy(calendar=calendar))
    assert retry_at(*call, GOOD, evaluate(*call, GOOD)) is not None
    start = at("2026-04-01 10:00")
    assert retry_at(*call, start, evaluate(*call, start)) is None


def test_days_that_never_come() -> None:
    closed = frozenset(date(2026, 11, 1) + timedelta(days=days) for days in range(100))
    shut = policy(calendar=WorkingDays({2026: Year("x", closed), 2027: Year("x", closed)}, "test"))
    found = evaluate(attempt(), facts(), shut, GOOD)
    assert [(finding.code, finding.retry_at) for finding in found if finding.rule == "days"] == [
        ("not-a-working-day", None)
    ]
