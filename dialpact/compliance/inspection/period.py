"""Local days, both included, as the instants between which something lies."""

from __future__ import annotations

import re
from calendar import monthrange
from datetime import UTC, date, datetime, time, timedelta

import msgspec

from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.moment import EARLIEST, day
from dialpact.compliance.zones import ZoneInfo

_MONTH = re.compile(r"([0-9]{4})(?:[-/]|年)([0-9]{1,2})月?")
LONGEST = 3 * 366  # days


class Period(msgspec.Struct, frozen=True, kw_only=True):
    """``since`` is inside, ``until`` is not; both UTC. Days are those of ``zone``, the first profile's."""

    first: date
    last: date
    zone: str
    since: datetime
    until: datetime

    @property
    def days(self) -> list[date]:
        return [self.first + timedelta(days=number) for number in range((self.last - self.first).days + 1)]


def days(first: str, last: str) -> tuple[date, date]:
    """From ``first`` to ``last``, each a day or a month (``2026-11``); no ``last``: the month of ``first``.

    Fault for what is neither, and for a day without a last one.
    """
    beginning, end = _month(first), _month(last)
    if beginning and not last.strip():
        end = beginning
    elif not last.strip():
        raise Fault("last-day-missing", first=day(first, "from").isoformat())
    return (
        beginning or day(first, "from"),
        _last_of(end) if end else day(last, "to"),
    )


def month_before(today: date) -> str:
    """The last month that is whole, as ``days`` takes it."""
    return f"{today.replace(day=1) - timedelta(days=1):%Y-%m}"


def _month(text: str) -> date | None:
    """Its first day; None for what is no month."""
    found = _MONTH.fullmatch(text.strip())
    if not found or not 1 <= int(found[2]) <= 12 or int(found[1]) < EARLIEST:
        return None
    return date(int(found[1]), int(found[2]), 1)


def _last_of(month: date) -> date:
    return month.replace(day=monthrange(month.year, month.month)[1])


def period(first: date, last: date, zone: ZoneInfo) -> Period:
    """Fault when the end is before the start, or the period longer than three years."""
    if last < first:
        raise Fault("ends-before-start", start=first.isoformat(), end=last.isoformat())
    if (last - first).days >= LONGEST:
        raise Fault("period-too-long", days=str((last - first).days + 1), limit=str(LONGEST))
    return Period(
        first=first,
        last=last,
        zone=zone.key,
        since=_midnight(first, zone),
        until=_midnight(last + timedelta(days=1), zone),
    )


def _midnight(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone).astimezone(UTC)
