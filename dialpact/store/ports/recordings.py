"""Recordings, as the listener makes them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.recorded import Finished, NewRecording, OpenRecording


class Recordings(Protocol):
    async def start(self, new: NewRecording) -> None:
        """The row is there before the file, while the call rings: a crash in between leaves a row to look
        into, never a lost file. StoreRefused where the decision is marked as undelivered: its leg may
        have been judged before it was.
        """

    async def running(self, recording: str, started_at: datetime, answered_at: datetime | None) -> None:
        """The facts say that it records, since then: its row was made while the call rang."""

    async def answered(self, node: str, uniqueid: str, at: datetime) -> None:
        """Of each recording of that channel which has not ended, where no answer is known yet."""

    async def finish(self, end: Finished) -> bool:
        """False when it had ended already: what was written first stays."""

    async def unfinished(self, node: str) -> Sequence[OpenRecording]:
        """Those that were being made when the listener last knew; after a restart each is looked into."""
