"""The register of campaigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from dialpact.compliance.model import Campaign
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.campaign import CampaignEntry
from dialpact.store.ports.page import ALL, Page


class Campaigns(Protocol):
    async def add(self, new: Campaign, *, by: str, at: datetime) -> Outcome:
        """Fault when its business is not registered, or the id is taken by another one."""

    async def change(
        self, id: str, changes: Mapping[str, Any], *, reason: str, by: str, at: datetime
    ) -> tuple[Outcome, CampaignEntry]:
        """What it is now. ``changes``: of ``industry``, ``purpose``, ``script`` and ``scrub_leads``; another
        business is another campaign. Fault when it is not registered.
        """

    async def list(
        self, *, id: str = "", business: str = "", after: str = "", most: int = ALL
    ) -> Page[CampaignEntry]:
        """By their ids. ``after``: a page's ``next``."""

    async def reading(self, script: str) -> Sequence[str]:
        """The businesses whose campaigns name this script, each once."""

    async def unknown(self, *, business: str = "", industry: str = "") -> Sequence[str]:
        """Those of the two that nothing is registered under: likely a slip of the pen, not an error."""
