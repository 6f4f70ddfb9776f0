"""What the host's clocks said, sealed in the ledger, and how late it is by them."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Protocol

from dialpact.compliance.trusted_time import Reading, Witness


class Clocks(Protocol):
    """``read`` looks at the clocks, and is called when the lock is there. Of readings that waited for it an
    older one might come in last, and the time since would be borne out twice.
    """

    async def take(self, read: Callable[[], Reading], by: str) -> Witness:
        """Notes a reading, and what all of them bear out now. ``by``: which part of the product."""

    async def take_turn(self, read: Callable[[], Reading], by: str, fresh: timedelta) -> bool:
        """Notes it unless that part has noted one within ``fresh`` of uptime. Whether it did."""

    async def foretell(self, reading: Reading) -> Witness:
        """What :meth:`take` would say; nothing is noted."""
