"""The register of caller IDs, and how often each number was shown."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

import msgspec

from dialpact.compliance.model import CallerId
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.carrier_list import Compared
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.page import ALL, Page


class ShownNumber(msgspec.Struct, frozen=True):
    """One attempt with a caller ID. ``through``: it was put through."""

    caller_id: str
    through: bool


class CallerIds(Protocol):
    async def put(self, new: CallerId, *, by: str, at: datetime) -> Outcome:
        """Adds or updates: licences are renewed and trunks change. The log keeps what was before.

        Fault when its business is not registered.
        """

    async def remove(self, number: str, *, reason: str, by: str, at: datetime) -> CallerId:
        """What was removed. Fault when it is not registered."""

    async def list(
        self, *, number: str = "", business: str = "", after: str = "", most: int = ALL
    ) -> Page[CallerId]:
        """By their numbers. ``after``: a page's ``next``."""

    async def shown(
        self, *, since: datetime, until: datetime, after: str = "", most: int
    ) -> Page[ShownNumber]:
        """The attempts of a period, from ``since`` on and before ``until``, the oldest first."""

    async def compared(self, file: FileRead, found: Compared, *, by: str, at: datetime) -> None:
        """Writes into the log that the carrier's list was compared, and what was found."""
