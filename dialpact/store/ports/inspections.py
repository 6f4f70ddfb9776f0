"""What the inspection report is made from."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import Protocol, TypeVar

from dialpact.compliance.inspection.period import Period
from dialpact.compliance.inspection.source import Source

T = TypeVar("T")


class Inspections(Protocol):
    async def snapshot(self, period: Period, work: Callable[[Source], T]) -> T:
        """What ``work`` makes of one snapshot, off the event loop; the calls go on meanwhile."""

    async def begun(self) -> datetime | None:
        """Since when anything is known here: the first decision, or the first act on a register."""

    async def note_full(self, period: Period, format: str, *, by: str, at: datetime) -> None:
        """Who asked for everybody's numbers, in the log before he has them."""
