"""Where the daemons write what a human has to know."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol


class IncidentLog(Protocol):
    async def write(
        self,
        *,
        at: datetime,
        node: str,
        kind: str,
        decision: str = "",
        channel: str = "",
        detail: str = "",
        once: bool = False,
    ) -> None:
        """On disk when it returns. ``once``: not when there is the very same already, but for its time."""
