"""The register of leads: batches are taken back, never deleted. What the range detector holds only an officer
releases, and what is to be scrubbed only its scrub.
"""

from __future__ import annotations

from datetime import datetime
from functools import partial
from typing import Any

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.held import finding_of, released
from dialpact.compliance.ranges import RangeReport
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import BatchScrub, Delivered, Delivery
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.lead_import import SQL, LeadStaging
from dialpact.store.units.paging import NEWEST, page
from dialpact.store.units.registers.change import digits, log


class Leads:
    """:class:`dialpact.store.ports.leads.Leads`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, delivery: Delivery, sha256: str, *, to_look: bool = False) -> LeadStaging:
        return await LeadStaging.begin(self._database, delivery, sha256, to_look=to_look)

    async def list(
        self, *, campaign: str = "", number: str = "", after: str = "", most: int = ALL
    ) -> Page[Delivered]:
        return await self._database.read(
            lambda connection: _batches(connection, 0, campaign, number, after=after, most=most)
        )

    async def get(self, id: int) -> Delivered:
        return await self._database.read(lambda connection: _batch(connection, id))

    async def numbers(self, id: int, *, after: str = "", most: int = ALL) -> Page[str]:
        def work(connection: Connection) -> Page[str]:
            _in_force(connection, id)
            ask = partial(SQL.numbers_of_batch, connection, batch=id)
            return page(ask, lambda row: f"+{row['number']}", "number", after=after, most=most)

        return await self._database.read(work)

    async def release(self, id: int, *, reason: str, by: str, at: datetime) -> Delivered:
        def work(connection: Connection) -> Delivered:
            before = _in_force(connection, id)
            if not before.held:
                raise Fault("not-held", entry=str(id))
            if not finding_of(before.held):
                raise Fault("not-scrubbed", entry=str(id))
            SQL.hold_batch(connection, id=id, held=released(before.held))
            detail = {"held": before.held, "reason": reason}
            log(connection, "leads", "release", str(id), detail, by=by, at=at)
            return _batch(connection, id)

        return await self._database.transact(work)

    async def scrubbed(self, id: int, scrub: BatchScrub, *, by: str, at: datetime) -> Delivered:
        def work(connection: Connection) -> Delivered:
            before = _in_force(connection, id)
            if scrub.rows != before.rows:
                found, wanted = str(scrub.rows), str(before.rows)
                raise Fault("batch-numbers", entry=str(id), found=found, wanted=wanted)
            SQL.hold_batch(connection, id=id, held=finding_of(before.held))
            detail = {"held": before.held, **msgspec.structs.asdict(scrub)}
            log(connection, "leads", "scrub", str(id), detail, by=by, at=at)
            return _batch(connection, id)

        return await self._database.transact(work)

    async def withdraw(self, id: int, *, reason: str, by: str, at: datetime) -> Delivered:
        def work(connection: Connection) -> Delivered:
            _in_force(connection, id)
            SQL.withdraw_batch(connection, id=id, withdrawn_at=stamp(at))
            log(connection, "leads", "withdraw", str(id), {"reason": reason}, by=by, at=at)
            return _batch(connection, id)

        return await self._database.transact(work)


def _in_force(connection: Connection, id: int) -> Delivered:
    found = _batch(connection, id)
    if found.withdrawn_at is not None:
        raise Fault("batch-withdrawn", entry=str(id))
    return found


def _batch(connection: Connection, id: int) -> Delivered:
    found = _batches(connection, id, "", "", after="", most=ALL).rows if 0 < id < 1 << 63 else []
    if not found:
        raise Fault("no-batch", entry=str(id))
    return found[0]


def _batches(
    connection: Connection, id: int, campaign: str, number: str, *, after: str, most: int
) -> Page[Delivered]:
    ask = partial(SQL.list_batches, connection, id=id, campaign=campaign, number=digits(number))
    return page(ask, delivered_of, "id", after=after, most=most, first=NEWEST)


def delivered_of(row: dict[str, Any]) -> Delivered:
    return Delivered(
        **{
            **row,
            "imported_at": instant(row["imported_at"]),
            "withdrawn_at": instant(row["withdrawn_at"]) if row["withdrawn_at"] else None,
            "finding": msgspec.json.decode(row["finding"] or "{}", type=dict[str, RangeReport]),
        }
    )
