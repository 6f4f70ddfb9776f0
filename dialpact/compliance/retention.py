"""How long a recording must stay. 所有营销外呼行为均保留至少12个月的电话录音."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from datetime import UTC, date, datetime, time, timedelta

from dialpact.compliance.model import Term, Value
from dialpact.compliance.profile import Policy
from dialpact.compliance.zones import zone

KeepUntil = Callable[[datetime], date]  # the last day for a call that ended at an instant


class Raised(Value, frozen=True, kw_only=True):
    """How many of some recordings are kept for longer now; ``next``: behind them, empty at the end."""

    count: int
    next: str


def keep_until(ended_at: datetime, policy: Policy) -> date:
    """The last local day on which the recording of a call that ended at ``ended_at`` must still be there.

    The maximum over the profiles, whatever the purpose: a recording that only one of them asks for is kept as
    long as the strictest one wants. Without any such rule it is the day of the call. ValueError for a time
    without a zone.
    """
    if ended_at.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    days = []
    for profile in policy.profiles:
        ended = ended_at.astimezone(profile.zone).date()
        months = profile.recording.retention_months if profile.recording else 0
        days.append(months_later(ended, months))
    return max(days)


def last_day(at: datetime, terms: Iterable[Term]) -> date | None:
    """The latest day that any of the ``terms`` promises for what was at ``at``; None where there is none.

    A zone that is not known here is taken to be behind all others.
    """
    days = [months_later(_local_day(at, term.timezone), term.months) for term in terms]
    return max(days, default=None)


def _local_day(at: datetime, name: str) -> date:
    there = zone(name)
    return at.astimezone(there).date() if there else at.astimezone(UTC).date() + timedelta(days=1)


def months_later(day: date, months: int) -> date:
    """The same day ``months`` calendar months on; where that month is shorter, the day after its end.

    Never shorter than promised: 31 August and six months is 1 March, not 28 February.
    """
    year, month = divmod(day.year * 12 + day.month - 1 + months, 12)
    try:
        return day.replace(year=year, month=month + 1)
    except ValueError:
        year, month = divmod(year * 12 + month + 1, 12)
        return date(year, month + 1, 1)


def earliest_day(at: datetime) -> date:
    """The day it is where it is earliest on earth (UTC-12): every day before it is over in every time zone.

    A recording may go when its ``keep_until`` lies before this day, whatever the zones of its profiles were.
    """
    return (at.astimezone(UTC) - timedelta(hours=12)).date()


def goes_from(keep_until: date) -> datetime:
    """The first instant at which a recording that is kept until that day may go."""
    return datetime.combine(keep_until + timedelta(days=1), time(12), UTC)
