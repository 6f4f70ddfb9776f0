"""What the housekeeping finds different between the registers and the log."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.ledger.bound.difference import Difference, RegisterLook


class Differences(Protocol):
    async def note(
        self,
        found: Sequence[Difference],
        looks: Sequence[RegisterLook],
        *,
        rechecked: Collection[str],
        node: str,
        at: datetime,
    ) -> int:
        """From now on the gate blocks what they concern. Each new one is an incident; how many are new.

        ``rechecked``: registers of which a known difference that is not among ``found`` is one no more.
        """
