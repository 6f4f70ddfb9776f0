"""The trial calls: acts in the log, and what a decision reads of them."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import NamedTuple

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ledger.bound.difference import Named
from dialpact.compliance.model import Business, Campaign, Trial
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.trial import CONFIRM, PREFIX, REGISTER, Confirmed, id_of
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.registers.change import log
from dialpact.store.units.statements import statements

SQL = statements("trials")
DAY = timedelta(hours=24)


class Trials:
    """:class:`dialpact.store.ports.trials.Trials`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def confirm(
        self, new: Confirmed, *, per_day: int, numbers_per_day: int, by: str, at: datetime
    ) -> None:
        def work(connection: Connection) -> None:
            self._database.hold(connection, ["trials"])
            numbers = [row["number"] for row in SQL.since(connection, at=stamp(at - DAY))]
            if len(numbers) >= per_day:
                raise Fault("trials-per-day", limit=str(per_day))
            if len({*numbers, new.number}) > numbers_per_day:
                raise Fault("trial-numbers-per-day", limit=str(numbers_per_day))
            log(connection, REGISTER, CONFIRM, new.id, new, by=by, at=at)

        await self._database.transact(work)


class Tried(NamedTuple):
    """A trial as a decision sees it: it stands where a campaign does. ``differing``: of any register."""

    trial: Trial
    campaign: Campaign
    business: Business
    differing: frozenset[Named]


def tried(connection: Connection, campaign: str) -> Tried | None:
    """None where the campaign names no trial that there is."""
    id = id_of(campaign)
    row = SQL.confirmed(connection, id=id) if id else None
    if row is None:
        return None
    said = msgspec.json.decode(row[2], type=Confirmed)
    used = SQL.used(connection, campaign=campaign)
    return Tried(
        Trial(
            id=id,
            number=said.number,
            by=row[1],
            confirmed_at=instant(row[0]),
            ends_at=said.ends_at,
            used=used[0] if used else "",
        ),
        Campaign(id=campaign, business=said.business, industry=PREFIX.rstrip("."), purpose=said.purpose),
        Business(id=row[3], name=row[4], actor=row[5]),
        frozenset((register, key) for register, key in json.loads(row[6])) if row[6] else frozenset(),
    )
