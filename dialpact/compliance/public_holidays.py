"""Public holidays of the countries where the law itself names them, so that a computation is sound.

France: the eleven days of article L. 3133-1 of the Code du travail, fixed or counted from Easter. Australia:
the seven national days of the telemarketing standard are fixed in the same way; what the states add is taken
as the library has it, and a day that is a holiday in **any** state counts, since a mobile may ring in each. A
day of the states that is proclaimed late, or holds for a part of the day, is not in it. **Not for China**,
whose holidays a yearly notice decides: see ``dialpact.compliance.calendars``.
"""

from __future__ import annotations

from datetime import date, datetime
from functools import cache

REGIONS: tuple[str, ...] = ("FR", "AU")
_STATES: dict[str, tuple[str | None, ...]] = {
    "FR": (None,),
    "AU": (None, "ACT", "NSW", "NT", "QLD", "SA", "TAS", "VIC", "WA"),
}


@cache
def version() -> str:
    """Of the library: stored with every decision of a profile with such days."""
    from importlib.metadata import version as package_version

    return f"holidays {package_version('holidays')}"


def warm() -> None:
    """Load the library now (tens of milliseconds), not during the first call."""
    import holidays

    holidays.country_holidays(REGIONS[0])
    version()


def is_holiday(region: str, day: date) -> bool | None:
    """Whether ``day``, a **local** date, is one; None when the library does not cover its year.

    KeyError for a region that is none of :data:`REGIONS`, TypeError for a datetime.
    """
    if isinstance(day, datetime):
        raise TypeError("a local date is needed, not a datetime: the zone decides the date")
    year = _year(region, day.year)
    return day in year if year else None


@cache
def _year(region: str, year: int) -> frozenset[date]:
    """Empty beyond the library's years: it says then that there are no holidays, which is never true."""
    import holidays  # which a command that reads no such profile need not wait for

    return frozenset(
        day
        for state in _STATES[region]
        for day in holidays.country_holidays(region, subdiv=state, years=year)
        if day.year == year
    )
