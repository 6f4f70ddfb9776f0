"""Recordings on disk against their rows: what must be there, what must not, and which files no row names."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Sequence
from datetime import datetime
from functools import partial
from itertools import islice
from typing import Any, TypeVar

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.recording import Disposed, FilesOf
from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import Page
from dialpact.store.units import ledger
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.files_of import files_of
from dialpact.store.units.registers.change import log
from dialpact.store.units.statements import statements

SQL = statements("custody", by_name=False)
BATCH = 10_000  # paths
LOOKING = "look for files that no row names"
PAGE = 200  # recordings with their leaves
T = TypeVar("T", bound=FilesOf)


class Custody:
    """:class:`dialpact.store.ports.custody.Custody`."""

    def __init__(self, database: Database, page: int = PAGE) -> None:
        self._database = database
        self._most = page

    async def foreign(self, found: Iterable[str]) -> Sequence[str]:
        # A temporary table, as a million paths fit into no list; writing into one is not reading either.
        def begin(connection: Connection) -> object:
            SQL.drop_found(connection)
            SQL.create_found(connection)
            return self._database.begin_turn(LOOKING)

        def insert(batch: list[tuple[str]], connection: Connection) -> None:
            self._database.check_turn(LOOKING, turn)
            SQL.insert_found(connection, batch)

        def foreign(connection: Connection) -> list[str]:
            self._database.check_turn(LOOKING, turn)
            return [path for (path,) in SQL.foreign_files(connection)]

        turn = await self._database.aside(begin)
        paths = iter(found)
        while batch := await asyncio.to_thread(lambda: [(path,) for path in islice(paths, BATCH)]):
            await self._database.aside(partial(insert, batch))
        return await self._database.aside(foreign)

    async def count_kept(self, since: datetime | None, until: datetime | None) -> int:
        bounds = _bounds(since, until)
        return await self._database.read(lambda connection: int(SQL.count_kept(connection, **bounds)[0]))

    async def kept(self, since: datetime | None, until: datetime | None, after: str = "") -> Page[FilesOf]:
        asked = _bounds(since, until) | {"id": after, "most": self._most}
        return await self._database.read(
            lambda connection: self._page(connection, SQL.kept_after(connection, **asked), _kept)
        )

    async def others(self, since: datetime | None, until: datetime | None, after: str = "") -> Page[FilesOf]:
        asked = _bounds(since, until) | {"id": after, "most": self._most}
        return await self._database.read(
            lambda connection: self._page(connection, SQL.others_after(connection, **asked), _other)
        )

    async def sample(self, since: datetime | None, until: datetime | None, most: int) -> Sequence[str]:
        asked = _bounds(since, until) | {"most": most}
        return await self._database.read(
            lambda connection: [id for (id,) in SQL.kept_at_random(connection, **asked)]
        )

    async def one(self, id: str) -> FilesOf:
        return await self._database.read(
            lambda connection: _kept(connection, SQL.recording(connection, id=id))
        )

    async def disposed(
        self, since: datetime | None, until: datetime | None, after: str = ""
    ) -> Page[Disposed]:
        asked = _bounds(since, until) | {"id": after, "most": self._most}
        return await self._database.read(
            lambda connection: self._page(connection, SQL.disposed_after(connection, **asked), _disposed)
        )

    async def heard(self, id: str, detail: dict[str, Any], *, by: str, at: datetime) -> None:
        def work(connection: Connection) -> None:
            if SQL.recording(connection, id=id)["disposed_at"] is not None:
                raise Fault("recording-disposed", entry=id)
            log(connection, "recording", "heard", id, detail, by=by, at=at)

        await self._database.transact(work)

    def _page(
        self,
        connection: Connection,
        found: Iterable[Any],
        entry: Callable[[Connection, Any], T],
    ) -> Page[T]:
        rows = [entry(connection, row) for row in list(found)]
        return Page(rows, rows[-1].id if len(rows) == self._most else "")


def _bounds(since: datetime | None, until: datetime | None) -> dict[str, Any]:
    return {"since": stamp(since) if since else "", "until": stamp(until) if until else ""}


def _kept(connection: Connection, row: Any) -> FilesOf:
    return FilesOf(**files_of(row), flaw=ledger.flaw(connection, "recording", row["id"]))


def _other(connection: Connection, row: Any) -> FilesOf:
    return msgspec.structs.replace(_kept(connection, row), files=())


def _disposed(connection: Connection, row: Any) -> Disposed:
    change = row["logged"]
    proven = change is not None and not ledger.flaw(connection, "register-change", str(change))
    return Disposed(**files_of(row), done=row["done_at"] is not None, proven=proven)
