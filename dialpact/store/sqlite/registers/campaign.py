"""The register of campaigns."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping
from datetime import datetime

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import Campaign
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers.change import SQL, log, need_business, same


async def add_campaign(store: Database, new: Campaign, *, by: str, at: datetime) -> Outcome:
    """Fault when its business is not registered, or the id is taken by another one."""

    def work(connection: sqlite3.Connection) -> Outcome:
        if (row := SQL.get_campaign(connection, id=new.id)) is not None:
            return same(Campaign(**dict(row)), new, "campaign", new.id)
        need_business(connection, new.business)
        SQL.insert_campaign(connection, created_at=stamp(at), **msgspec.structs.asdict(new))
        log(connection, "campaign", "add", new.id, new, by=by, at=at)
        return "added"

    return await store.transact(work)


async def change_campaign(
    store: Database, id: str, changes: Mapping[str, str], *, reason: str, by: str, at: datetime
) -> tuple[Outcome, Campaign]:
    """``changes``: of ``industry``, ``purpose``, ``script``. Never the business: that is another campaign.

    The purpose decides which rules bind: the log has before and after, and the database's own trigger has a
    change of purpose too, so that one made behind this function's back is seen.
    """

    def work(connection: sqlite3.Connection) -> tuple[Outcome, Campaign]:
        row = SQL.get_campaign(connection, id=id)
        if row is None:
            raise Fault("not-registered", entry=id)
        before = Campaign(**dict(row))
        after = msgspec.structs.replace(before, **changes)
        if after == before:
            return "already", before
        SQL.change_campaign(
            connection, id=id, industry=after.industry, purpose=after.purpose, script=after.script
        )
        detail = {"from": before, "to": after, "reason": reason}
        log(connection, "campaign", "change", id, detail, by=by, at=at)
        return "updated", after

    return await store.transact(work)


async def list_campaigns(store: Database, *, id: str = "", business: str = "") -> list[Campaign]:
    found = await store.transact(
        lambda connection: list(SQL.list_campaigns(connection, id=id, business=business))
    )
    return [Campaign(**dict(row)) for row in found]
