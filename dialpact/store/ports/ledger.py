"""The log that proves itself, to be looked at."""

from __future__ import annotations

from typing import Protocol

from dialpact.compliance.ledger.entry import Leaf, Proof, Standing
from dialpact.store.ports.page import ALL, Page


class Ledger(Protocol):
    async def list(self, first: int | None = None, *, after: str = "", most: int = ALL) -> Page[Leaf]:
        """From leaf ``first`` on; None: the newest ``most``."""

    async def prove(self, leaf: int) -> Proof:
        """LedgerError where the log has no such leaf, or hashes are missing."""

    async def standing(self, kind: str, key: str) -> Standing:
        """Of a record that must have a leaf."""
