"""What an evidence package is made of."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.evidence import Gathered, Key, Proofs
from dialpact.compliance.evidence.rows import ComplaintRow
from dialpact.store.ports.page import ALL


class Evidence(Protocol):
    async def calls_of(
        self,
        number: str,
        *,
        caller_id: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        businesses: Sequence[str] = (),
        most: int = ALL,
    ) -> Sequence[str]:
        """Ids of the decisions about this callee (E.164), oldest first; both times belong to it.

        ``businesses``: for these alone; empty: for any.
        """

    async def businesses_of(self, ids: Sequence[str]) -> set[str]:
        """For whom these decisions were; an empty text: one of them for nobody that is registered."""

    async def is_decision(self, id: str) -> bool: ...

    async def complaint(self, id: int) -> ComplaintRow | None: ...

    async def log(
        self, action: str, keys: Iterable[tuple[str, str]], detail: object, *, by: str, at: datetime
    ) -> Sequence[str]:
        """A line of the custody log under each (register, key); their numbers in it, as keys of leaves."""

    async def gather(self, ids: Sequence[str], complaint: int = 0) -> Gathered:
        """Everything about these decisions, in their order; of an erased one what is left. An id that no
        decision has is left out. ``complaint``: with its history; 0: of none.
        """

    async def prove(self, leaves: Iterable[Key], size: int) -> Proofs:
        """The records of these leaves in the tree of ``size`` leaves, and that it continues older ones.

        What is not in the ledger, or behind ``size``, is left out: the caller says so where it matters.
        """
