"""The register of suspensions: what is in force, who lifted it, and all that there was before."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import aiosql

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Suspendable, Suspension
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite.connection import Store
from dialpact.store.sqlite.registers.change import Outcome, log

SQL = aiosql.from_path(Path(__file__).parents[1] / "sql" / "suspensions.sql", "sqlite3")


class SuspensionEntry(Suspension, frozen=True, kw_only=True):
    """One with its history: who suspended and on which evidence, who lifted it and why."""

    by: str
    evidence: tuple[str, ...]  # ids of the decisions or complaints that led to it
    lifted_at: datetime | None
    lifted_by: str
    lift_reason: str


def suspend(
    connection: sqlite3.Connection,
    kind: Suspendable,
    key: str,
    *,
    cause: str,
    evidence: Sequence[str],
    by: str,
    at: datetime,
) -> bool:
    """For a transaction that is under way. Whether it is new: one in force stays, with its first cause."""
    fields = {"cause": cause, "evidence": json.dumps(list(evidence))}
    if not SQL.insert_suspension(connection, kind=kind, key=key, since=stamp(at), by=by, **fields):
        return False
    detail = {"cause": cause, "evidence": list(evidence)}
    log(connection, "suspension", "add", entry_key(kind, key), detail, by=by, at=at)
    return True


async def add_suspension(
    store: Store, kind: Suspendable, key: str, *, cause: str, by: str, at: datetime
) -> Outcome:
    """An officer's. Fault for a campaign or a caller ID that is not registered: it would suspend nothing."""

    def work(connection: sqlite3.Connection) -> Outcome:
        if not registered(connection, kind, key):
            raise Fault("not-registered", entry=key)
        new = suspend(connection, kind, key, cause=cause, evidence=(), by=by, at=at)
        return "added" if new else "already"

    return await store.transact(work)


async def lift_suspension(
    store: Store, kind: Suspendable, key: str, *, reason: str, by: str, at: datetime
) -> SuspensionEntry:
    """What was lifted; from now on the count starts anew. Fault when none is in force."""

    def work(connection: sqlite3.Connection) -> SuspensionEntry:
        found = _suspensions(connection, kind, key, lifted=False)
        if not found:
            raise Fault("not-suspended", entry=entry_key(kind, key))
        fields = {"lifted_at": stamp(at), "lifted_by": by, "lift_reason": reason}
        SQL.lift_suspension(connection, kind=kind, key=key, **fields)
        detail = {"from": found[-1], "reason": reason}
        log(connection, "suspension", "lift", entry_key(kind, key), detail, by=by, at=at)
        return _suspensions(connection, kind, key, lifted=True)[-1]

    return await store.transact(work)


async def list_suspensions(
    store: Store, *, kind: str = "", key: str = "", lifted: bool = False
) -> list[SuspensionEntry]:
    """Oldest first; ``lifted``: also those that are no longer in force."""
    return await store.transact(lambda connection: _suspensions(connection, kind, key, lifted=lifted))


def last_lifted(connection: sqlite3.Connection, kind: Suspendable, key: str) -> str:
    """The stamp of the last lifting, empty when there was none: what was before it no longer counts."""
    return str(SQL.last_lifted(connection, kind=kind, key=key)[0])


def entry_key(kind: str, key: str) -> str:
    """Under which the log has it: a campaign and an agent may have the same name."""
    return f"{kind} {key}"


def registered(connection: sqlite3.Connection, kind: Suspendable, key: str) -> bool:
    """Agents have no register: every one is known."""
    known = {"campaign": SQL.has_campaign, "caller-id": SQL.has_caller_id}.get(kind)
    return known is None or known(connection, key=key) is not None


def _suspensions(
    connection: sqlite3.Connection, kind: str, key: str, *, lifted: bool
) -> list[SuspensionEntry]:
    return [_entry(dict(row)) for row in SQL.list_suspensions(connection, kind=kind, key=key, lifted=lifted)]


def _entry(row: dict[str, Any]) -> SuspensionEntry:
    return SuspensionEntry(
        **{
            **row,
            "since": instant(row["since"]),
            "evidence": tuple(json.loads(row["evidence"])),
            "lifted_at": instant(row["lifted_at"]) if row["lifted_at"] else None,
        }
    )
