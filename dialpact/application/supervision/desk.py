"""What every use case of a supervisor is given."""

from __future__ import annotations

import asyncio
from datetime import datetime, timedelta

import msgspec

from dialpact.compliance import calendars
from dialpact.compliance.calendars import WorkingDays
from dialpact.compliance.clock import Clock
from dialpact.compliance.ledger.note import Signer
from dialpact.compliance.supervision.config import SuperviseConfig
from dialpact.store.ports.supervision import SupervisionStore


class Desk(msgspec.Struct, frozen=True):
    """``by``: who acts, for the log of acts; the witness itself where nobody does."""

    store: SupervisionStore
    config: SuperviseConfig
    signer: Signer
    clock: Clock
    by: str = "witness"

    def now(self) -> datetime:
        return self.clock.now()

    @property
    def late(self) -> timedelta:
        """Longer without a checkpoint is a gap."""
        return timedelta(minutes=self.config.witness.late_minutes)

    async def calendar(self) -> WorkingDays:
        """Read anew each time: a year that is added counts at once. CalendarError."""
        folder = self.config.supervisor.calendars
        return await asyncio.to_thread(calendars.load, self.config.path(folder) if folder else None)
