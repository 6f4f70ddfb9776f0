"""When calls may be made: hours and days, and on whose clock."""

from __future__ import annotations

import re
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Literal

import msgspec

from dialpact.compliance import public_holidays
from dialpact.compliance.sections.base import Section, require, require_some

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
Basis = Literal["fixed", "callee", "both"]
MAX_GUARD = 3600  # seconds

_PLACES: dict[str, int] = {day: place for place, day in enumerate(WEEKDAYS)}
_WINDOW = re.compile(
    rf"(?:(?P<first>{'|'.join(WEEKDAYS)})(?:-(?P<last>{'|'.join(WEEKDAYS)}))? )?"
    r"(?P<opens>(?:[01][0-9]|2[0-3]):[0-5][0-9])-(?P<closes>(?:[01][0-9]|2[0-4]):[0-5][0-9])"
)


class Window(msgspec.Struct, frozen=True):
    """Half-open: the second ``opens`` is inside, ``closes`` is not. Seconds since local midnight."""

    opens: int
    closes: int
    days: tuple[Weekday, ...] = WEEKDAYS

    def __str__(self) -> str:
        clock = "-".join(f"{at // 3600:02}:{at // 60 % 60:02}" for at in (self.opens, self.closes))
        if self.days == WEEKDAYS:
            return clock
        return f"{self.days[0]}{f'-{self.days[-1]}' if len(self.days) > 1 else ''} {clock}"


class Timed(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that looks at a clock.

    ``fixed``: in the profile's timezone. ``callee``: in each time zone in which the number may ring, and
    every one of them must permit the call; a number of an unknown zone is not called, and nor is a Chinese
    one, which carries none. ``both``: on all of these clocks.
    """

    basis: Basis = "fixed"


class Hours(Timed, dict=True, frozen=True, kw_only=True, forbid_unknown_fields=True):
    windows: tuple[str, ...]  # "08:00-12:00" every day, "mon-fri 09:00-20:00", "sat 09:00-17:00"
    guard_seconds: int = 60  # no new call in the last seconds of a window: it would ring outside

    def __post_init__(self) -> None:
        super().__post_init__()
        require(bool(self.spans), "windows", "must not be empty")
        for spans in self.week:
            for earlier, later in pairwise(spans):
                apart = earlier.closes < later.opens
                require(apart, "windows", f"{earlier} and {later} overlap, touch or are not in order")
        require(0 <= self.guard_seconds <= MAX_GUARD, "guard_seconds", f"0 to {MAX_GUARD}")
        shortest = min(self.spans, key=lambda span: span.closes - span.opens)
        left = shortest.closes - shortest.opens - self.guard_seconds
        require(left > 0, "guard_seconds", f"leaves nothing of {shortest}")

    @cached_property
    def spans(self) -> tuple[Window, ...]:
        return tuple(_window(text) for text in self.windows)

    @cached_property
    def week(self) -> tuple[tuple[Window, ...], ...]:
        """The windows of Monday to Sunday; a day that no window names has none."""
        return tuple(tuple(span for span in self.spans if day in span.days) for day in WEEKDAYS)

    @cached_property
    def always(self) -> bool:
        """Whether it is never closed."""
        whole = all([(span.opens, span.closes) for span in spans] == [(0, 86400)] for spans in self.week)
        return whole and not self.guard_seconds

    def on(self, day: date) -> tuple[Window, ...]:
        return self.week[day.weekday()]


class Days(Timed, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["working", "all"] | tuple[Weekday, ...]  # working: the Chinese calendar's working days
    december_trap: bool = True  # 29 to 31 December wait for next year's notice
    holidays: str = ""  # "FR", "AU": none of these days that is a public holiday there

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.kind, tuple):
            require_some("kind", self.kind, WEEKDAYS)
        if self.holidays:
            require_some("holidays", (self.holidays,), public_holidays.REGIONS)
            chinese = self.kind == "working"
            require(not chinese, "holidays", "working days are China's and know their own holidays")
            public_holidays.warm()


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise ValueError(f'windows: {text!r} is not of the form "08:00-12:00" or "mon-fri 08:00-12:00"')
    days = WEEKDAYS
    if first := match["first"]:
        days = WEEKDAYS[_PLACES[first] : _PLACES[match["last"] or first] + 1]
        require(bool(days), "windows", f"{text} names its days backwards: a week begins on Monday")
    window = Window(_seconds(match["opens"]), _seconds(match["closes"]), days)
    forward = window.opens < window.closes <= 86400
    require(forward, "windows", f"{text} ends before it starts, or after midnight")
    return window


def _seconds(clock: str) -> int:
    hour, minute = map(int, clock.split(":"))
    return hour * 3600 + minute * 60
