"""The register of suspensions: what is in force, who lifted it, and all that there was before."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from functools import partial
from typing import Any

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Suspendable
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.suspension import SuspensionEntry, entry_key
from dialpact.store.ports.page import ALL, Page
from dialpact.store.units.database import Connection, Database
from dialpact.store.units.paging import page
from dialpact.store.units.registers.change import log
from dialpact.store.units.statements import statements

SQL = statements("suspensions")


def suspend(
    connection: Connection,
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


class Suspensions:
    """:class:`dialpact.store.ports.suspensions.Suspensions`."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, kind: Suspendable, key: str, *, cause: str, by: str, at: datetime) -> Outcome:
        def work(connection: Connection) -> Outcome:
            if not registered(connection, kind, key):
                raise Fault("not-registered", entry=key)
            new = suspend(connection, kind, key, cause=cause, evidence=(), by=by, at=at)
            return "added" if new else "already"

        return await self._database.transact(work)

    async def lift(
        self, kind: Suspendable, key: str, *, reason: str, by: str, at: datetime
    ) -> SuspensionEntry:
        def work(connection: Connection) -> SuspensionEntry:
            found = _suspensions(connection, kind, key, lifted=False).rows
            if not found:
                raise Fault("not-suspended", entry=entry_key(kind, key))
            fields = {"lifted_at": stamp(at), "lifted_by": by, "lift_reason": reason}
            SQL.lift_suspension(connection, kind=kind, key=key, **fields)
            detail = {"from": found[-1], "reason": reason}
            log(connection, "suspension", "lift", entry_key(kind, key), detail, by=by, at=at)
            return _suspensions(connection, kind, key, lifted=True).rows[-1]

        return await self._database.transact(work)

    async def list(
        self, *, kind: str = "", key: str = "", lifted: bool = False, after: str = "", most: int = ALL
    ) -> Page[SuspensionEntry]:
        return await self._database.read(
            lambda connection: _suspensions(connection, kind, key, lifted=lifted, after=after, most=most)
        )


def last_lifted(connection: Connection, kind: Suspendable, key: str) -> str:
    """The stamp of the last lifting, empty when there was none: what was before it no longer counts."""
    return str(SQL.last_lifted(connection, kind=kind, key=key)[0])


def registered(connection: Connection, kind: Suspendable, key: str) -> bool:
    """Agents have no register: every one is known."""
    known = {"campaign": SQL.has_campaign, "caller-id": SQL.has_caller_id}.get(kind)
    return known is None or known(connection, key=key) is not None


def _suspensions(
    connection: Connection,
    kind: str,
    key: str,
    *,
    lifted: bool,
    after: str = "",
    most: int = ALL,
) -> Page[SuspensionEntry]:
    wanted = {"kind": kind, "key": key, "lifted": lifted}
    return page(
        partial(SQL.list_suspensions, connection, **wanted), suspension_of, "seq", after=after, most=most
    )


def suspension_of(row: dict[str, Any]) -> SuspensionEntry:
    del row["seq"]
    return SuspensionEntry(
        **{
            **row,
            "since": instant(row["since"]),
            "evidence": tuple(json.loads(row["evidence"])),
            "lifted_at": instant(row["lifted_at"]) if row["lifted_at"] else None,
        }
    )
