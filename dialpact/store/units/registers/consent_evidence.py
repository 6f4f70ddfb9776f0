"""The files that prove consents: entries of a plain register, which the log keeps."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from functools import partial

from dialpact.compliance.clock import stamp
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.consent_evidence import REGISTER, ConsentEvidence
from dialpact.store.ports.consent_evidence import Unnamed
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database, Row
from dialpact.store.units.registers.change import log
from dialpact.store.units.registers.plain import ADDED, REMOVED, Entries, present
from dialpact.store.units.statements import statements

SQL = statements("consent_evidence")
LOGGED_AS = REGISTER.logged_as
TOGETHER = 20_000  # consents of a part


class ConsentEvidences:
    """:class:`dialpact.store.ports.consent_evidence.ConsentEvidences`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def keep(self, new: ConsentEvidence, *, by: str, at: datetime) -> Outcome:
        def work(connection: Connection) -> Outcome:
            if is_kept(connection, new.id):
                return "already"
            log(connection, LOGGED_AS, ADDED, new.id, new, by=by, at=at)
            return "added"

        return await self._database.transact(work)

    async def list(self, *, after: str = "", most: int = ALL) -> Page[ConsentEvidence]:
        return await Entries(self._database).list(REGISTER, after=after, most=most)

    async def named(self) -> Collection[str]:
        found = await self._database.read(lambda connection: _ids(SQL.named_arriving(connection)))
        after: int | None = 0
        while after is not None:
            ids, after = await self._database.read(partial(_part, after))
            found |= ids
        return found

    async def unnamed(self, before: datetime) -> Unnamed:
        def work(connection: Connection) -> Unnamed:
            (as_of,) = SQL.last_change(connection)
            old = SQL.kept_before(connection, register=LOGGED_AS, at=stamp(before))
            return Unnamed(ids=tuple(sorted(_ids(old))), as_of=as_of)

        asked = await self._database.read(work)
        named = await self.named() if asked.ids else ()
        return Unnamed(ids=tuple(id for id in asked.ids if id not in named), as_of=asked.as_of)

    async def drop(self, found: Unnamed, *, reason: str, by: str, at: datetime) -> Sequence[str]:
        return await self._database.transact(
            partial(_drop, found=found, reason=reason, by=by, at=at) if found.ids else lambda _: []
        )


def _ids(rows: Iterable[Row]) -> set[str]:
    return {str(row["id"]) for row in rows}


def _part(after: int, connection: Connection) -> tuple[set[str], int | None]:
    """Of so many consents, and the number that they end with; None: they were the last ones."""
    (until,) = SQL.part_until(connection, after=after, most=TOGETHER)
    return (
        (set(), None)
        if until is None
        else (_ids(SQL.named_in_part(connection, after=after, until=until)), until)
    )


def is_kept(connection: Connection, id: str) -> bool:
    return present(connection, REGISTER, id) is not None


def _drop(connection: Connection, *, found: Unnamed, reason: str, by: str, at: datetime) -> list[str]:
    """An import since then may have brought in any: then nothing is dropped this time."""
    if SQL.imported_since(connection, as_of=found.as_of) is not None:
        return []
    dropped = []
    for id in found.ids:
        before = present(connection, REGISTER, id)
        if before is not None and SQL.named_since(connection, as_of=found.as_of, id=id) is None:
            log(connection, LOGGED_AS, REMOVED, id, {"from": before, "reason": reason}, by=by, at=at)
            dropped.append(id)
    return dropped
