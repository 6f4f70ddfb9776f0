"""What every register's change has: its line in ``register_change``, in the same transaction."""

from __future__ import annotations

import json
import sqlite3
from datetime import datetime
from typing import Any

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Value
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.change import Change
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.statements import statements

SQL = statements("registers")


def digits(e164: str) -> int:
    """The stored form of a callee's number. 0 for the empty text: no filter."""
    return int(e164.removeprefix("+")) if e164 else 0


def log(
    connection: sqlite3.Connection,
    register: str,
    action: str,
    key: str,
    detail: Any,
    *,
    by: str,
    at: datetime,
) -> None:
    """One line of who did what; ``detail`` is anything that msgspec can encode."""
    SQL.log_change(
        connection,
        at=stamp(at),
        actor=by,
        register=register,
        action=action,
        key=key,
        detail=msgspec.json.encode(detail).decode(),
    )


class Changes:
    """:class:`dialpact.store.ports.changes.Changes` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(self, register: str, *keys: str) -> list[Change]:
        wanted = json.dumps(keys)
        found = await self._database.read(
            lambda connection: list(SQL.history(connection, register=register, keys=wanted))
        )
        return [
            Change(at=instant(at), by=by, action=action, detail=json.loads(detail))
            for at, by, action, detail in found
        ]

    async def note(
        self, register: str, action: str, key: str, detail: dict[str, Any], *, by: str, at: datetime
    ) -> None:
        await self._database.transact(
            lambda connection: log(connection, register, action, key, detail, by=by, at=at)
        )


def need_business(connection: sqlite3.Connection, id: str) -> None:
    if SQL.get_business(connection, id=id) is None:
        raise Fault("unknown-business", value=id)


def same(before: Value, new: Value, register: str, key: str) -> Outcome:
    if before != new:
        raise Fault("taken", register=register, entry=key)
    return "already"
