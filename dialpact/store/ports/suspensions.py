"""The register of suspensions."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from dialpact.compliance.model import Suspendable
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.suspension import SuspensionEntry
from dialpact.store.ports.page import ALL, Page


class Suspensions(Protocol):
    async def add(self, kind: Suspendable, key: str, *, cause: str, by: str, at: datetime) -> Outcome:
        """Fault for a campaign or a caller ID that is not registered: it would suspend nothing."""

    async def lift(
        self, kind: Suspendable, key: str, *, reason: str, by: str, at: datetime
    ) -> SuspensionEntry:
        """What was lifted; from now on the count starts anew. Fault when none is in force."""

    async def list(
        self, *, kind: str = "", key: str = "", lifted: bool = False, after: str = "", most: int = ALL
    ) -> Page[SuspensionEntry]:
        """Oldest first; ``lifted``: also those that are no longer in force. ``after``: a page's ``next``."""
