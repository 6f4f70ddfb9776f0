"""A clock that stands still until a test moves it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

START = "2026-11-24T10:00+08:00"  # a Tuesday morning in China, a working day


class FixedClock:
    """Tells the instant it was set to. Everything in a test that asks the time asks this."""

    def __init__(self, at: str | datetime = START) -> None:
        self._now = _instant(at)

    def now(self) -> datetime:
        return self._now

    def set(self, at: str | datetime) -> None:
        """``at``: ISO 8601 with its zone, ``2026-11-24T12:00+08:00``, or a datetime with one.

        Raises ValueError for a time without a zone: which instant it means depends on who reads it.
        """
        self._now = _instant(at)

    def forward(self, **duration: float) -> None:
        """``seconds``, ``minutes``, ``hours``, ``days`` on, as ``timedelta`` takes them."""
        self._now += timedelta(**duration)


def _instant(at: str | datetime) -> datetime:
    found = datetime.fromisoformat(at) if isinstance(at, str) else at
    if found.tzinfo is None:
        raise ValueError(f"{at}: say the zone as well, for example 2026-11-24T12:00+08:00")
    return found.astimezone(UTC)
