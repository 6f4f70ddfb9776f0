"""The register of consents."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dialpact.compliance.model import Consent
from dialpact.compliance.registers import Outcome
from dialpact.store.ports.page import ALL, Page


class Consents(Protocol):
    async def add(self, new: Consent, *, by: str, at: datetime) -> Outcome:
        """A consent already there may only be shortened; to prolong it, the person must consent anew.

        Fault for one that differs otherwise.
        """

    async def withdraw(
        self, number: str, business: str, industry: str = "", *, reason: str = "", by: str, at: datetime
    ) -> int:
        """How many are withdrawn by this; no ``industry``: all of them. Fault when there are none at all."""

    async def list(
        self,
        *,
        number: str = "",
        business: str = "",
        industry: str = "",
        after: str = "",
        most: int = ALL,
    ) -> Page[Consent]:
        """By number, business, industry and age, expired and withdrawn ones too."""
