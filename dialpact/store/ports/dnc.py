"""The do-not-call register: the opt-outs that are in force."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.model import DncEntry, OptOutWay
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.dnc import Said
from dialpact.store.ports.page import ALL, Page


class DoNotCall(Protocol):
    async def add(self, new: DncEntry, *, by: str, at: datetime) -> Outcome:
        """In force when this returns. One that is in force already stays as it was first recorded."""

    async def told(
        self,
        news: Sequence[tuple[DncEntry, str]],
        *,
        how: OptOutWay,
        by: str,
        at: datetime,
        node: str,
    ) -> Sequence[tuple[Outcome, DncEntry]]:
        """The same for several, and that an officer or a program was told of each, in the call of a decision
        if that is known (else empty). What is in force of each when this returns. All of them or none.
        """

    async def remove(
        self, number: str, scope: str, value: str, *, reason: str, by: str, at: datetime
    ) -> None:
        """An act of its own, with who and why; the log keeps the entry. Fault when there is none."""

    async def list(
        self, *, number: str = "", scope: str = "", value: str = "", after: str = "", most: int = ALL
    ) -> Page[DncEntry]:
        """By number, scope and value. ``after``: a page's ``next``."""

    async def said(self, number: str) -> Sequence[Said]:
        """Each time that this person opted out, the oldest first."""
