"""What the store says of the installation itself: each figure by an index, or bounded."""

from __future__ import annotations

from collections import Counter
from datetime import date, datetime

from dialpact.compliance.health import Counted, Health
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.health import health
from dialpact.store.units.statements import statements

SQL = statements("outside")
MOST = 10_000  # rows that are counted of anything at one look; incidents come in pages of so many


class Installation:
    """:class:`dialpact.store.ports.installation.Installation`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def health(self, node: str, now: datetime, today: date) -> Health:
        return await health(self._database, node, now, today)

    async def counted(self, node: str, today: date, *, after: int = 0) -> Counted:
        return await self._database.read(lambda connection: _counted(connection, node, today, after))


def _counted(connection: Connection, node: str, today: date, after: int) -> Counted:
    incidents: Counter[str] = Counter()
    while rows := list(SQL.incidents_after(connection, seq=after, most=MOST)):
        incidents.update({row["kind"]: row["count"] for row in rows})
        after = max(row["last"] for row in rows)
    return Counted(
        incidents=incidents,
        last=after,
        running=SQL.running(connection, node=node)[0],
        overdue=SQL.overdue(connection, day=today.isoformat(), most=MOST)[0],
        unsealed=SQL.waiting(connection, most=MOST)[0],
    )
