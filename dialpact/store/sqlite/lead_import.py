"""A batch of leads on its way in: numbers staged beside the register, to be looked at before they count.

1. They are read in pages, each a snapshot: the gate goes on deciding meanwhile.
2. Batch, numbers and the line in the log are one transaction.
3. The same file counts once for a campaign, unless it was withdrawn.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path

import aiosql
import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.ranges import RangeReport
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import Delivery
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.imports import Batch
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.imports import STAGING, begin
from dialpact.store.sqlite.registers.change import digits, log

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "leads.sql", "sqlite3")


class LeadStaging:
    """:class:`dialpact.store.ports.leads.LeadStaging` on SQLite."""

    def __init__(self, database: Database, delivery: Delivery, sha256: str) -> None:
        self._database = database
        self._delivery = delivery
        self._sha256 = sha256

    @classmethod
    async def begin(cls, database: Database, delivery: Delivery, sha256: str) -> LeadStaging:
        new = cls(database, delivery, sha256)
        await database.read(new._check)
        await database.transact(lambda connection: begin(connection, "leads"))
        return new

    async def stage(self, batch: Batch[str], unassigned: Iterable[int]) -> None:
        def work(connection: sqlite3.Connection) -> None:
            for rows in (prepared, nobodys):
                if rows:
                    STAGING.stage_leads(connection, rows)

        prepared = sorted((digits(number), line) for line, number in batch)
        nobodys = sorted((-number, 0) for number in unassigned)
        await self._database.transact(work)

    async def numbers(self, after: int, most: int) -> Sequence[int]:
        return await self._database.read(
            lambda connection: [row[0] for row in STAGING.page_leads(connection, after=after, most=most)]
        )

    async def unassigned(self) -> int:
        return await self._database.read(lambda connection: int(STAGING.unassigned_leads(connection)[0]))

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
        def work(connection: sqlite3.Connection) -> tuple[int, int]:
            self._check(connection)
            delivery = msgspec.structs.asdict(self._delivery)
            batch = int(
                SQL.insert_batch(
                    connection,
                    **delivery,
                    file=file.file,
                    sha256=self._sha256,
                    imported_at=stamp(at),
                    imported_by=by,
                    rows=0,
                    finding=msgspec.json.encode(finding).decode() if finding else "",
                    held=held,
                )
            )
            count = int(STAGING.apply_leads(connection, batch=batch))
            SQL.set_rows(connection, id=batch, rows=count)
            figures = {"bad": bad, "applied": count, "already": file.rows - bad - count, "held": held}
            about = msgspec.structs.asdict(file) | delivery | figures
            log(connection, "leads", "import", str(batch), about, by=by, at=at)
            return batch, count

        return await self._database.transact(work)

    def _check(self, connection: sqlite3.Connection) -> None:
        campaign = self._delivery.campaign
        if SQL.has_campaign(connection, id=campaign) is None:
            raise Fault("unknown-campaign", value=campaign)
        if (row := SQL.same_file(connection, campaign=campaign, sha256=self._sha256)) is not None:
            raise Fault("batch-exists", entry=str(row["id"]), campaign=campaign)
