"""The incidents: what a human has to know."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.incidents import Incident, IncidentCount
from dialpact.store.ports.page import ALL, Page


class Incidents(Protocol):
    async def add(
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

    async def list(
        self,
        *,
        kind: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        after: str = "",
        most: int = ALL,
    ) -> Page[Incident]:
        """Newest first. ``since``, ``until``: from then on, before then. ``after``: a page's ``next``."""

    async def count(
        self, *, since: datetime | None = None, until: datetime | None = None
    ) -> Sequence[IncidentCount]:
        """Of each kind, the most frequent first."""
