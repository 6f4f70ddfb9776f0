"""What a supervisor's question asks of the decisions, and what is handed in of the log."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from dialpact.compliance.clock import stamp
from dialpact.compliance.errors import LedgerError
from dialpact.store.ports.supervised import AskedAbout
from dialpact.store.units import ledger
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.registers.change import log
from dialpact.store.units.statements import statements

SQL = statements("supervised")


class Supervised:
    """:class:`dialpact.store.ports.supervised.Supervised`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def decisions(self, since: datetime, before: datetime, most: int) -> Sequence[AskedAbout]:
        def work(connection: Connection) -> list[AskedAbout]:
            found = SQL.decisions(connection, since=stamp(since), before=stamp(before), most=most)
            return [AskedAbout(id, number, bool(put), bool(erased)) for id, number, put, erased in found]

        return await self._database.read(work)

    async def lost(self, since: datetime, before: datetime) -> bool:
        return await self._database.read(
            lambda connection: SQL.lost(connection, since=stamp(since), before=stamp(before)) is not None
        )

    async def acts_since(self, at: datetime) -> int:
        return await self._database.read(lambda connection: int(SQL.acts_since(connection, at=stamp(at))[0]))

    async def act(
        self, register: str, action: str, key: str, detail: dict[str, Any], *, by: str, at: datetime
    ) -> int:
        def work(connection: Connection) -> int:
            log(connection, register, action, key, detail, by=by, at=at)
            return int(SQL.last_act(connection)[0])

        seq = await self._database.transact(work)
        return await self._database.read(lambda connection: _leaf(connection, seq))

    async def rotation_leaf(self) -> int:
        def work(connection: Connection) -> int:
            row = SQL.last_rotation(connection)
            if row is None:
                raise LedgerError("the log has no change of its key")
            return _leaf(connection, row["seq"])

        return await self._database.read(work)


def _leaf(connection: Connection, seq: int) -> int:
    entry = ledger.entry_of(connection, "register-change", str(seq))
    if entry is None:
        raise LedgerError(f"the act {seq} has no leaf")
    return entry.leaf_index
