"""When calls may be made: hours and days."""

from __future__ import annotations

import re
from functools import cached_property
from itertools import pairwise
from typing import Literal

import msgspec

from compliance.sections.base import Section, require, require_some

Weekday = Literal["mon", "tue", "wed", "thu", "fri", "sat", "sun"]
WEEKDAYS: tuple[Weekday, ...] = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
MAX_GUARD = 3600  # seconds

_WINDOW = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])-([01][0-9]|2[0-4]):([0-5][0-9])")


class Window(msgspec.Struct, frozen=True):
    """Half-open: the second ``opens`` is inside, ``closes`` is not. Seconds since local midnight."""

    opens: int
    closes: int

    def __str__(self) -> str:
        return "-".join(f"{at // 3600:02}:{at // 60 % 60:02}" for at in (self.opens, self.closes))


class Hours(Section, dict=True, frozen=True, kw_only=True, forbid_unknown_fields=True):
    windows: tuple[str, ...]  # "08:00-12:00", local time of the profile
    guard_seconds: int = 60  # no new call in the last seconds of a window: it would ring outside

    def __post_init__(self) -> None:
        super().__post_init__()
        require(bool(self.spans), "windows", "must not be empty")
        for earlier, later in pairwise(self.spans):
            apart = earlier.closes < later.opens
            require(apart, "windows", f"{earlier} and {later} overlap, touch or are not in order")
        require(0 <= self.guard_seconds <= MAX_GUARD, "guard_seconds", f"0 to {MAX_GUARD}")
        shortest = min(self.spans, key=lambda span: span.closes - span.opens)
        left = shortest.closes - shortest.opens - self.guard_seconds
        require(left > 0, "guard_seconds", f"leaves nothing of {shortest}")

    @cached_property
    def spans(self) -> tuple[Window, ...]:
        return tuple(_window(text) for text in self.windows)


class Days(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    kind: Literal["working", "all"] | tuple[Weekday, ...]
    december_trap: bool = True  # 29 to 31 December wait for next year's notice

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.kind, tuple):
            require_some("kind", self.kind, WEEKDAYS)


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise ValueError(f'windows: {text!r} is not of the form "08:00-12:00"')
    hour, minute, end_hour, end_minute = map(int, match.groups())
    window = Window(hour * 3600 + minute * 60, end_hour * 3600 + end_minute * 60)
    forward = window.opens < window.closes <= 86400
    require(forward, "windows", f"{text} ends before it starts, or after midnight")
    return window
