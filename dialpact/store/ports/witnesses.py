"""What outsiders have said of the log's checkpoints: witnesses' cosignatures, authorities' timestamps."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.witness import WitnessState


class Cosignature(NamedTuple):
    """``at``: POSIX seconds, by the witness. ``line``: as it stands under the checkpoint."""

    size: int
    vkey: str
    at: int
    line: str


class StoredStamp(NamedTuple):
    """``note``: the checkpoint that was stamped, byte for byte. ``answer``: the authority's."""

    size: int
    note: str
    answer: bytes


class DatedStamp(NamedTuple):
    """``at``: when it was asked for, by this host's clock."""

    size: int
    at: datetime


class WitnessIncident(NamedTuple):
    node: str
    kind: str
    detail: str


class Witnesses(Protocol):
    async def states(self) -> Sequence[WitnessState]:
        """Of each witness that was ever asked, by its key."""

    async def heard(
        self,
        state: WitnessState,
        at: datetime,
        cosignature: Cosignature | None = None,
        incident: WitnessIncident | None = None,
    ) -> None:
        """All of it, or nothing."""

    async def cosignatures(self, size: int) -> Sequence[Cosignature]:
        """Of the checkpoints of so many leaves, the earliest first."""

    async def cosignatures_of(self, sizes: Sequence[int]) -> Mapping[int, Sequence[Cosignature]]:
        """The same of several, by size."""

    async def stamps_of(self, sizes: Sequence[int]) -> Sequence[StoredStamp]:
        """Of the checkpoints of so many leaves; of one the earliest first."""

    async def keep_stamp(self, stamped: StoredStamp, at: datetime) -> None:
        """``at``: when it was asked for."""

    async def newest_stamps(self, most: int) -> Sequence[DatedStamp]: ...

    async def stamp(self, size: int, at: datetime) -> StoredStamp | None: ...

    async def last_stamp(self) -> datetime | None:
        """When the newest was asked for."""
