"""Erasing what the log says of calls whose time is over. The leaves stay, so the tree still verifies."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from dialpact.compliance.ledger.erasure import Piece
from dialpact.compliance.retention import KeepUntil


class Erasure(Protocol):
    """``keep_until``: the last day for a call decided at an instant. ``after``: of the last piece, or 0."""

    async def due(self, keep_until: KeepUntil, today: date, after: int) -> Piece:
        """What :meth:`erase` would look at, and take where it is not needed."""

    async def erase(
        self, keep_until: KeepUntil, today: date, after: int, *, by: str, reason: str, at: datetime
    ) -> Piece:
        """Erases it for good, with its line in the log; so few that the gate need not wait."""

    async def overwrite(self) -> bool:
        """What was erased must not be found in the database or beside it. False: others read just now, and
        some of it may still be there; whoever asks again later goes on.
        """

    async def overwriting_since(self) -> datetime | None:
        """Since when something was erased of which copies may still be there; None: nothing."""
