"""Disposals: first the row, which the store lets in only in its time; then the files go."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Protocol

from dialpact.compliance.disposal import Dayless, Due
from dialpact.compliance.recording import FilesOf
from dialpact.store.ports.page import Page


class Disposals(Protocol):
    async def due(self, day: date, after: str = "") -> Page[Due]:
        """The next few recordings to be kept until a day before ``day``, in the order of that day."""

    async def dayless(self, after: str = "") -> Page[Dayless]:
        """The next few that have ended and need not be kept until any day, by their ids."""

    async def not_due(self, day: date) -> tuple[int, date | None]:
        """How many must still be kept on ``day``, and until when the first of them."""

    async def record(self, recording: str, keep_until: date, *, by: str, at: datetime) -> bool:
        """False when it has come under a hold. StoreRefused: it must still be kept."""

    async def finish(self, recording: str, at: datetime) -> None:
        """The files are gone."""

    async def unfinished(self) -> Sequence[tuple[FilesOf, date | None]]:
        """Disposed of, and files may still be there; with the day until which each was kept. A flaw: they
        are not those that were recorded and disposed of, by the log.
        """

    async def refused(self, node: str, decision: str, detail: str, at: datetime) -> None:
        """An incident, once: the next run finds the same thing again."""
