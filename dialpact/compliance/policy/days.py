"""Is today a day for calls? 工作日 of the covenant; make-up working days count as working days.

Where the callee's time counts, it is today in every zone in which the number may ring, and on each of these
dates the call must be permitted.
"""

from __future__ import annotations

from datetime import date, datetime

from dialpact.compliance import public_holidays
from dialpact.compliance.policy.case import Case, Findings, Why, failed, passed, passed_at, skipped
from dialpact.compliance.policy.clocks import Ticks, clocks, opening
from dialpact.compliance.reasons import Reason
from dialpact.compliance.sections import WEEKDAYS, Days

NAME = "days"
LOOKS_AT = ("callee",)
# The longest holiday takes nine days; two stacked profiles may need longer to meet.
HORIZON = 60


def judge(case: Case, section: Days) -> Findings:
    if section.kind == "all" and not section.holidays:
        return passed(NAME, case)
    if section.basis != "fixed" and not case.attempt.callee.e164:
        return skipped(NAME, case, Why.NO_NUMBER)
    times = clocks(case, section.basis)
    if not times:
        return (failed(NAME, case, Reason.NOT_A_WORKING_DAY, Why.ZONE_UNKNOWN),)
    days = {local.date(): local for local in reversed(times)}
    for day in sorted(days):
        if (why := _against(case, section, day)) is None:
            continue
        detail = {"day": day.isoformat(), "zone": str(days[day].tzinfo)}
        match why:
            case Why.YEAR_MISSING | Why.HOLIDAYS_UNKNOWN:
                detail["year"] = str(day.year)
            case Why.YEAR_PROVISIONAL:
                detail["year"] = str(day.year + 1)
        if why in (Why.PUBLIC_HOLIDAY, Why.HOLIDAYS_UNKNOWN):
            detail["region"] = section.holidays
        code = _CODES[why]
        retry = _next(case, section, times) if code is Reason.NOT_A_WORKING_DAY else None
        return (failed(NAME, case, code, why, retry_at=retry, **detail),)
    return passed_at(NAME, case, section.basis)


def ticks(case: Case, section: Days) -> Ticks | None:
    """None where there is no number, or no clock of it; and where every day is one for calls."""
    every = not section.holidays and (section.kind == "all" or set(section.kind) == set(WEEKDAYS))
    known = section.basis == "fixed" or case.attempt.callee.e164
    times = clocks(case, section.basis) if known and not every else ()
    return Ticks(times, lambda _: (0,)) if times else None


_CODES = {
    Why.DAY_OFF: Reason.NOT_A_WORKING_DAY,
    Why.PUBLIC_HOLIDAY: Reason.NOT_A_WORKING_DAY,
    Why.YEAR_MISSING: Reason.CALENDAR_MISSING,
    Why.HOLIDAYS_UNKNOWN: Reason.CALENDAR_MISSING,
    Why.YEAR_PROVISIONAL: Reason.CALENDAR_PROVISIONAL,
}


def _against(case: Case, section: Days, day: date) -> Why | None:
    """What speaks against the local date ``day``; None: nothing."""
    if section.kind == "working":
        match case.calendar.day(day, december_trap=section.december_trap).kind:
            case "working":
                return None
            case "off":
                return Why.DAY_OFF
            case "missing":
                return Why.YEAR_MISSING
            case "provisional":
                return Why.YEAR_PROVISIONAL
    if section.kind != "all" and WEEKDAYS[day.weekday()] not in section.kind:
        return Why.DAY_OFF
    if section.holidays:
        holiday = public_holidays.is_holiday(section.holidays, day)
        if holiday is not False:
            return Why.HOLIDAYS_UNKNOWN if holiday is None else Why.PUBLIC_HOLIDAY
    return None


def _next(case: Case, section: Days, times: tuple[datetime, ...]) -> datetime | None:
    """Start of the next permitted day; None when the calendar ends before it."""

    def permits(local: datetime) -> bool | None:
        why = _against(case, section, local.date())
        if why is None:
            return True
        return False if _CODES[why] is Reason.NOT_A_WORKING_DAY else None

    return opening(times, permits, lambda day: (0,), HORIZON)
