"""The decisions as people and programs look at them."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dialpact.compliance.calls import CallEntry, StoredCall
from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.model import CallAttempt, Facts
from dialpact.store.ports.page import ALL, Page


class Calls(Protocol):
    async def list(
        self,
        *,
        number: str = "",
        campaign: str = "",
        verdict: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        after: str = "",
        most: int = ALL,
    ) -> Page[CallEntry]:
        """Newest first. ``number``: E.164, or exactly as it was dialled. ``since``, ``until``: decided from
        then on, before then. ``after``: a page's ``next``.
        """

    async def get(self, id: str) -> StoredCall | None:
        """None for an id that no decision has. LedgerError once its inputs are erased."""

    async def facts(
        self, attempt: CallAttempt, asked: FactRequirements, now: datetime, *, live: bool = False
    ) -> Facts:
        """What a decision would be made of at that instant, as the gate reads it. ``live``: recorder too."""
