"""Time enters here and nowhere else.

Production entry points construct :class:`SystemClock` and have no option, variable or setting for another
one. Tests and the demo hand their own clock to the same classes.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Tells the instant, always with a zone (UTC)."""

    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def stamp(instant: datetime) -> str:
    """The stored form: UTC, microseconds, sortable as text. ``2026-11-24T02:00:00.000000Z``.

    >>> stamp(datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
    '2026-11-24T10:00:00.000000Z'
    """
    if instant.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    return instant.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def instant(text: str) -> datetime:
    """The inverse of :func:`stamp`."""
    return datetime.fromisoformat(text)
