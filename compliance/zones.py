"""Time zones by name, kept: the library forgets all but a few and would read their files during a call."""

from __future__ import annotations

from functools import cache
from zoneinfo import ZoneInfo


@cache
def zone(name: str) -> ZoneInfo | None:
    """None for a name that this machine's data does not have: its time is unknown then, not guessed."""
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError):  # by the name: a directory, an absolute path, an unknown zone
        return None
