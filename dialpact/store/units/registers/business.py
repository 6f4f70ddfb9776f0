"""The register of businesses."""

from __future__ import annotations

from datetime import datetime
from functools import partial

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import Business
from dialpact.compliance.registers import Outcome
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import keyed_page
from dialpact.store.units.registers.change import SQL, log, same


class Businesses:
    """:class:`dialpact.store.ports.businesses.Businesses`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: Business, *, by: str, at: datetime) -> Outcome:
        def work(connection: Connection) -> Outcome:
            if (row := SQL.get_business(connection, id=new.id)) is not None:
                return same(Business(**dict(row)), new, "business", new.id)
            SQL.insert_business(connection, created_at=stamp(at), **msgspec.structs.asdict(new))
            log(connection, "business", "add", new.id, new, by=by, at=at)
            return "added"

        return await self._database.transact(work)

    async def list(self, *, id: str = "", after: str = "", most: int = ALL) -> Page[Business]:
        def work(connection: Connection) -> Page[Business]:
            ask = partial(SQL.list_businesses, connection, id=id)
            return keyed_page(ask, lambda row: Business(**row), after=after, most=most, first={"id": ""})

        return await self._database.read(work)
