"""What the registers say of attempts of the past."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.model import CallAttempt, Facts
from dialpact.store.units.database import Database
from dialpact.store.units.facts import facts


class FactsAsOf:
    """:class:`dialpact.store.ports.facts_as_of.FactsAsOf`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def of(
        self, attempts: Sequence[tuple[CallAttempt, datetime]], asked: FactRequirements
    ) -> list[Facts]:
        return await self._database.read(
            lambda connection: [facts(connection, attempt, asked, at, live=False) for attempt, at in attempts]
        )
