"""At least so many calendar months, never a day less."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialpact.compliance.retention import keep_until, months_later
from tests.compliance.world import HUBEI, at, changed, policy


@pytest.mark.parametrize(
    ("ended", "months", "expected", "reason"),
    [
        ("2026-11-24 10:00", 12, "2027-11-24", "twelve calendar months"),
        ("2026-08-31 10:00", 6, "2027-03-01", "February has no 31st: never shorter"),
        ("2027-08-31 10:00", 6, "2028-03-01", "nor has it in a leap year"),
        ("2027-08-29 10:00", 6, "2028-02-29", "a leap year's February has a 29th"),
        ("2028-02-29 10:00", 12, "2029-03-01", "the year after a leap day"),
        ("2026-10-31 10:00", 1, "2026-12-01", "November has 30 days"),
        ("2026-12-31 10:00", 1, "2027-01-31", "over the year's end"),
        ("2026-12-31 10:00", 12, "2027-12-31", "December to December"),
        ("2026-11-30 10:00", 120, "2036-11-30", "ten years"),
        ("2026-11-24 23:59:59", 12, "2027-11-24", "the local day"),
        ("2026-11-25 00:00:00", 12, "2027-11-25", "the next local day, still the 24th in UTC"),
    ],
)
def test_keep_until(ended: str, months: int, expected: str, reason: str) -> None:
    stack = policy(changed(recording={"retention_months": months}))
    assert keep_until(at(ended), stack) == date.fromisoformat(expected), reason


def test_the_longest_of_the_stack_counts() -> None:
    insurance = changed(id="insurance", recording={"retention_months": 60})
    ended = at("2026-11-24 10:00")
    assert keep_until(ended, policy(HUBEI, insurance)) == date(2031, 11, 24)
    assert keep_until(ended, policy(insurance, HUBEI)) == date(2031, 11, 24)


def test_a_profile_without_the_rule_keeps_nothing_and_shortens_nothing() -> None:
    none = changed(id="none", recording=None)
    assert keep_until(at("2026-11-24 10:00"), policy(none)) == date(2026, 11, 24)
    assert keep_until(at("2026-11-24 10:00"), policy(HUBEI, none)) == date(2027, 11, 24)


def test_a_time_without_a_zone_is_refused() -> None:
    with pytest.raises(ValueError, match="zone"):
        keep_until(datetime(2026, 11, 24, 10), policy())  # noqa: DTZ001
    assert keep_until(datetime(2026, 11, 24, 10, tzinfo=UTC), policy()) == date(2027, 11, 24)


@given(st.dates(date(2000, 1, 1), date(2100, 1, 1)), st.integers(0, 240), st.integers(0, 240))
def test_longer_never_ends_earlier(day: date, months: int, more: int) -> None:
    later = months_later(day, months)
    assert later >= day
    assert later.day in (day.day, 1)
    assert months_later(day, months + more) >= later
