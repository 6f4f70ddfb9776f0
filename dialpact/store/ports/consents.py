"""The register of consents."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.model import Consent
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.consent import Withdrawal
from dialpact.store.ports.page import ALL, Page


class Consents(Protocol):
    async def add(self, new: Consent, *, by: str, at: datetime) -> Outcome:
        """A consent already there may only be shortened; to prolong it, the person must consent anew.

        Fault for one that differs otherwise.
        """

    async def add_all(self, news: Sequence[Consent], *, by: str, at: datetime) -> Sequence[Outcome]:
        """What became of each: all of them, or none. One that names a proof names one that is kept
        (:mod:`dialpact.store.ports.consent_evidence`). Faults, with the places of those that are at fault.
        """

    async def withdraw(
        self, number: str, business: str, industry: str = "", *, reason: str = "", by: str, at: datetime
    ) -> int:
        """How many are withdrawn by this; no ``industry``: all of them. Fault when there are none at all."""

    async def withdraw_all(self, news: Sequence[Withdrawal], *, by: str, at: datetime) -> Sequence[int]:
        """As ``withdraw`` of each: all of them, or none. Faults, with the places of those at fault."""

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
