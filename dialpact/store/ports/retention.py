"""How long a recording is kept, and what became of a call whose end nobody saw. Every change is logged."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from dialpact.compliance.registers import Outcome
from dialpact.compliance.retention import KeepUntil, Raised


class Retention(Protocol):
    async def keep(self, id: str, until: date, *, reason: str, by: str, at: datetime) -> Outcome:
        """Keeps one until a later day. Fault: no such one, still being made, disposed of, an earlier day."""

    async def raise_to(
        self, keep_until: KeepUntil, profiles: Sequence[str], *, after: str, by: str, at: datetime
    ) -> Raised:
        """Keeps for longer what ``keep_until`` wants kept for longer, among the next few behind ``after``.

        A few, as a call waits for it. Nothing is ever kept for less.
        """

    async def settle(self, id: str, answered: bool, *, reason: str, by: str, at: datetime) -> Outcome:
        """Says what became of a call whose end nobody saw; the newest word counts. It is kept as long as
        before: as an answered one from the beginning. Fault: no such one, or one whose end was seen.
        """
