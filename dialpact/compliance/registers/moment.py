"""Times and dates as people and spreadsheets write them. Without a zone they are Asia/Shanghai.

A number in a workbook is the day that Excel counts by it; in a text file it is none.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import lru_cache

from dialpact.compliance.registers.dates import one_form
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.sheet import NumberCell
from dialpact.compliance.zones import ZoneInfo

HOME = ZoneInfo("Asia/Shanghai")
EARLIEST = 1970
KEPT = 4096  # texts: a list of a million rows repeats its times
LONGEST = 64  # characters of a text that is kept
_DATE = r"([0-9]{4})(?:-([0-9]{1,2})-|/([0-9]{1,2})/)([0-9]{1,2})"
_TIME = r"[T ]([0-9]{1,2}):([0-9]{2})(?::([0-9]{2})(?:\.([0-9]{1,6}))?)?"
_ZONE = r" ?(?:(Z)|([+-])([0-9]{2}):?([0-9]{2}))"
# Whatever does not match goes the long way; a test holds the two together. China has had no summer time since
# 1991.
PLAIN = re.compile(
    r"(?:199[2-9]|20[0-9]{2})-[0-9]{2}-[0-9]{2}[T ](?:[01][0-9]|2[0-3]):[0-9]{2}(?::[0-9]{2})?"
)
_DAY = re.compile(_DATE)
_ZONED = re.compile(rf":[0-9.]+{_ZONE}\s*$")
_MOMENT = re.compile(f"{_DATE}(?:{_TIME}(?:{_ZONE})?)?")


def moment(text: str, column: str, *, end_of_day: bool = False) -> datetime:
    """An instant, in UTC. A bare date is the start of that day, or with ``end_of_day`` its last microsecond.

    >>> moment("2026/11/24 10:00", "at").isoformat()
    '2026-11-24T02:00:00+00:00'
    """
    if isinstance(text, NumberCell):
        text = text.day or str(text)
    find = _moment if len(text) <= LONGEST else _moment.__wrapped__
    return find(text, column, end_of_day)


@lru_cache(KEPT)
def _moment(text: str, column: str, end_of_day: bool) -> datetime:
    if PLAIN.fullmatch(text):
        try:
            return datetime.fromisoformat(f"{text}+08:00").astimezone(UTC)
        except ValueError:
            pass  # no such day: the long way says so
    match = _MOMENT.fullmatch(text.strip()) or _MOMENT.fullmatch(one_form(text))
    if not match:
        raise Fault("bad-time", column=column, value=shown(text))
    year, dashed, slashed, day, hour, minute, second, fraction, utc, sign, zone_hours, zone_minutes = (
        match.groups()
    )
    found = _date(year, dashed or slashed, day, text, column)
    try:
        if hour is None:
            clock = time.max if end_of_day else time.min
        else:
            clock = time(int(hour), int(minute), int(second or 0), int((fraction or "").ljust(6, "0")))
        zone = HOME if not (utc or sign) else UTC if utc else _offset(sign, zone_hours, zone_minutes)
        return datetime.combine(found, clock, zone).astimezone(UTC)
    except (ValueError, OverflowError) as error:
        raise Fault("bad-time", column=column, value=shown(text)) from error


def zoned(text: str, column: str) -> datetime:
    """As a program writes it: with its zone, as what it left out would be somebody else's guess.

    >>> zoned("2026-11-24T10:00:00+08:00", "at").isoformat()
    '2026-11-24T02:00:00+00:00'
    """
    found = moment(text, column)
    if not _ZONED.search(text):
        raise Fault("no-zone", column=column, value=shown(text))
    return found


def shown_time(instant: datetime) -> str:
    """As people read it: in the zone that it is given in, with its name; UTC, as things are stored, at home.

    >>> shown_time(datetime(2026, 11, 24, 2, tzinfo=UTC))
    '2026-11-24 10:00:00+08:00'
    """
    place = instant.tzinfo
    if not isinstance(place, ZoneInfo) or place is HOME:
        return instant.astimezone(HOME).isoformat(" ", "seconds")
    return f"{instant.isoformat(' ', 'seconds')} {place}"


def exact(at: datetime) -> str:
    """As :func:`moment` reads it back, to the microsecond."""
    return at.astimezone(UTC).isoformat().replace("+00:00", "Z")


def since_until(since: str, until: str) -> tuple[datetime | None, datetime | None]:
    """A part of time, as a list is asked for it; an empty end is None. Fault for one that ends first."""
    first = moment(since, "since") if since else None
    last = moment(until, "until", end_of_day=True) if until else None
    if first and last and last <= first:
        raise Fault("ends-before-start", start=since, end=until)
    return first, last


def day(text: str, column: str) -> date:
    """A local day. A time beside it is refused: which day it means would depend on the zone."""
    if isinstance(text, NumberCell):
        text = text.day or str(text)
    match = _DAY.fullmatch(text.strip()) or _DAY.fullmatch(one_form(text))
    if not match:
        raise Fault("bad-date", column=column, value=shown(text))
    year, dashed, slashed, number = match.groups()
    return _date(year, dashed or slashed, number, text, column)


def _date(year: str, month: str, number: str, text: str, column: str) -> date:
    try:
        found = date(int(year), int(month), int(number))
    except ValueError as error:
        raise Fault("bad-date", column=column, value=shown(text)) from error
    if found.year < EARLIEST:
        raise Fault("bad-date", column=column, value=shown(text))
    return found


def _offset(sign: str, hours: str, minutes: str) -> timezone:
    if int(minutes) > 59:
        raise ValueError("no such offset")
    offset = timedelta(hours=int(hours), minutes=int(minutes))
    return timezone(offset if sign == "+" else -offset)
