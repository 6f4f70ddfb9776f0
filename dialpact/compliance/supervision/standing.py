"""How an operator stands: what its log shows, and what it owes. Pure: sums over values, with the instant
given.
"""

from __future__ import annotations

from calendar import monthrange
from collections.abc import Collection, Sequence
from datetime import date, datetime, timedelta
from typing import Literal

from dialpact.compliance.model import Value
from dialpact.compliance.registers.moment import HOME

LogState = Literal["fresh", "late", "never", "ended"]
ReportState = Literal["received", "due", "overdue"]
MOST_MONTHS = 120


class Gap(Value, frozen=True, kw_only=True):
    """A time in which no checkpoint came. ``until`` None: it lasts."""

    since: datetime
    until: datetime | None


class MonthDue(Value, frozen=True, kw_only=True):
    """``last``: the last local day on which the month's report is in time."""

    month: str
    state: ReportState
    last: date
    received_at: datetime | None = None
    late: bool = False


def log_state(seen: datetime | None, now: datetime, late: timedelta) -> LogState:
    """``seen``: when the last checkpoint came."""
    if seen is None:
        return "never"
    return "late" if now - seen > late else "fresh"


def open_gap(seen: datetime | None, now: datetime, late: timedelta) -> Gap | None:
    return Gap(since=seen, until=None) if seen and now - seen > late else None


def months(first: str, until: date) -> list[str]:
    """Every month from ``first`` on that is over on the day ``until``, the newest last."""
    year, month = int(first[:4]), int(first[5:7])
    found = []
    while (year, month) < (until.year, until.month):
        found.append(f"{year:04}-{month:02}")
        year, month = (year, month + 1) if month < 12 else (year + 1, 1)
    return found[-MOST_MONTHS:]


def deadline(month: str, day: int) -> date:
    """The ``day``-th day of the month after it, or that month's last one."""
    year, number = int(month[:4]), int(month[5:7])
    year, number = (year, number + 1) if number < 12 else (year + 1, 1)
    return date(year, number, min(day, monthrange(year, number)[1]))


def reports_due(
    first: str,
    received: Sequence[tuple[str, datetime]],
    now: datetime,
    day: int,
    *,
    until: datetime | None = None,
) -> list[MonthDue]:
    """Every month that is over, the newest first. ``received``: month and when its first report came.
    ``until``: none is due of the month of that instant, and after it.
    """
    today = now.astimezone(HOME).date()
    came: dict[str, datetime] = {}
    for month, arrived in received:
        came[month] = min(arrived, came.get(month, arrived))
    found = []
    last_day = until.astimezone(HOME).date() if until else today
    for month in dict.fromkeys([*months(first, min(today, last_day)), *sorted(came)]):
        last, at = deadline(month, day), came.get(month)
        state: ReportState = "received" if at else "overdue" if today > last else "due"
        late = at is not None and at.astimezone(HOME).date() > last
        found.append(MonthDue(month=month, state=state, last=last, received_at=at, late=late))
    return sorted(found, key=lambda one: one.month, reverse=True)


def contradicted(said: Collection[str], shown: bool) -> bool:
    """Whether somebody said that there was no call, and a call is shown, or he said so himself another
    time.
    """
    denied = any(word in ("none", "blocked") for word in said)
    return denied and (shown or "called" in said)
