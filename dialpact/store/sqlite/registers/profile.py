"""The profiles' texts, kept since they were first in force: a decision names them by their SHA-256 alone."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterable
from datetime import datetime

from dialpact.compliance.profile import Profile
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers.change import SQL, log

BY = "dialpact"


async def note_profiles(store: Database, profiles: Iterable[Profile], *, at: datetime) -> None:
    """One line of the log for each text that it does not have; the gate does so before it answers."""

    def work(connection: sqlite3.Connection) -> None:
        for profile in profiles:
            if list(SQL.history(connection, register="profile", keys=json.dumps([profile.sha256]))):
                continue
            about = {"id": profile.id, "version": profile.version, "text": profile.text}
            log(connection, "profile", "in-force", profile.sha256, about, by=BY, at=at)

    await store.transact(work)
