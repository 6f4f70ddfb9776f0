"""Which days are working days in China, and for which days nobody can know yet.

The State Council publishes one notice a year; it moves holidays and turns weekend days into working days
(调休). chinesecalendar carries the notices; a file of the operator adds a year before the library has it, or
corrects single days. A year without data is ``missing``, never guessed: holidays computed without the notice
allow five to nine wrong days a year.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Literal

import chinese_calendar
import msgspec

from dialpact.compliance import toml
from dialpact.compliance.errors import CalendarError

DayKind = Literal["working", "off", "missing", "provisional"]
# 11 days until 2024, 13 since: Order 795 of the State Council, 全国年节及纪念日放假办法.
FEWEST_HOLIDAYS = 11


class Day(msgspec.Struct, frozen=True):
    kind: DayKind
    source: str  # which notice or library says so; for missing and provisional, what is waited for


class Year(msgspec.Struct, frozen=True):
    """One year's notice: Monday to Friday work, except ``off``; ``working`` are the make-up days."""

    source: str
    off: frozenset[date] = frozenset()
    working: frozenset[date] = frozenset()


class _File(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    year: int
    source: str  # who published it
    document: str  # number of the notice
    off: tuple[date, ...] = ()
    working: tuple[date, ...] = ()


class WorkingDays:
    """The answer for every date. Immutable; a changed file means a new object (:func:`load`)."""

    def __init__(self, years: Mapping[int, Year], version: str) -> None:
        """``years`` are the known ones; tests build their own."""
        if not years:
            raise CalendarError("a calendar without a single known year answers nothing")
        self._years = dict(years)
        self.version = version
        """Library version and a hash of the operator's files: stored with every decision."""
        last = min(self._years)
        while last + 1 in self._years:
            last += 1
        self.last_known = date(last, 12, 28)
        """Last date with an answer before the first gap: 28 December, see :meth:`day`."""

    def day(self, day: date, *, december_trap: bool = True) -> Day:
        """What ``day`` is, a **local** date (convert the instant first). TypeError for a datetime.

        The notice for the next year may still change 29 to 31 December (so in 2011, 2018 and 2022): those are
        provisional until the next year is known, unless ``december_trap`` is off.
        """
        if isinstance(day, datetime):
            raise TypeError("a local date is needed, not a datetime: the zone decides the date")
        year = self._years.get(day.year)
        if year is None:
            return Day("missing", f"no calendar for {day.year}")
        if december_trap and day.month == 12 and day.day >= 29 and day.year + 1 not in self._years:
            return Day("provisional", f"waits for the notice of {day.year + 1}")
        working = day in year.working or (day.weekday() < 5 and day not in year.off)
        return Day("working" if working else "off", year.source)


def load(directory: Path | None = None) -> WorkingDays:
    """The library's years, with those of ``directory/*.toml`` on top; CalendarError names file and reason.

    A file of a year that the library has corrects the dates that it lists and leaves the others: an
    incomplete list can then never turn a holiday into a working day.
    """
    years = dict(_library())
    version = f"chinesecalendar {chinese_calendar.__version__}"
    if directory is None:
        return WorkingDays(years, version)
    if not directory.is_dir():
        raise CalendarError(f"{directory}: no such directory")
    seen: dict[int, Path] = {}
    digest = hashlib.sha256()
    for path in sorted(directory.glob("*.toml")):
        if not path.is_file():  # a pipe would hold up whoever reads it
            raise CalendarError(f"{path}: not a file")
        try:
            content = toml.read(path)
        except (OSError, toml.TomlError) as error:
            raise CalendarError(f"{path}: {error}") from error
        number, year = _read(path, content, years)
        if number in seen:
            raise CalendarError(f"{path}: {number} is already given by {seen[number].name}")
        seen[number] = path
        years[number] = year
        digest.update(hashlib.sha256(content).digest())
    return WorkingDays(years, f"{version} + {digest.hexdigest()[:16]}" if seen else version)


def _read(path: Path, content: bytes, known: Mapping[int, Year]) -> tuple[int, Year]:
    try:
        file = msgspec.convert(toml.parse(content.decode()), _File)
    except (toml.TomlError, UnicodeDecodeError, msgspec.ValidationError) as error:
        raise CalendarError(f"{path}: {error}") from error
    off, working = frozenset(file.off), frozenset(file.working)
    reason = ""
    if not file.source.strip() or not file.document.strip():
        reason = "source and document must say which notice this is"
    elif not off and not working:
        reason = "an empty year is not data"
    elif strangers := sorted(day for day in off | working if day.year != file.year):
        reason = f"{strangers[0]} is not in {file.year}"
    elif both := sorted(off & working):
        reason = f"{both[0]} is listed as off and as working"
    elif file.year not in known:
        reason = _incomplete(file.year, off, working)
    if reason:
        raise CalendarError(f"{path}: {reason}")
    base = known.get(file.year, Year(source=""))
    source = f"{file.source} {file.document} ({path.name})"
    return file.year, Year(source, (base.off - working) | off, (base.working - off) | working)


def _incomplete(year: int, off: frozenset[date], working: frozenset[date]) -> str:
    """Why this can not be a whole year's notice. A forgotten holiday would be a wrongly allowed day."""
    fixed = [date(year, 1, 1), date(year, 5, 1), *(date(year, 10, day) for day in (1, 2, 3))]
    if absent := [day for day in fixed if day not in off]:
        return f"incomplete year: {absent[0]} is a holiday by law and must be listed as off"
    if len(off) < FEWEST_HOLIDAYS:
        return f"incomplete year: {len(off)} days off, a year has at least {FEWEST_HOLIDAYS}"
    if idle := sorted(day for day in working if day.weekday() < 5):
        return f"{idle[0]} is a {idle[0]:%A}, a working day anyway: make-up days are on weekends"
    return ""


@cache
def _library() -> Mapping[int, Year]:
    """The years of chinesecalendar: its tables, not its functions.

    Those raise NotImplementedError both for a year they do not know and for an argument of the wrong type,
    and take the date of a datetime without a look at its zone.
    """
    source = f"chinesecalendar {chinese_calendar.__version__}"
    off: dict[int, set[date]] = {}
    working: dict[int, set[date]] = {}
    for day in chinese_calendar.holidays:
        off.setdefault(day.year, set()).add(day)
    for day in chinese_calendar.workdays:
        working.setdefault(day.year, set()).add(day)
    return {
        year: Year(source, frozenset(days), frozenset(working.get(year, ())))
        for year, days in off.items()
        if not _incomplete(year, frozenset(days), frozenset())
    }


def days_left(calendar: WorkingDays, today: date) -> int:
    """Days from ``today`` (local) to the last known one, never negative: for ``doctor`` and the metric."""
    return max(0, (calendar.last_known - today) // timedelta(days=1))
