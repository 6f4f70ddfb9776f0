"""The files that prove consents, as the log has them: which are kept, and which no consent names."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.model import Value
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.consent_evidence import ConsentEvidence
from dialpact.store.ports.page import ALL, Page


class Unnamed(Value, frozen=True, kw_only=True):
    """``ids`` that no consent names, as of the act ``as_of``."""

    ids: tuple[str, ...]
    as_of: int


class ConsentEvidences(Protocol):
    async def keep(self, new: ConsentEvidence, *, by: str, at: datetime) -> Outcome:
        """One that is kept already stays as it was first told, whatever kind it is said to be now."""

    async def list(self, *, after: str = "", most: int = ALL) -> Page[ConsentEvidence]:
        """Those that are kept, by their ids."""

    async def named(self) -> Collection[str]:
        """The ids that consents name, kept or not; looks at every consent."""

    async def unnamed(self, before: datetime) -> Unnamed:
        """Those that are kept from before that, as far as no consent names them; looks at every consent if
        there are any such.
        """

    async def drop(self, found: Unnamed, *, reason: str, by: str, at: datetime) -> Sequence[str]:
        """Which of them a consent still does not name: those are kept no longer when this returns, and no
        consent of a program can name them.
        """
