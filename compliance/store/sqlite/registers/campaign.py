"""The register of campaigns."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from compliance.clock import stamp
from compliance.model import Campaign
from compliance.store.sqlite.connection import Store
from compliance.store.sqlite.registers.change import SQL, Outcome, log, need_business, same


async def add_campaign(store: Store, new: Campaign, *, by: str, at: datetime) -> Outcome:
    """Fault when its business is not registered, or the id is taken by another one."""

    def work(connection: sqlite3.Connection) -> Outcome:
        if (row := SQL.get_campaign(connection, id=new.id)) is not None:
            return same(Campaign(**dict(row)), new, "campaign", new.id)
        need_business(connection, new.business)
        SQL.insert_campaign(connection, created_at=stamp(at), **msgspec.structs.asdict(new))
        log(connection, "campaign", "add", new.id, new, by=by, at=at)
        return "added"

    return await store.transact(work)


async def list_campaigns(store: Store, *, id: str = "", business: str = "") -> list[Campaign]:
    found = await store.transact(
        lambda connection: list(SQL.list_campaigns(connection, id=id, business=business))
    )
    return [Campaign(**dict(row)) for row in found]
