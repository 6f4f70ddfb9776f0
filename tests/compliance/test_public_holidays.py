"""Public holidays where the law names them, checked against calendars that people read."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from dialpact.compliance import public_holidays
from dialpact.compliance.public_holidays import is_holiday

# Code du travail, article L. 3133-1; Easter of 2027 is 28 March.
FRANCE = {
    2026: "01-01 04-06 05-01 05-08 05-14 05-25 07-14 08-15 11-01 11-11 12-25",
    2027: "01-01 03-29 05-01 05-06 05-08 05-17 07-14 08-15 11-01 11-11 12-25",
}


@pytest.mark.parametrize("year", FRANCE)
def test_france_has_the_eleven_days_of_its_law(year: int) -> None:
    days = [date(year, 1, 1) + timedelta(days=passed) for passed in range(365)]
    assert " ".join(f"{day:%m-%d}" for day in days if is_holiday("FR", day)) == FRANCE[year]


@pytest.mark.parametrize(
    ("day", "expected", "reason"),
    [
        ("2026-01-26", True, "Australia Day, national"),
        ("2026-04-03", True, "Good Friday, national"),
        ("2026-04-25", True, "Anzac Day, national, a Saturday"),
        ("2026-04-27", True, "Anzac Day observed in Western Australia and elsewhere"),
        ("2026-03-02", True, "Labour Day of Western Australia alone"),
        ("2026-11-03", True, "Melbourne Cup Day of Victoria alone"),
        ("2026-12-28", True, "Boxing Day observed"),
        ("2026-12-24", False, "a part of the day, in some states"),
        ("2026-06-09", False, "an ordinary Tuesday"),
        ("2026-07-14", False, "France's day"),
    ],
)
def test_a_holiday_of_any_australian_state_counts(day: str, expected: bool, reason: str) -> None:
    assert is_holiday("AU", date.fromisoformat(day)) is expected, reason


@pytest.mark.parametrize("region", public_holidays.REGIONS)
def test_a_year_that_the_library_does_not_cover_is_unknown(region: str) -> None:
    assert is_holiday(region, date(2101, 6, 2)) is None
    assert is_holiday(region, date(1700, 6, 2)) is None
    assert is_holiday(region, date(2100, 12, 25)) is True


def test_china_is_not_computed() -> None:
    with pytest.raises(KeyError):
        is_holiday("CN", date(2026, 10, 1))


def test_a_datetime_has_no_date_of_its_own() -> None:
    with pytest.raises(TypeError, match="local date"):
        is_holiday("FR", datetime(2026, 7, 14, tzinfo=UTC))


def test_the_version_is_told() -> None:
    assert public_holidays.version().startswith("holidays 0.")
