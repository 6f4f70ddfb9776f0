"""The reports that were handed in, each as it came, and what was not taken."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from typing import Literal

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.supervision.model import Refused, Report
from dialpact.store.supervision.connection import SupervisionDatabase, statements

SQL = statements("reports")
MOST_REFUSALS = 500  # of one operator, the newest
MOST_VERSIONS = 20  # of one month: corrections, each kept


class Reports:
    """:class:`dialpact.store.ports.supervision.Reports` on SQLite."""

    def __init__(self, database: SupervisionDatabase) -> None:
        self._database = database

    async def take(self, new: Report, envelope: bytes) -> Literal["added", "already", "too-many"]:
        def work(connection: sqlite3.Connection) -> Literal["added", "already", "too-many"]:
            about = {"operator": new.operator, "month": new.month}
            if SQL.is_received(connection, sha256=new.sha256, **about):
                return "already"
            if SQL.count_versions(connection, **about)[0] >= MOST_VERSIONS:
                return "too-many"
            SQL.insert_report(
                connection,
                sha256=new.sha256,
                bytes=new.bytes,
                leaf=new.leaf,
                made_at=stamp(new.made_at),
                received_at=stamp(new.received_at),
                headings=json.dumps(new.headings),
                envelope=envelope,
                **about,
            )
            return "added"

        return await self._database.transact(work)

    async def list(self, operator: str = "") -> Sequence[Report]:
        def work(connection: sqlite3.Connection) -> list[Report]:
            return [
                Report(
                    operator=row["operator"],
                    month=row["month"],
                    sha256=row["sha256"],
                    bytes=row["bytes"],
                    leaf=row["leaf"],
                    made_at=instant(row["made_at"]),
                    received_at=instant(row["received_at"]),
                    headings=json.loads(row["headings"]),
                )
                for row in SQL.reports(connection, operator=operator)
            ]

        return await self._database.read(work)

    async def envelope(self, operator: str, sha256: str) -> bytes | None:
        def work(connection: sqlite3.Connection) -> bytes | None:
            row = SQL.envelope(connection, operator=operator, sha256=sha256)
            return bytes(row["envelope"]) if row else None

        return await self._database.read(work)

    async def refuse(self, refused: Refused) -> None:
        def work(connection: sqlite3.Connection) -> None:
            SQL.insert_refusal(
                connection,
                operator=refused.operator,
                at=stamp(refused.at),
                what=refused.what,
                code=refused.code,
            )
            SQL.forget_refusals(connection, operator=refused.operator, most=MOST_REFUSALS)

        await self._database.transact(work)

    async def refusals(self, operator: str, most: int) -> Sequence[Refused]:
        def work(connection: sqlite3.Connection) -> list[Refused]:
            return [
                Refused(operator=whose, at=instant(at), what=what, code=code)
                for whose, at, what, code in SQL.refusals(connection, operator=operator, most=most)
            ]

        return await self._database.read(work)
