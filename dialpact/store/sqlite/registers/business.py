"""The register of businesses."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import Business
from dialpact.compliance.registers import Outcome
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers.change import SQL, log, same


async def add_business(store: Database, new: Business, *, by: str, at: datetime) -> Outcome:
    """Fault when the id is taken by another one."""

    def work(connection: sqlite3.Connection) -> Outcome:
        if (row := SQL.get_business(connection, id=new.id)) is not None:
            return same(Business(**dict(row)), new, "business", new.id)
        SQL.insert_business(connection, created_at=stamp(at), **msgspec.structs.asdict(new))
        log(connection, "business", "add", new.id, new, by=by, at=at)
        return "added"

    return await store.transact(work)


async def list_businesses(store: Database, *, id: str = "") -> list[Business]:
    found = await store.transact(lambda connection: list(SQL.list_businesses(connection, id=id)))
    return [Business(**dict(row)) for row in found]
