"""What is shown to one session, for some minutes, and to nobody else or later: new codes, a new link."""

from __future__ import annotations

from collections import OrderedDict
from datetime import datetime, timedelta
from typing import Any

LASTS = timedelta(minutes=10)
MOST = 1000  # things at a time


class Once:
    """In the memory of this process alone."""

    def __init__(self) -> None:
        self._kept: OrderedDict[tuple[str, str], tuple[datetime, Any]] = OrderedDict()

    def put(self, session: str, what: str, value: Any, now: datetime) -> None:
        self._kept.pop((session, what), None)
        self._kept[session, what] = now + LASTS, value
        if len(self._kept) > MOST:
            self._kept.popitem(last=False)

    def get(self, session: str, what: str, now: datetime) -> Any:
        """None: there is nothing (more)."""
        until, value = self._kept.get((session, what), (now, None))
        if until > now:
            return value
        self._kept.pop((session, what), None)
        return None
