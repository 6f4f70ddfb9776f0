"""The year in which calls may be made, as a picture: a cell a day, and in words what closes one."""

from __future__ import annotations

from datetime import date
from typing import Any

from dialpact.application import calling_year
from dialpact.application.calling_year import CallingYear
from dialpact.compliance.model import PURPOSES, Finding
from dialpact.compliance.permitted_hours import Exceptional, PermittedDay
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
            {**_day(asked, found, one.one), "times": one.times, "why": _kind(asked, one.one)}
            for one in found.kinds
        ],
        "exceptions": [_exception(asked, found, one) for one in found.exceptions],
        "purposes": [(purpose, asked.text(f"calling-purpose.{purpose}")) for purpose in PURPOSES],
        "levels": range(1, LEVELS + 1),
        "side": SIDE,
        "windows": _windows(asked, found),
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
    """``level``: 0 is closed."""
    return {
        "day": one.day,
        "weekday": asked.text(f"weekday.{one.day.weekday()}"),
        "level": 0 if not one.seconds else max(1, -(-one.seconds * LEVELS // found.most)),
        "unknown": one.is_unknown,
        "hours": one.seconds / 3600,
        "spans": ", ".join(f"{clock(opens)}–{clock(closes)}" for opens, closes in one.spans),
        "why": "; ".join(dict.fromkeys(_particulars(each, asked) for each in one.why)),
    }


def _exception(asked: Asked[Any], found: CallingYear, one: Exceptional) -> dict[str, Any]:
    """An open one as well has its reason: what it is instead."""
    row = _day(asked, found, one.day)
    if one.day.spans and not one.usual.spans:
        row["why"] = asked.text("calling.makes-up")
    elif one.day.spans:
        row["why"] = asked.text("calling.otherwise", spans=_day(asked, found, one.usual)["spans"])
    return row


def _kind(asked: Asked[Any], one: PermittedDay) -> str:
    """Why days of this kind are closed, without the day."""
    keys = dict.fromkeys(finding.detail.get("key", "") for finding in one.why)
    return "; ".join(asked.text(f"calling-why.{key}") for key in keys)


def _particulars(finding: Finding, asked: Asked[Any]) -> str:
    """What closes a day, with its particulars: "today" is no word for it."""
    detail = dict(finding.detail)
    return text(f"why.{detail.pop('key')}", asked.language, **detail)


def clock(seconds: int) -> str:
    """11:59, or with its seconds where it has some: when the last call may begin."""
    shown = f"{seconds // 3600:02}:{seconds // 60 % 60:02}"
    return shown if seconds % 60 == 0 else f"{shown}:{seconds % 60:02}"


def _windows(asked: Asked[Any], found: CallingYear) -> list[dict[str, Any]]:
    """What each profile in force says of hours and days, in its own words."""
    last = date(found.year, 12, 31)
    return [
        {
            "profile": profile.id,
            "rule": name,
            "it": section,
        }
        for profile, sections in zip(
            asked.site.rules().policy.profiles, asked.site.rules().policy.sections, strict=True
        )
        for name, section in sections.items()
        if name in ("hours", "days") and section.binds(found.purpose) and section.effective_from <= last
    ]


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
