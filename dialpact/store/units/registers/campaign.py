"""The register of campaigns."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import Campaign
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.campaign import CampaignEntry, entry_of
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import keyed_page
from dialpact.store.units.registers.change import SQL, log, need_business, same


class Campaigns:
    """:class:`dialpact.store.ports.campaigns.Campaigns`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, new: Campaign, *, by: str, at: datetime) -> Outcome:
        entry = entry_of(new)

        def work(connection: Connection) -> Outcome:
            if (row := SQL.get_campaign(connection, id=new.id)) is not None:
                return same(campaign_of(dict(row)), entry, "campaign", new.id)
            need_business(connection, new.business)
            SQL.insert_campaign(connection, created_at=stamp(at), **msgspec.structs.asdict(entry))
            log(connection, "campaign", "add", new.id, entry, by=by, at=at)
            return "added"

        return await self._database.transact(work)

    async def change(
        self, id: str, changes: Mapping[str, Any], *, reason: str, by: str, at: datetime
    ) -> tuple[Outcome, CampaignEntry]:
        """The purpose decides which rules bind: the log has before and after, and the database's own trigger
        has a change of purpose too, so that one made behind this function's back is seen.
        """

        def work(connection: Connection) -> tuple[Outcome, CampaignEntry]:
            row = SQL.get_campaign(connection, id=id)
            if row is None:
                raise Fault("not-registered", entry=id)
            before = campaign_of(dict(row))
            after = msgspec.structs.replace(before, **changes)
            if after == before:
                return "already", before
            SQL.change_campaign(
                connection,
                id=id,
                industry=after.industry,
                purpose=after.purpose,
                script=after.script,
                scrub_leads=after.scrub_leads,
            )
            detail = {"from": before, "to": after, "reason": reason}
            log(connection, "campaign", "change", id, detail, by=by, at=at)
            return "updated", after

        return await self._database.transact(work)

    async def list(
        self, *, id: str = "", business: str = "", after: str = "", most: int = ALL
    ) -> Page[CampaignEntry]:
        def work(connection: Connection) -> Page[CampaignEntry]:
            ask = partial(SQL.list_campaigns, connection, id=id, business=business)
            return keyed_page(ask, campaign_of, after=after, most=most, first={"id": ""})

        return await self._database.read(work)

    async def reading(self, script: str) -> Sequence[str]:
        found = await self._database.read(
            lambda connection: list(SQL.reading_script(connection, script=script))
        )
        return [str(row["business"]) for row in found]

    async def unknown(self, *, business: str = "", industry: str = "") -> Sequence[str]:
        def work(connection: Connection) -> Sequence[str]:
            missing = []
            if business and SQL.get_business(connection, id=business) is None:
                missing.append(business)
            if industry and SQL.has_industry(connection, industry=industry) is None:
                missing.append(industry)
            return missing

        return await self._database.read(work)


def campaign_of(row: dict[str, Any]) -> CampaignEntry:
    return CampaignEntry(**{**row, "scrub_leads": bool(row["scrub_leads"])})
