"""Recordings on disk against their rows: what must be there, what must not, and which files no row names."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any, Protocol

from dialpact.compliance.recording import Disposed, FilesOf
from dialpact.store.ports.page import Page


class Custody(Protocol):
    """``since``, ``until``: recordings started from then on, before then; None: no bound."""

    async def foreign(self, found: Iterable[str]) -> Sequence[str]:
        """Of these paths those that belong to no recording.

        List the files first: a recording's row is there before its file, so a new one is never foreign.
        """

    async def count_kept(self, since: datetime | None, until: datetime | None) -> int: ...

    async def kept(self, since: datetime | None, until: datetime | None, after: str = "") -> Page[FilesOf]:
        """The next few recordings whose files must be there, by id."""

    async def others(self, since: datetime | None, until: datetime | None, after: str = "") -> Page[FilesOf]:
        """The next few that have ended, need no file and were not disposed of, by id; without their files."""

    async def sample(self, since: datetime | None, until: datetime | None, most: int) -> Sequence[str]:
        """The ids of so many of them, each as likely as the other."""

    async def one(self, id: str) -> FilesOf:
        """Of an id that :meth:`sample` gave."""

    async def disposed(
        self, since: datetime | None, until: datetime | None, after: str = ""
    ) -> Page[Disposed]:
        """The next few that were disposed of, by id."""

    async def heard(self, id: str, detail: dict[str, Any], *, by: str, at: datetime) -> None:
        """That its sound is given out, in the log and with its leaf when this returns. Fault: it was disposed
        of meanwhile.
        """
