"""Is today a day for calls? 工作日 of the covenant; make-up working days count as working days."""

from __future__ import annotations

from datetime import date, datetime, timedelta

from compliance.calendars import DayKind
from compliance.policy.case import Case, Findings, Why, failed, local_instant, passed
from compliance.reasons import Reason
from compliance.sections import WEEKDAYS, Days

NAME = "days"
# The longest holiday takes nine days; two stacked profiles may need longer to meet.
HORIZON = 60


def judge(case: Case, section: Days) -> Findings:
    today = case.local.date()
    shown = today.isoformat()
    match kind(case, section, today):
        case "working":
            return passed(NAME, case)
        case "off":
            retry = _next(case, section)
            return (failed(NAME, case, Reason.NOT_A_WORKING_DAY, Why.DAY_OFF, retry_at=retry, day=shown),)
        case "missing":
            year = str(today.year)
            return (failed(NAME, case, Reason.CALENDAR_MISSING, Why.YEAR_MISSING, day=shown, year=year),)
        case "provisional":
            year = str(today.year + 1)
            why = Why.YEAR_PROVISIONAL
            return (failed(NAME, case, Reason.CALENDAR_PROVISIONAL, why, day=shown, year=year),)


def kind(case: Case, section: Days, day: date) -> DayKind:
    """What the day is to this profile."""
    if section.kind == "working":
        return case.calendar.day(day, december_trap=section.december_trap).kind
    if section.kind == "all":
        return "working"
    return "working" if WEEKDAYS[day.weekday()] in section.kind else "off"


def _next(case: Case, section: Days) -> datetime | None:
    """Start of the next permitted day; None when the calendar ends before it."""
    today = case.local.date()
    for ahead in range(1, HORIZON):
        match kind(case, section, today + timedelta(days=ahead)):
            case "working":
                return local_instant(case, 0, ahead)
            case "missing" | "provisional":
                return None
    return None
