"""What a reconciliation of CDR files asks of the store, and what it leaves there."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.reconcile import AskedCall, SeenLeg, Voice
from dialpact.compliance.reconcile.incidents import CdrIncident
from dialpact.store.ports.page import Page


class Reconciliations(Protocol):
    async def own_numbers(self) -> list[str]:
        """The registered caller IDs."""

    async def decisions(
        self, since: datetime, until: datetime, *, after: str = "", most: int
    ) -> Page[AskedCall]:
        """Each with its recordings and with its legs that the interlock refused, in the order of time.

        ``after``: a page's ``next``. A snapshot a page: the gate goes on deciding meanwhile.
        """

    async def seen_legs(
        self, node: str, since: datetime, until: datetime, *, after: str = "", most: int
    ) -> Page[SeenLeg]:
        """Legs of ``node`` that the listener told of as going round the gate, in the order of time."""

    async def voices(
        self, node: str, since: datetime, until: datetime, *, after: str = "", most: int
    ) -> Page[Voice]:
        """Recordings of supervisors' own channels on ``node``, by their start."""

    async def write(self, incidents: Sequence[CdrIncident]) -> int:
        """How many are new: none that is there already, or that the listener saw itself."""
