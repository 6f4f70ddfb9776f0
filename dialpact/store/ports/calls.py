"""The decisions as people and programs look at them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.calls import CallEntry, StoredCall
from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.ledger.bound.difference import Named
from dialpact.compliance.model import CallAttempt, Facts, Value
from dialpact.compliance.ranges import LastDialled
from dialpact.store.ports.page import ALL, Page


class Looked(Value, frozen=True, kw_only=True):
    """What a decision would be made of, all at one moment. ``differing``: entries of registers that are not
    what the log says; ``unacknowledged``: a backup was put back, and nobody has said what becomes of what is
    missing.
    """

    facts: Facts
    differing: frozenset[Named]
    unacknowledged: bool


class Calls(Protocol):
    async def list(
        self,
        *,
        number: str = "",
        campaign: str = "",
        verdict: str = "",
        since: datetime | None = None,
        until: datetime | None = None,
        after: str = "",
        most: int = ALL,
    ) -> Page[CallEntry]:
        """Newest first. ``number``: E.164, or exactly as it was dialled. ``since``, ``until``: decided from
        then on, before then. ``after``: a page's ``next``.
        """

    async def get(self, id: str) -> StoredCall | None:
        """None for an id that no decision has. LedgerError once its inputs are erased."""

    async def named(
        self, *, number: str, given: str, caller_ids: Sequence[str], start: str, most: int
    ) -> Sequence[CallEntry]:
        """Newest first, at most so many: to a callee (E.164), dialled as a text that is no number, with one
        of the caller IDs, or with an id that begins so. What is empty names none.
        """

    async def about(
        self, number: str, *, about: datetime, since: datetime, until: datetime, most: int
    ) -> Sequence[CallEntry]:
        """Calls to a callee that were put through in that time: the nearest to ``about`` first."""

    async def ids_beginning(self, start: str, *, most: int) -> Sequence[str]:
        """Ids of decisions, in order."""

    async def look(
        self, attempt: CallAttempt, asked: FactRequirements, now: datetime, *, live: bool = False
    ) -> Looked:
        """As the gate reads it, at that instant. ``live``: the recorder too."""

    async def last_dialled(
        self, attempt: CallAttempt, asked: FactRequirements, now: datetime
    ) -> Sequence[LastDialled]:
        """Each of the numbers close by that a range detector looks at for this attempt, and when the campaign
        dialled it last.
        """
