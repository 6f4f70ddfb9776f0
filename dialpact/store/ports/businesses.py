"""The register of businesses."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dialpact.compliance.model import Business
from dialpact.compliance.registers import Outcome
from dialpact.store.ports.page import ALL, Page


class Businesses(Protocol):
    async def add(self, new: Business, *, by: str, at: datetime) -> Outcome:
        """Fault when the id is taken by another one."""

    async def list(self, *, id: str = "", after: str = "", most: int = ALL) -> Page[Business]:
        """By their ids. ``after``: a page's ``next``."""
