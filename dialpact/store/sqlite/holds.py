"""Legal holds: what is held is not disposed of, whatever its time. Triggers log and enforce them."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path
from typing import Any, Literal

import aiosql

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Value
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite.connection import Database

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "holds.sql", "sqlite3")
Scope = Literal["recording", "call", "callee"]


class Hold(Value, frozen=True, kw_only=True):
    """``scope`` recording or call: of that id; callee: of all recordings of that number (E.164), also those
    that are still to be made. ``recordings``: how many it keeps now.
    """

    id: int
    scope: Scope
    key: str
    since: datetime
    by: str
    reason: str
    released_at: datetime | None
    released_by: str
    release_reason: str
    recordings: int


async def hold(store: Database, scope: Scope, key: str, *, reason: str, by: str, at: datetime) -> Hold:
    """A new one, beside any that are in force. Fault: no such recording or call, or it was disposed of."""

    def work(connection: sqlite3.Connection) -> Hold:
        target = SQL.hold_target(connection, scope=scope, key=key)[0]
        if target is None:
            raise Fault("not-registered", entry=key)
        if target == "disposed":
            raise Fault("disposed", entry=key)
        id = SQL.insert_hold(connection, scope=scope, key=key, since=stamp(at), by=by, reason=reason)
        return _holds(connection, id=id)[0]

    return await store.transact(work)


async def release(store: Database, id: int, *, reason: str, by: str, at: datetime) -> Hold:
    """Ends this one only. Fault when there is no such hold, or it was released already."""

    def work(connection: sqlite3.Connection) -> Hold:
        fields = {"released_at": stamp(at), "released_by": by, "release_reason": reason}
        if not SQL.release_hold(connection, id=id, **fields):
            raise Fault("no-hold", entry=str(id))
        return _holds(connection, id=id, released=True)[0]

    return await store.transact(work)


async def list_holds(store: Database, *, recording: str = "", released: bool = False) -> list[Hold]:
    """Oldest first. ``recording``: those that bear on it; ``released``: also those no longer in force."""
    return await store.transact(lambda connection: _holds(connection, recording=recording, released=released))


def _holds(
    connection: sqlite3.Connection, *, id: int = 0, recording: str = "", released: bool = False
) -> list[Hold]:
    found = SQL.list_holds(connection, id=id, recording=recording, released=released)
    return [_hold(dict(row)) for row in found]


def _hold(row: dict[str, Any]) -> Hold:
    ended = row["released_at"]
    return Hold(**row | {"since": instant(row["since"]), "released_at": instant(ended) if ended else None})
