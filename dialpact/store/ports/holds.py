"""The legal holds on recordings."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dialpact.compliance.registers.hold import Hold, HoldScope
from dialpact.store.ports.page import ALL, Page


class Holds(Protocol):
    async def add(self, scope: HoldScope, key: str, *, reason: str, by: str, at: datetime) -> Hold:
        """A new one, beside any that are in force. Fault: no such recording or call, or disposed of."""

    async def release(self, id: int, *, reason: str, by: str, at: datetime) -> Hold:
        """Ends this one only. Fault when there is no such hold, or it was released already."""

    async def list(
        self, *, recording: str = "", released: bool = False, after: str = "", most: int = ALL
    ) -> Page[Hold]:
        """Oldest first. ``recording``: those that bear on it; ``released``: also those no longer in force."""
