"""What the registers say of attempts of the past: as they are now, without what was learnt later."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from dialpact.compliance.fact_requirements import FactRequirements
from dialpact.compliance.model import CallAttempt, Facts
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.facts import facts


async def look_back(
    store: Database, attempts: Sequence[tuple[CallAttempt, datetime]], asked: FactRequirements
) -> list[Facts]:
    """The facts of each attempt at its instant, in one short transaction. The recorder is not asked."""
    found = await store.transact(
        lambda connection: [facts(connection, attempt, asked, at, live=False) for attempt, at in attempts]
    )
    return [known_then(each, at) for each, (_, at) in zip(found, attempts, strict=True)]


def known_then(found: Facts, at: datetime) -> Facts:
    """Without refusals and leads that came later. Consents are judged by their own times.

    Suspensions are left out: they are a state of today. What has been removed since is not there any more.
    """
    return replace(
        found,
        refusals=tuple(refusal for refusal in found.refusals if refusal.requested_at <= at),
        leads=tuple(batch for batch in found.leads if batch.imported_at <= at),
        suspensions=(),
    )
