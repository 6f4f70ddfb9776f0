"""The recordings, as people ask for them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from dialpact.compliance.recording import Recording
from dialpact.store.ports.page import ALL, Page


class RecordingList(Protocol):
    async def list(
        self,
        *,
        id: str = "",
        number: str = "",
        decision: str = "",
        state: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        due: date | None = None,
        held: bool = False,
        after: str = "",
        most: int = ALL,
    ) -> Page[Recording]:
        """Newest first. ``state``: as it is told. ``since``, ``until``: started from then on, before then.
        ``due``: only those that may go on that day. ``held``: only those under a hold.
        """

    async def ids_beginning(self, start: str, *, most: int) -> Sequence[str]:
        """Ids of recordings, in order."""
