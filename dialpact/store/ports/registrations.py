"""The register of registrations with authorities."""

from __future__ import annotations

from datetime import date, datetime
from typing import Protocol

from dialpact.compliance.model import Registrant, Registration
from dialpact.compliance.registers import Outcome
from dialpact.store.ports.page import ALL, Page


class Registrations(Protocol):
    async def add(self, new: Registration, *, by: str, at: datetime) -> Outcome:
        """Fault when its holder is not registered here, or one from that day on has other values."""

    async def remove(
        self,
        holder: Registrant,
        id: str,
        kind: str,
        valid_from: date | None,
        *,
        reason: str,
        by: str,
        at: datetime,
    ) -> Registration:
        """What was removed. Fault when there is none, or with no ``valid_from`` several."""

    async def list(
        self, *, holder: str = "", id: str = "", kind: str = "", after: str = "", most: int = ALL
    ) -> Page[Registration]:
        """By holder, id, kind and first day. ``after``: a page's ``next``."""
