"""Local days, both included, as the instants between which something lies."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta

import msgspec

from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.zones import ZoneInfo

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
