"""What a supervisor's question asks of the decisions, and what is handed in of the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, NamedTuple, Protocol


class AskedAbout(NamedTuple):
    """A decision. ``number``: E.164, empty where it is none or was erased. ``put_through``: told to the
    PBX.
    """

    id: str
    number: str
    put_through: bool
    erased: bool


class Supervised(Protocol):
    async def decisions(self, since: datetime, before: datetime, most: int) -> Sequence[AskedAbout]:
        """From ``since`` on, before ``before``: the oldest first."""

    async def lost(self, since: datetime, before: datetime) -> bool:
        """Whether decisions of that time may be lost: the log went on from a backup then or later, whose last
        checkpoint is older than ``before``.
        """

    async def acts_since(self, at: datetime) -> int:
        """Letters of a supervisor that were acted upon."""

    async def act(
        self, register: str, action: str, key: str, detail: dict[str, Any], *, by: str, at: datetime
    ) -> int:
        """An act that changes no entry; its leaf."""

    async def rotation_leaf(self) -> int:
        """Of the newest change of the ledger's key. LedgerError where there is none."""
