"""The files that prove consents: entries of a plain register, which the log keeps."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from datetime import datetime
from functools import partial

from dialpact.compliance.clock import stamp
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.consent_evidence import REGISTER, ConsentEvidence
from dialpact.store.ports.consent_evidence import Unnamed
from dialpact.store.ports.page import ALL, Page
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers.change import log
from dialpact.store.sqlite.registers.plain import ADDED, REMOVED, Entries, present
from dialpact.store.sqlite.statements import statements

SQL = statements("consent_evidence")
LOGGED_AS = REGISTER.logged_as


class ConsentEvidences:
    """:class:`dialpact.store.ports.consent_evidence.ConsentEvidences` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, new: ConsentEvidence, *, by: str, at: datetime) -> Outcome:
        def work(connection: sqlite3.Connection) -> Outcome:
            if is_kept(connection, new.id):
                return "already"
            log(connection, LOGGED_AS, ADDED, new.id, new, by=by, at=at)
            return "added"

        return await self._database.transact(work)

    async def list(self, *, after: str = "", most: int = ALL) -> Page[ConsentEvidence]:
        return await Entries(self._database).list(REGISTER, after=after, most=most)

    async def named(self) -> Collection[str]:
        return await self._database.read(lambda connection: {str(row["id"]) for row in SQL.named(connection)})

    async def unnamed(self, before: datetime, others: Sequence[str] = ()) -> Unnamed:
        def work(connection: sqlite3.Connection) -> Unnamed:
            (as_of,) = SQL.last_change(connection)
            old = [
                str(row["id"]) for row in SQL.kept_before(connection, register=LOGGED_AS, at=stamp(before))
            ]
            asked = {*old, *others}
            if not asked:
                return Unnamed(ids=(), as_of=as_of)
            named = {str(row["id"]) for row in SQL.named_of(connection, ids=json.dumps(sorted(asked)))}
            return Unnamed(ids=tuple(sorted(asked - named)), as_of=as_of)

        return await self._database.read(work)

    async def drop(self, found: Unnamed, *, reason: str, by: str, at: datetime) -> Sequence[str]:
        return await self._database.transact(
            partial(_drop, found=found, reason=reason, by=by, at=at) if found.ids else lambda _: []
        )


def is_kept(connection: sqlite3.Connection, id: str) -> bool:
    return present(connection, REGISTER, id) is not None


def _drop(connection: sqlite3.Connection, *, found: Unnamed, reason: str, by: str, at: datetime) -> list[str]:
    """An import since then may have brought in any: then nothing is dropped this time."""
    if SQL.imported_since(connection, as_of=found.as_of) is not None:
        return []
    dropped = []
    for id in found.ids:
        if SQL.named_since(connection, as_of=found.as_of, id=id) is None:
            if (before := present(connection, REGISTER, id)) is not None:
                log(connection, LOGGED_AS, REMOVED, id, {"from": before, "reason": reason}, by=by, at=at)
            dropped.append(id)
    return dropped
