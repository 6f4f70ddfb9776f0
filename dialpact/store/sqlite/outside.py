"""What the store says to a scrape: each figure by an index, or bounded."""

from __future__ import annotations

import sqlite3
from collections import Counter
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path

import aiosql

from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.health import Health, health

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "outside.sql", "sqlite3")
MOST = 10_000  # rows that are counted of anything at one look


@dataclass(frozen=True, kw_only=True)
class Figures:
    health: Health
    incidents: dict[str, int]  # by kind, since the database was made
    running: int  # recordings
    overdue: int  # recordings whose time is over and which are still there; MOST: or more
    unsealed: int  # rows without a leaf; MOST: or more


class Looker:
    """Remembers how far the incidents are counted, so that each is counted once."""

    def __init__(self, store: Database, node: str) -> None:
        self._store, self._node = store, node
        self._incidents: Counter[str] = Counter()
        self._last = 0

    async def look(self, now: datetime, today: date) -> Figures:
        """StoreError, also when the store can only be read."""
        found = await health(self._store, self._node, now, today)
        return await self._store.read(lambda connection: self._figures(connection, found, today))

    def _figures(self, connection: sqlite3.Connection, found: Health, today: date) -> Figures:
        while rows := list(SQL.incidents_after(connection, seq=self._last, most=MOST)):
            self._incidents.update({row["kind"]: row["count"] for row in rows})
            self._last = max(row["last"] for row in rows)
        return Figures(
            health=found,
            incidents=dict(self._incidents),
            running=SQL.running(connection, node=self._node)[0],
            overdue=SQL.overdue(connection, day=today.isoformat(), most=MOST)[0],
            unsealed=SQL.waiting(connection, most=MOST)[0],
        )
