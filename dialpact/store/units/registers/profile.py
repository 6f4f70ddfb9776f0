"""The profiles' texts, kept since they were first in force: a decision names them by their SHA-256 alone."""

from __future__ import annotations

import json
from collections.abc import Iterable
from datetime import datetime

from dialpact.compliance.profile import Profile
from dialpact.compliance.registers.change import ITSELF
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.registers.change import SQL, log


class Profiles:
    """:class:`dialpact.store.ports.profiles.Profiles`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def note(self, profiles: Iterable[Profile], *, at: datetime) -> None:
        def work(connection: Connection) -> None:
            for profile in profiles:
                if list(SQL.history(connection, register="profile", keys=json.dumps([profile.sha256]))):
                    continue
                about = {"id": profile.id, "version": profile.version, "text": profile.text}
                log(connection, "profile", "in-force", profile.sha256, about, by=ITSELF, at=at)

        await self._database.transact(work)
