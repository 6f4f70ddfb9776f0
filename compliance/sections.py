"""The sections of a profile: one struct for each rule, which refuses what it can not mean.

A check raises ValueError with the key first (``windows: must not be empty``), whether the section comes from
a file or from code; ``compliance.profile`` adds file and line.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import cached_property
from itertools import pairwise
from typing import Literal

import msgspec

from compliance.model import ANY, PURPOSES, SCOPES, Scope
from compliance.numbers import REGIONS

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


class Clause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What every section says about its origin."""

    clause: str  # the original wording
    source: str  # where it can be read; says so when it is known from the press only

    def __post_init__(self) -> None:
        require(bool(self.source.strip()), "source", "must not be empty")


class Section(Clause, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule that binds from a date on, for some purposes."""

    effective_from: date  # first local day
    purposes: tuple[str, ...]  # of compliance.model.PURPOSES, or ("*",)

    def __post_init__(self) -> None:
        super().__post_init__()
        require(bool(self.clause.strip()), "clause", "must not be empty")
        require_some("purposes", self.purposes, (*PURPOSES, ANY))
        alone = ANY not in self.purposes or len(self.purposes) == 1
        require(alone, "purposes", f'"{ANY}" means all: name nothing else beside it')

    def binds(self, purpose: str) -> bool:
        return purpose in self.purposes or ANY in self.purposes


class Numbers(Clause, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Who can be a callee at all. Has no date and no purposes: what is no number is never dialled."""

    clause: str = ""  # no covenant needs to say it
    regions: tuple[str, ...]  # ISO 3166

    def __post_init__(self) -> None:
        super().__post_init__()
        require_some("regions", self.regions, REGIONS)


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


class DoNotCall(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    scopes: tuple[Scope, ...]

    def __post_init__(self) -> None:
        super().__post_init__()
        require_some("scopes", self.scopes, SCOPES)
        reason = '"all" is missing: who refused every call would be called'
        require("all" in self.scopes, "scopes", reason)


class ConsentRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Explicit, prior, in scope, neither expired nor withdrawn. Nothing to set yet."""


class CallerIdRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    authenticated: bool = True  # by the carrier, besides being issued by the authority


class Resources(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Caller IDs and trunks serve the business that holds them. Nothing to set."""


class RecordingRule(Section, frozen=True, kw_only=True, forbid_unknown_fields=True):
    required: bool = True
    retention_months: int = 12  # calendar months after the local day on which the call ended

    def __post_init__(self) -> None:
        super().__post_init__()
        least = 1 if self.required else 0
        require(self.retention_months >= least, "retention_months", f"{least} or more")


def require(holds: bool, key: str, reason: str) -> None:
    if not holds:
        raise ValueError(f"{key}: {reason}")


def require_some(key: str, values: Sequence[str], known: Sequence[str]) -> None:
    """At least one, each known, none twice."""
    require(bool(values), key, "must not be empty")
    for value in values:
        require(value in known, key, f"unknown {value!r}; known: {', '.join(known)}")
    require(len(set(values)) == len(values), key, "lists something twice")


def _window(text: str) -> Window:
    match = _WINDOW.fullmatch(text)
    if match is None:
        raise ValueError(f'windows: {text!r} is not of the form "08:00-12:00"')
    hour, minute, end_hour, end_minute = map(int, match.groups())
    window = Window(hour * 3600 + minute * 60, end_hour * 3600 + end_minute * 60)
    forward = window.opens < window.closes <= 86400
    require(forward, "windows", f"{text} ends before it starts, or after midnight")
    return window
