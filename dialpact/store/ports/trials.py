"""The trial calls that testers have confirmed."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dialpact.compliance.trial import Confirmed


class Trials(Protocol):
    async def confirm(
        self, new: Confirmed, *, per_day: int, numbers_per_day: int, by: str, at: datetime
    ) -> None:
        """An act, which nothing takes back: it ends by itself. Fault where there were as many as may be in
        24 hours, or to as many other numbers.
        """
