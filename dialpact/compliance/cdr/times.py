"""Times and durations as PBXs and spreadsheets write them.

1. Asterisk: ``2026-10-01 09:05:07``; with fractions, a zone or as seconds since 1970 where it is told to.
2. A spreadsheet that saved the file again: ``2026/10/1 9:05``, and elsewhere ``1.10.2026 9:05`` or
   ``10/1/2026 9:05 AM``. The last two are told from each other by the whole file (:func:`day_first`).
3. What else the registers' lists read: ``Oct 1, 2026 9:05 AM``, ``20261001 090507`` (``registers.dates``).
4. What names no hour is no time: the hour is what most rules ask for.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import NamedTuple

from dialpact.compliance.cdr.record import born
from dialpact.compliance.registers.dates import one_form
from dialpact.compliance.registers.fault import Fault, shown

EARLIEST, LATEST = 1970, 2999  # years; what adds to a time must not leave the calendar
LONGEST = 64  # characters of a time
NEAR = timedelta(hours=38)  # a day and the farthest zone: within it a unique id is of this date

_PLAIN = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")
_CLOCK = (
    r"(?:T|\s+)([0-9]{1,2})(?:[:时]([0-9]{1,2})(?:[:分]([0-9]{1,2})(?:[.,]([0-9]{1,9}))?)?[分秒]?"
    r"|\.([0-9]{2})(?:\.([0-9]{2}))?)"  # (Finland's spreadsheets)
    r"(?:\s*([AaPp])\.?[Mm]\.?)?(?:\s*(Z|UTC|GMT|[+-][0-9]{2}(?::?[0-9]{2})?))?"
)
_YEAR_FIRST = re.compile(r"([0-9]{4})(?:[-/年]|\. ?)([0-9]{1,2})(?:[-/月]|\. ?)([0-9]{1,2})[日.]?" + _CLOCK)
_YEAR_LAST = re.compile(r"([0-9]{1,2})([-/]|\. ?)([0-9]{1,2})\2([0-9]{4})" + _CLOCK)
_YEAR = re.compile(r"(?:19|20)[0-9]{2}")
_SECOND = re.compile(r"[:时点] ?[0-9]{2} ?[:分] ?[0-9]{1,2}|(?<![0-9])(?:[0-9]{8}[T ]?)?[0-9]{6}(?![0-9])")
_EPOCH = re.compile(r"([0-9]{9,10})(?:\.[0-9]{1,9})?")
_MILLIS = re.compile(r"([0-9]{10})[0-9]{3}")
_WHOLE = re.compile(r"([0-9]{1,9})(?:[.,][0-9]{1,9})?")
_CLOCKED = re.compile(r"(?:([0-9]{1,4}):)?([0-9]{1,4}):([0-5][0-9])")
_WORDS = re.compile(
    r"(?:([0-9]{1,4})\s*(?:h|hours?|小时|时))?\s*(?:([0-9]{1,5})\s*(?:m|mins?|minutes?|分钟|分))?"
    r"\s*(?:([0-9]{1,8})\s*(?:s|secs?|seconds?|秒))?(?:\s*\(.*\))?",
    re.IGNORECASE,
)


class Moment(NamedTuple):
    """``at`` in UTC. ``coarse``: the cell says no seconds. ``own``: as Asterisk writes it."""

    at: datetime
    coarse: bool
    own: bool


class Clock:
    """Reads the times of one file. ``zone``: of those that name none. ``day_first``: None if no date asks."""

    def __init__(self, zone: tzinfo, *, day_first: bool | None = None) -> None:
        self.zone = zone
        self.day_first = day_first

    def __call__(self, cell: str) -> Moment:
        """Fault for what is no time."""
        try:
            if _PLAIN.fullmatch(cell):
                return Moment(_utc(datetime.fromisoformat(cell), self.zone), False, True)
            if found := self._other(cell.strip()):
                return found
        except (ValueError, OverflowError):
            pass
        raise Fault("cdr-time", value=shown(cell))

    def maybe(self, cell: str) -> Moment | None:
        """None for what is no time."""
        try:
            return self(cell)
        except Fault:
            return None

    def _other(self, cell: str) -> Moment | None:
        if not cell.isascii() and any(one.isdigit() and not one.isascii() for one in cell):
            return None
        if epoch := _EPOCH.fullmatch(cell) or _MILLIS.fullmatch(cell):
            return Moment(datetime.fromtimestamp(int(epoch[1]), UTC), coarse=False, own=True)
        if found := _YEAR_FIRST.fullmatch(cell):
            year, month, day, *clock = found.groups()
        elif found := _YEAR_LAST.fullmatch(cell):
            one, mark, two, year, *clock = found.groups()
            first = mark[0] == "." or (int(one) > 12 if self.day_first is None else self.day_first)
            day, month = (one, two) if first else (two, one)
            if self.day_first is None and mark[0] != "." and int(one) <= 12 and int(two) <= 12 and one != two:
                return None
        elif found := _otherwise(cell):
            year, month, day, *clock = found.groups()
            clock[2] = clock[2] if _SECOND.search(cell) else None  # (the one form always says it)
        else:
            return None
        hour, minute, second, _, dotted, dotted_second, half, zone = clock
        minute, second = minute or dotted, second or dotted_second
        hours = int(hour)
        if half:
            if not 1 <= hours <= 12:
                return None
            hours = hours % 12 + (12 if half in "Pp" else 0)
        read = datetime(int(year), int(month), int(day), hours, int(minute), int(second or 0))  # noqa: DTZ001
        own = cell[:4].isdecimal() and cell[4] == "-" and second is not None and not half
        return Moment(_utc(read, _zone(zone) if zone else self.zone), coarse=second is None, own=own)


def is_time(cell: str) -> bool:
    """Whether it is written like a time with its hour; there may be no such day."""
    forms = (_PLAIN, _YEAR_FIRST, _YEAR_LAST, _EPOCH, _MILLIS)
    if cell[:1].isdecimal() and any(form.fullmatch(cell) for form in forms):
        return True
    return _otherwise(cell) is not None


def _otherwise(cell: str) -> re.Match[str] | None:
    """As the registers' lists read it."""
    there = len(cell) <= LONGEST and _YEAR.search(cell)
    return _YEAR_FIRST.fullmatch(one_form(cell)) if there else None


def _utc(read: datetime, zone: tzinfo) -> datetime:
    if not EARLIEST <= read.year <= LATEST:
        raise ValueError(read.year)
    return read.replace(tzinfo=zone).astimezone(UTC)


def _zone(text: str) -> tzinfo:
    if text in ("Z", "UTC", "GMT"):
        return UTC
    digits = text[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return timezone(-offset if text[0] == "-" else offset)


def day_first(cells: Iterable[tuple[str, str]]) -> bool | None:
    """Whether dates of this file begin with the day. ``cells``: start and unique id of its first lines.

    None: no date asks for it. Fault, where a date asks and neither a date nor a unique id answers.
    """
    asked = ""
    for cell, uniqueid in cells:
        if not (found := _YEAR_LAST.fullmatch(cell.strip())) or found[2][0] == ".":
            continue
        one, two, year = int(found[1]), int(found[3]), int(found[4])
        if one > 12 or two > 12:
            return one > 12
        asked = asked or cell
        if (second := born(uniqueid if "." in uniqueid else f"{uniqueid}.0")) is not None and one != two:
            then = datetime.fromtimestamp(second, UTC)
            near = [
                first
                for first, month, day in ((True, two, one), (False, one, two))
                if abs(datetime(year, month, day, 12, tzinfo=UTC) - then) <= NEAR
            ]
            if len(near) == 1:
                return near[0]
    if asked:
        raise Fault("cdr-day-order", value=shown(asked))
    return None


def span(cell: str) -> str | None:
    """A duration as whole seconds, still text: ``12``, ``12.345``, ``0:01:30``, ``1m 30s``; None for others.

    >>> span("0:01:30"), span("12.9"), span("1m 5s"), span("soon")
    ('90', '12', '65', None)
    """
    cell = cell.strip()
    if found := _WHOLE.fullmatch(cell):
        return found[1]
    if found := _CLOCKED.fullmatch(cell):
        return str(int(found[1] or 0) * 3600 + int(found[2]) * 60 + int(found[3]))
    if (found := _WORDS.fullmatch(cell)) and any(found.groups()):
        hours, minutes, rest = (int(one or 0) for one in found.groups())
        return str(hours * 3600 + minutes * 60 + rest)
    return None
