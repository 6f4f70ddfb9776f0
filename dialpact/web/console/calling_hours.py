"""The year in which calls may be made, as a picture: a cell a day, and in words what closes one."""

from __future__ import annotations

from datetime import date
from typing import Any

from dialpact.application import calling_year
from dialpact.application.calling_year import CallingYear
from dialpact.compliance.model import PURPOSES, Finding
from dialpact.compliance.permitted_hours import Exceptional, PermittedDay
from dialpact.compliance.sections import Hours
from dialpact.compliance.sections.time import Timed
from dialpact.compliance.texts import text
from dialpact.web.console.page import EVERYBODY, Asked, Form, Page, Shown

LEVELS = 4  # of lightness; as many hours as any day of the year has is the darkest
SIDE = 34  # of a cell


class Year(Form, frozen=True, kw_only=True):
    """0 and empty: this year, marketing, the first profile's zone."""

    year: int = 0
    purpose: str = ""
    zone: str = ""


async def show(asked: Asked[Year]) -> Shown:
    form, policy = asked.form, asked.site.rules().policy
    found = await calling_year.of(asked.context, policy, purpose=form.purpose, year=form.year, zone=form.zone)
    values = {
        "found": found,
        "months": [_month(asked, found, place) for place in range(len(found.months))],
        "kinds": [
            {**_day(asked, found, one.one), "times": one.times, **_kind(asked, one.one)}
            for one in found.kinds
        ],
        "exceptions": [_exception(asked, found, one) for one in found.exceptions],
        "purposes": [(purpose, asked.text(f"calling-purpose.{purpose}")) for purpose in PURPOSES],
        "levels": range(1, LEVELS + 1),
        "side": SIDE,
        "clauses": _clauses(asked, found),
    }
    return Shown(template="settings/calendar.html", values=values)


def _month(asked: Asked[Any], found: CallingYear, place: int) -> dict[str, Any]:
    """Cells in rows of weeks that begin on Monday."""
    month = found.months[place]
    first = month.days[0].day.weekday()
    cells = [
        {
            **_day(asked, found, one),
            "x": (first + at) % 7 * SIDE,
            "y": (first + at) // 7 * SIDE,
            "today": one.day == asked.now.date(),
        }
        for at, one in enumerate(month.days)
    ]
    weeks = (first + len(month.days) + 6) // 7
    return {
        "number": place + 1,
        "cells": cells,
        "weeks": weeks,
        "open": month.open,
        "hours": month.seconds / 3600,
    }


def _day(asked: Asked[Any], found: CallingYear, one: PermittedDay) -> dict[str, Any]:
    """``level``: 0 is closed. ``why``: also of what has fewer hours than other days."""
    why = "; ".join(dict.fromkeys(_particulars(each, asked) for each in one.why))
    if one.seconds and one.seconds < found.most:
        why = asked.text("calling.shorter", windows=_shortens(asked, found, one.day))
    return {
        "day": one.day,
        "weekday": asked.text(f"weekday.{one.day.weekday()}"),
        "level": 0 if not one.seconds else max(1, -(-one.seconds * LEVELS // found.most)),
        "unknown": one.is_unknown,
        "hours": one.seconds / 3600,
        "spans": ", ".join(f"{clock(opens)}–{clock(closes)}" for opens, closes in one.spans),
        "why": why,
    }


def _exception(asked: Asked[Any], found: CallingYear, one: Exceptional) -> dict[str, Any]:
    """An open one as well has its reason: what it is instead."""
    row = _day(asked, found, one.day)
    if one.day.spans and not one.usual.spans:
        row["why"] = asked.text("calling.makes-up")
    elif one.day.spans:
        row["why"] = asked.text("calling.otherwise", spans=_day(asked, found, one.usual)["spans"])
    return row


def _kind(asked: Asked[Any], one: PermittedDay) -> dict[str, str]:
    """Why days of this kind are closed, without the day."""
    keys = dict.fromkeys(finding.detail.get("key", "") for finding in one.why)
    return {"why": "; ".join(asked.text(f"calling-why.{key}") for key in keys)} if keys else {}


def _particulars(finding: Finding, asked: Asked[Any]) -> str:
    """What closes a day, with its particulars: "today" is no word for it."""
    detail = dict(finding.detail)
    return text(f"why.{detail.pop('key')}", asked.language, **detail)


def clock(seconds: int) -> str:
    """11:59, or with its seconds where it has some: when the last call may begin."""
    shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return shown if seconds % 60 == 0 else f"{shown}:{seconds % 60:02}"


def _clauses(asked: Asked[Any], found: CallingYear) -> list[tuple[str, str, Timed]]:
    """Profile, rule, and the section itself, of all that say something of hours and days in that year."""
    last, policy = date(found.year, 12, 31), asked.site.rules().policy
    return [
        (profile.id, name, section)
        for profile, sections in zip(policy.profiles, policy.sections, strict=True)
        for name, section in sections.items()
        if isinstance(section, Timed) and section.binds(found.purpose) and section.effective_from <= last
    ]


def _shortens(asked: Asked[Any], found: CallingYear, day: date) -> str:
    """Of a day that has fewer hours than others: what each profile leaves of it."""
    return "; ".join(
        f"{profile} {', '.join(map(str, section.on(day)))}"
        for profile, _, section in _clauses(asked, found)
        if isinstance(section, Hours) and section.effective_from <= day
    )


PAGES = (
    Page(
        method="GET",
        path="/settings/calendar",
        action="settings.calendar",
        roles=EVERYBODY,
        handle=show,
        form=Year,
    ),
)
