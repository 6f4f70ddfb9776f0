"""The entries of the plain registers. The log keeps them: one is there from its addition to its removal.

So there is no row beside the log that could say something else: each is bound to its leaf, and the database
lets nobody change or delete it.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.errors import StoreError
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.plain import PlainRegister, T
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database, Row
from dialpact.store.units.paging import keyed_page
from dialpact.store.units.registers.change import log, same
from dialpact.store.units.statements import statements

SQL = statements("entries")
ADDED, REMOVED = "add", "remove"  # as ``sql/entries.sql`` knows the first


class Entries:
    """:class:`dialpact.store.ports.entries.Entries`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, register: PlainRegister[T], new: T, *, by: str, at: datetime) -> Outcome:
        def work(connection: Connection) -> Outcome:
            if (before := present(connection, register, new.id)) is not None:
                return same(before, new, register.noun, new.id)
            log(connection, register.logged_as, ADDED, new.id, new, by=by, at=at)
            return "added"

        return await self._database.transact(work)

    async def remove(self, register: PlainRegister[T], id: str, *, reason: str, by: str, at: datetime) -> T:
        def work(connection: Connection) -> T:
            if (before := present(connection, register, id)) is None:
                raise Fault("not-registered", entry=id)
            detail = {"from": before, "reason": reason}
            log(connection, register.logged_as, REMOVED, id, detail, by=by, at=at)
            return before

        return await self._database.transact(work)

    async def get(self, register: PlainRegister[T], id: str) -> T | None:
        return await self._database.read(lambda connection: present(connection, register, id))

    async def list(self, register: PlainRegister[T], *, after: str = "", most: int = ALL) -> Page[T]:
        def work(connection: Connection) -> Page[T]:
            ask = partial(SQL.list_entries, connection, register=register.logged_as)
            entry = partial(_entry, register)
            return keyed_page(ask, entry, after=after, most=most, first={"id": ""})

        return await self._database.read(work)


def present(connection: Connection, register: PlainRegister[T], id: str) -> T | None:
    """None when it is not registered."""
    row = SQL.last_act(connection, register=register.logged_as, id=id)
    return _entry(register, row) if row is not None and row["action"] == ADDED else None


def _entry(register: PlainRegister[T], row: Mapping[str, Any] | Row) -> T:
    try:
        return msgspec.json.decode(row["detail"], type=register.kind)
    except msgspec.ValidationError as error:
        raise StoreError(f"{register.noun} {row['id']} is not as this program keeps it: {error}") from error
