"""Legal holds: what is held is not disposed of, whatever its time. Triggers log and enforce them."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.hold import Hold, HoldScope
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import page
from dialpact.store.units.statements import statements

SQL = statements("holds")


class Holds:
    """:class:`dialpact.store.ports.holds.Holds`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, scope: HoldScope, key: str, *, reason: str, by: str, at: datetime) -> Hold:
        def work(connection: Connection) -> Hold:
            target = SQL.hold_target(connection, scope=scope, key=key)[0]
            if target is None:
                raise Fault("not-registered", entry=key)
            if target == "disposed":
                raise Fault("disposed", entry=key)
            id = SQL.insert_hold(connection, scope=scope, key=key, since=stamp(at), by=by, reason=reason)
            return _holds(connection, id=id).rows[0]

        return await self._database.transact(work)

    async def release(self, id: int, *, reason: str, by: str, at: datetime) -> Hold:
        def work(connection: Connection) -> Hold:
            fields = {"released_at": stamp(at), "released_by": by, "release_reason": reason}
            if not SQL.release_hold(connection, id=id, **fields):
                raise Fault("no-hold", entry=str(id))
            return _holds(connection, id=id, released=True).rows[0]

        return await self._database.transact(work)

    async def list(
        self, *, recording: str = "", released: bool = False, after: str = "", most: int = ALL
    ) -> Page[Hold]:
        return await self._database.read(
            lambda connection: _holds(
                connection, recording=recording, released=released, after=after, most=most
            )
        )


def _holds(
    connection: Connection,
    *,
    id: int = 0,
    recording: str = "",
    released: bool = False,
    after: str = "",
    most: int = ALL,
) -> Page[Hold]:
    wanted = {"id": id, "recording": recording, "released": released}
    return page(partial(SQL.list_holds, connection, **wanted), hold_of, "id", after=after, most=most)


def hold_of(row: dict[str, Any]) -> Hold:
    ended = row["released_at"]
    return Hold(**row | {"since": instant(row["since"]), "released_at": instant(ended) if ended else None})
