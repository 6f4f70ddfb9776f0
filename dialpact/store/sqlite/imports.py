"""An import: staged in batches beside the register, then applied in one transaction or not at all.

1. Staging locks the database only for a batch at a time, so the gate goes on deciding meanwhile.
2. The last step is one sorted INSERT: a million opt-outs hold the lock for about a second.
3. The log gets one line with the file's name, hash and counts, and every row that was replaced.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable
from datetime import datetime
from pathlib import Path
from typing import Any, Self

import aiosql
import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import CallerId, Consent, DncEntry
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.table import FileRead
from dialpact.store.ports.imports import Applied, Batch
from dialpact.store.sqlite.connection import Database, rows
from dialpact.store.sqlite.registers.caller_id import caller_id_fields
from dialpact.store.sqlite.registers.change import digits, log

# Staging passes rows by position, which is faster than by name, so these queries name no parameters.
STAGING = aiosql.from_path(
    Path(__file__).parent / "sql" / "imports.sql", "sqlite3", mandatory_parameters=False
)

Staged = tuple[Any, ...]


def _dnc(value: DncEntry) -> Staged:
    return digits(value.number), value.scope, value.value, stamp(value.requested_at), value.source


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
        self._staged = 0

    async def stage(self, batch: Batch[Any]) -> None:
        # Sorted before they are staged, which is three times as fast as in the file's order.
        prepared = sorted((*self._row(value), line) for line, value in batch)

        def work(connection: sqlite3.Connection) -> None:
            self._place.check()
            self._sql("stage")(connection, prepared)

        await self._database.transact(work)
        self._staged += len(prepared)

    async def apply(self, file: FileRead, *, bad: int, skip_bad: bool, by: str, at: datetime) -> Applied:
        def work(connection: sqlite3.Connection) -> Applied:
            self._place.check()
            clashes = tuple(
                (line, Fault(fault, **({"value": value} if value else {})))
                for line, fault, value in self._found(connection, "clashes")
            )
            unknown = tuple(value for (value,) in self._found(connection, "unknown"))
            if (bad or clashes) and not skip_bad:
                return Applied(clashes=clashes, unknown=unknown)
            if clashes:
                self._sql("drop_clash")(connection, [(line,) for line, _ in clashes])
            replaced = [_plain(row) for row in rows(self._found(connection, "replaced"))]
            count = int(self._sql("apply")(connection, at=stamp(at)))
            already = self._staged - len(clashes) - count
            found = {"bad": bad + len(clashes), "applied": count, "already": already, "replaced": replaced}
            detail = msgspec.structs.asdict(file) | found
            log(connection, self._register, "import", file.file, detail, by=by, at=at)
            return Applied(applied=count, already=already, clashes=clashes, unknown=unknown, done=True)

        return await self._database.transact(work)

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

        return cls(database, register, await database.transact(work))

    def check(self) -> None:
        """StoreBusy when it is another's by now."""
        self._database.check_turn(self._what, self._turn)


def _sql(step: str, register: str) -> Any:
    return getattr(STAGING, _name(step, register))


def _name(step: str, register: str) -> str:
    return f"{step}_{register.replace('-', '_')}"


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    lists = {name: json.loads(row[name]) for name in ("trunks", "purposes", "sent_as") if name in row}
    return row | lists
