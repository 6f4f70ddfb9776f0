"""An import: staged in batches beside the register, then applied in one transaction or not at all.

1. Staging holds no lock, so the gate goes on deciding meanwhile.
2. Nor does the sorting of opt-outs, which leaves out those that the register has: a list that comes again
   every day holds the lock for what is new in it.
3. The last step is one sorted INSERT: a million new opt-outs hold the lock for about a second.
4. The log gets one line with the file's name, hash and counts, and every row that was replaced.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterator
from datetime import datetime
from functools import lru_cache
from typing import Any, Self, TypeVar

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import CallerId, Consent, DncEntry
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.imports import Applied, Batch
from dialpact.store.sqlite.connection import Database, Work, rows
from dialpact.store.sqlite.registers.caller_id import caller_id_fields
from dialpact.store.sqlite.registers.change import digits, log
from dialpact.store.sqlite.statements import statements

# Staging passes rows by position, which is faster than by name, so these queries name no parameters.
STAGING = statements("imports", by_name=False)

CACHE = 16_384  # KiB of the register for what goes through it once, in its order; and as much for sorting

T = TypeVar("T")
Staged = tuple[Any, ...]


_stamp = lru_cache(4096)(stamp)  # a list of a million rows repeats its times


def _dnc(value: DncEntry) -> Staged:
    return digits(value.number), value.scope, value.value, _stamp(value.requested_at), value.source


def _consent(value: Consent) -> Staged:
    expires = stamp(value.expires_at) if value.expires_at else ""
    return (
        digits(value.number),
        value.business,
        value.industry,
        stamp(value.granted_at),
        expires,
        value.evidence,
        value.evidence_sha256,
        value.wording,
    )


def _caller_id(value: CallerId) -> Staged:
    fields = caller_id_fields(value)
    return tuple("" if field is None else field for field in fields.values())


STAGED: dict[str, Callable[[Any], Staged]] = {"dnc": _dnc, "consent": _consent, "caller-id": _caller_id}


class Imports:
    """:class:`dialpact.store.ports.imports.Imports` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def begin(self, register: str) -> Staging:
        return Staging(self._database, register, await Place.begin(self._database, register))


class Staging:
    """:class:`dialpact.store.ports.imports.Staging` on SQLite."""

    def __init__(self, database: Database, register: str, place: Place) -> None:
        self._database = database
        self._register = register
        self._place = place
        self._row = STAGED[register]
        self._late = _name("sort", register) in STAGING.available_queries
        self._batches = self._staged = 0

    async def stage(self, batch: Batch[Any]) -> None:
        self._batches += 1

        def work(connection: sqlite3.Connection) -> None:
            self._place.check()
            self._sql("stage")(connection, self._prepared(batch))

        await self._database.aside(work)
        self._staged += len(batch)

    def _prepared(self, batch: Batch[Any]) -> Iterator[Staged]:
        """What is sorted late has the number of its batch. The others have that of the line, and are sorted
        before they are staged: three times as fast as in the file's order.
        """
        if self._late:
            return ((*self._row(value), self._batches) for _, value in batch)
        return iter(sorted((*self._row(value), line) for line, value in batch))

    def _sort(self, connection: sqlite3.Connection) -> int:
        """Until which change of a register it is true what was left out."""
        self._place.check()
        last = int(STAGING.last_change(connection)[0])
        for step in ("drop_new", "create_new", "sort", "leave_out_known"):
            self._sql(step)(connection)
        return last

    async def apply(self, file: FileRead, *, bad: int, skip_bad: bool, by: str, at: datetime) -> Applied:
        last, names = await self._database.aside(_small(self._beside)) if self._late else (0, None)

        def work(connection: sqlite3.Connection) -> Applied:
            self._place.check()
            if self._late and STAGING.removed_since(connection, seq=last)[0]:
                self._sort(connection)  # what was left out may be what was removed meanwhile
            clashes = tuple(
                (line, Fault(fault, **({"value": value} if value else {})))
                for line, fault, value in self._found(connection, "clashes")
            )
            unknown = self._unknown(connection) if names is None else names
            if (bad or clashes) and not skip_bad:
                return Applied(clashes=clashes, unknown=unknown)
            if clashes:
                self._sql("drop_clash")(connection, [(line,) for line, _ in clashes])
            replaced = [_plain(row) for row in rows(self._found(connection, "replaced"))]
            count = self._applied(connection, at)
            already = self._staged - len(clashes) - count
            found = {"bad": bad + len(clashes), "applied": count, "already": already, "replaced": replaced}
            detail = file.logged | found
            log(connection, self._register, "import", file.file, detail, by=by, at=at)
            return Applied(applied=count, already=already, clashes=clashes, unknown=unknown, done=True)

        return await self._database.transact(_small(work))

    def _beside(self, connection: sqlite3.Connection) -> tuple[int, tuple[str, ...]]:
        """What needs a look at every row, and no lock: the sorting, and the names nobody has registered."""
        return self._sort(connection), self._unknown(connection)

    def _applied(self, connection: sqlite3.Connection, at: datetime) -> int:
        """How many rows changed the register. The checks, half of the work, were made by the same constraints
        as the rows were sorted.
        """
        try:
            if self._late:
                STAGING.without_checks(connection)
            return int(self._sql("apply")(connection, at=stamp(at)))
        finally:
            STAGING.with_checks(connection)

    def _unknown(self, connection: sqlite3.Connection) -> tuple[str, ...]:
        return tuple(value for (value,) in self._found(connection, "unknown"))

    def _sql(self, step: str) -> Any:
        return _sql(step, self._register)

    def _found(self, connection: sqlite3.Connection, step: str) -> list[Any]:
        """Nothing for a register that has no such step: an opt-out clashes with nothing."""
        known = _name(step, self._register) in STAGING.available_queries
        return list(self._sql(step)(connection)) if known else []


class Place:
    """An empty place for the rows of a file. A connection has one for each register."""

    def __init__(self, database: Database, register: str, turn: object) -> None:
        self._database, self._what, self._turn = database, f"import of {register}", turn

    @classmethod
    async def begin(cls, database: Database, register: str) -> Self:
        def work(connection: sqlite3.Connection) -> object:
            STAGING.cache_size(connection)
            _sql("drop", register)(connection)
            _sql("create", register)(connection)
            return database.begin_turn(f"import of {register}")

        return cls(database, register, await database.aside(work))

    def check(self) -> None:
        """StoreBusy when it is another's by now."""
        self._database.check_turn(self._what, self._turn)


def _small(work: Work[T]) -> Work[T]:
    """``work`` with a small cache: SQLite sorts in as much memory again."""

    def run(connection: sqlite3.Connection) -> T:
        (before,) = connection.execute("PRAGMA main.cache_size").fetchone()
        connection.execute(f"PRAGMA main.cache_size = {-CACHE}")
        try:
            return work(connection)
        finally:
            connection.execute(f"PRAGMA main.cache_size = {before}")

    return run


def _sql(step: str, register: str) -> Any:
    return getattr(STAGING, _name(step, register))


def _name(step: str, register: str) -> str:
    return f"{step}_{register.replace('-', '_')}"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    lists = {name: json.loads(row[name]) for name in ("trunks", "purposes", "sent_as") if name in row}
    return row | lists
