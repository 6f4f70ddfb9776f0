"""What the store says of the installation itself."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from dialpact.compliance.health import Counted, Health


class Installation(Protocol):
    async def health(self, node: str, now: datetime, today: date) -> Health:
        """``today``: the local day. StoreError also when the store can only be read."""

    async def counted(self, node: str, today: date, *, after: int = 0) -> Counted:
        """``after``: a look's ``last``, so that each incident is counted once."""
