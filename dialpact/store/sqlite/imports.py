"""An import: staged in batches beside the register, then applied in one transaction or not at all.

1. Staging locks the database only for a batch at a time, so the gate goes on deciding meanwhile.
2. The last step is one sorted INSERT: a million refusals hold the lock for about a second.
3. The log gets one line with the file's name, hash and counts, and every row that was replaced.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Callable, Iterable
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosql
import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import CallerId, Consent, Refusal
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite.connection import Database, rows
from dialpact.store.sqlite.registers import caller_id_fields, digits, log

# Staging passes rows by position, which is faster than by name, so these queries name no parameters.
SQL = aiosql.from_path(Path(__file__).parent / "sql" / "imports.sql", "sqlite3", mandatory_parameters=False)
BATCH = 50_000  # rows; sorted before they are staged, which is three times as fast as in the file's order

Staged = tuple[Any, ...]


class Applied(msgspec.Struct, frozen=True, kw_only=True):
    """``clashes``: rows that contradict the register or the file itself, as (line, fault)."""

    applied: int = 0  # rows that changed the register
    already: int = 0  # rows that it held already, and repetitions
    clashes: tuple[tuple[int, Fault], ...] = ()
    unknown: tuple[str, ...] = ()  # businesses and industries nobody has registered, at most 20 of them
    done: bool = False
    about: dict[str, Any] = {}  # what else the register has to say of this file


def _dnc(value: Refusal) -> Staged:
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


def _lead(number: str) -> Staged:
    return (digits(number),)


STAGED: dict[str, Callable[[Any], Staged]] = {
    "dnc": _dnc,
    "consent": _consent,
    "caller-id": _caller_id,
    "leads": _lead,
}


class Import:
    """One file into one register: ``begin``, ``stage`` as often as needed, ``apply``."""

    def __init__(self, store: Database, register: str) -> None:
        self.register = register
        self._store = store
        self._row = STAGED[register]
        self._name = register.replace("-", "_")
        self._staged = 0

    async def begin(self) -> None:
        def work(connection: sqlite3.Connection) -> None:
            SQL.cache_size(connection)
            self._sql("drop")(connection)
            self._sql("create")(connection)

        await self._store.transact(work)

    async def stage(self, batch: Iterable[tuple[int, Any]]) -> None:
        """``batch``: line number and value; at most BATCH of them keeps memory and locks small."""
        prepared = sorted((*self._row(value), line) for line, value in batch)
        await self._store.transact(lambda connection: self._sql("stage")(connection, prepared))
        self._staged += len(prepared)

    def refuse(self, fault: Fault) -> None:
        """Hears of every bad row, for a register to which it says something."""

    async def apply(
        self, *, bad: int, skip_bad: bool, detail: dict[str, Any], key: str, by: str, at: datetime
    ) -> Applied:
        """Nothing is changed if there are ``bad`` rows or clashes, unless ``skip_bad``."""

        def work(connection: sqlite3.Connection) -> Applied:
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
            log(connection, self.register, "import", key, detail | found, by=by, at=at)
            return Applied(applied=count, already=already, clashes=clashes, unknown=unknown, done=True)

        return await self._store.transact(work)

    def _sql(self, step: str) -> Any:
        return getattr(SQL, f"{step}_{self._name}")

    def _found(self, connection: sqlite3.Connection, step: str) -> list[Any]:
        """Nothing for a register that has no such step: a refusal clashes with nothing."""
        known = f"{step}_{self._name}" in SQL.available_queries
        return list(self._sql(step)(connection)) if known else []


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    lists = {name: json.loads(row[name]) for name in ("trunks", "purposes", "sent_as") if name in row}
    return row | lists
