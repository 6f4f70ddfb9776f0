"""The register of leads: batches of numbers, taken in file by file."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Protocol

from dialpact.compliance.ranges import RangeReport
from dialpact.compliance.registers.leads import BatchScrub, Delivered, Delivery
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.imports import Batch
from dialpact.store.ports.page import ALL, Page


class LeadStaging(Protocol):
    """The numbers of one file, beside the register until they are applied."""

    async def stage(self, batch: Batch[str], unassigned: Iterable[int]) -> None:
        """``unassigned``: numbers that nobody is allotted: counted, never applied."""

    async def numbers(self, after: int, most: int) -> Sequence[int]:
        """What is staged, each number once and in order."""

    async def unassigned(self) -> int:
        """How many different numbers nobody is allotted."""

    async def apply(
        self,
        file: FileRead,
        finding: Mapping[str, RangeReport],
        held: str,
        *,
        bad: int,
        by: str,
        at: datetime,
    ) -> tuple[int, int]:
        """The new batch's id and the count of its numbers. Fault as for ``begin``."""

    @property
    def owes_scrub(self) -> bool:
        """Whether its campaign wants it scrubbed, as of the beginning."""

    @property
    def held(self) -> str:
        """Why the new batch is held: what the detector found, and a scrub that its campaign wants."""


class Leads(Protocol):
    async def begin(self, delivery: Delivery, sha256: str, *, to_look: bool = False) -> LeadStaging:
        """Fault when the campaign is not registered or has this file already, unless it was withdrawn.
        ``to_look``: nothing is applied, by one who can not write.
        """

    async def list(
        self, *, campaign: str = "", number: str = "", after: str = "", most: int = ALL
    ) -> Page[Delivered]:
        """The newest first, withdrawn ones too; ``number``: those that it is on."""

    async def get(self, id: int) -> Delivered:
        """Fault when there is none."""

    async def numbers(self, id: int, *, after: str = "", most: int = ALL) -> Page[str]:
        """Those of a batch in E.164, in order. Fault when there is none or it was withdrawn."""

    async def release(self, id: int, *, reason: str, by: str, at: datetime) -> Delivered:
        """From now on its numbers count, unless it is to be scrubbed. Fault when it is not held, or for that
        alone; what it was held for stays in the log.
        """

    async def scrubbed(self, id: int, scrub: BatchScrub, *, by: str, at: datetime) -> Delivered:
        """From now on its numbers count, unless the range detector holds it. Fault when it was withdrawn, or
        has not as many numbers as were scrubbed.
        """

    async def withdraw(self, id: int, *, reason: str, by: str, at: datetime) -> Delivered:
        """From now on its numbers do not count. Fault when it was withdrawn already."""
