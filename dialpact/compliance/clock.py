"""Time enters here and nowhere else.

Production entry points construct :class:`SystemClock` and have no option, variable or setting for another
one. Tests and the demo hand their own clock to the same classes.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import NamedTuple, Protocol


class Clock(Protocol):
    """Tells the instant, always with a zone (UTC)."""

    def now(self) -> datetime: ...


class SystemClock:
    def now(self) -> datetime:
        return datetime.now(UTC)


def file_time() -> float:
    """Unix time by the clock that the kernel stamps files with: only to say how old a file is."""
    return time.time()


class Uptime(NamedTuple):
    """How long a run of the host has lasted: what no one who sets the clock can set."""

    boot_id: str
    up: timedelta


@cache
def boot_id() -> str:
    """Identifies this run of this host; its monotonic clocks count from its start."""
    return Path("/proc/sys/kernel/random/boot_id").read_text("ascii").strip()


def host_uptime() -> Uptime:
    """Of this host, time asleep included. From /proc, not from a clock that a library may be made to fake."""
    seconds = Path("/proc/uptime").read_text("ascii").split()[0]
    return Uptime(boot_id(), timedelta(seconds=float(seconds)))


def stamp(instant: datetime) -> str:
    """The stored form: UTC, microseconds, sortable as text. ``2026-11-24T02:00:00.000000Z``.

    >>> stamp(datetime(2026, 11, 24, 10, 0, tzinfo=UTC))
    '2026-11-24T10:00:00.000000Z'
    """
    if instant.tzinfo is None:
        raise ValueError("a time without a zone is not an instant")
    return f"{instant.astimezone(UTC).replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def instant(text: str) -> datetime:
    """The inverse of :func:`stamp`."""
    return datetime.fromisoformat(text)
