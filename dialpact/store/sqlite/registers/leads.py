"""The register of leads: batches are taken back, never deleted, and only an officer releases a held one."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from pathlib import Path

import aiosql
import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.ranges import Report
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.registers.leads import Delivered, Delivery
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers.change import ALL, digits, log

SQL = aiosql.from_path(Path(__file__).parents[1] / "sql" / "leads.sql", "sqlite3")


def insert(
    connection: sqlite3.Connection,
    delivery: Delivery,
    *,
    file: str,
    sha256: str,
    finding: str,
    held: str,
    by: str,
    at: str,
) -> int:
    """The id of the new batch, which has no numbers yet."""
    return int(
        SQL.insert_batch(
            connection,
            **msgspec.structs.asdict(delivery),
            file=file,
            sha256=sha256,
            imported_at=at,
            imported_by=by,
            rows=0,
            finding=finding,
            held=held,
        )
    )


async def list_batches(
    store: Database, *, campaign: str = "", number: str = "", most: int = ALL
) -> list[Delivered]:
    """The newest first, withdrawn ones too; ``number``: those that it is on."""
    return await store.transact(lambda connection: _batches(connection, 0, campaign, number, most))


async def get_batch(store: Database, id: int) -> Delivered:
    """Fault when there is none."""
    return await store.transact(lambda connection: _batch(connection, id))


async def release_batch(store: Database, id: int, *, reason: str, by: str, at: datetime) -> Delivered:
    """From now on its numbers count. Fault when it is not held; what it was held for stays in the log."""

    def work(connection: sqlite3.Connection) -> Delivered:
        before = _in_force(connection, id)
        if not before.held:
            raise Fault("not-held", entry=str(id))
        SQL.release_batch(connection, id=id)
        log(connection, "leads", "release", str(id), {"held": before.held, "reason": reason}, by=by, at=at)
        return _batch(connection, id)

    return await store.transact(work)


async def withdraw_batch(store: Database, id: int, *, reason: str, by: str, at: datetime) -> Delivered:
    """From now on its numbers do not count. Fault when it was withdrawn already."""

    def work(connection: sqlite3.Connection) -> Delivered:
        _in_force(connection, id)
        SQL.withdraw_batch(connection, id=id, withdrawn_at=stamp(at))
        log(connection, "leads", "withdraw", str(id), {"reason": reason}, by=by, at=at)
        return _batch(connection, id)

    return await store.transact(work)


def _in_force(connection: sqlite3.Connection, id: int) -> Delivered:
    found = _batch(connection, id)
    if found.withdrawn_at is not None:
        raise Fault("batch-withdrawn", entry=str(id))
    return found


def _batch(connection: sqlite3.Connection, id: int) -> Delivered:
    found = _batches(connection, id, "", "", 1) if 0 < id < 1 << 63 else []
    if not found:
        raise Fault("no-batch", entry=str(id))
    return found[0]


def _batches(
    connection: sqlite3.Connection, id: int, campaign: str, number: str, most: int
) -> list[Delivered]:
    found = SQL.list_batches(connection, id=id, campaign=campaign, number=digits(number), most=most)
    return [
        Delivered(
            **{
                **dict(row),
                "imported_at": instant(row["imported_at"]),
                "withdrawn_at": instant(row["withdrawn_at"]) if row["withdrawn_at"] else None,
                "finding": msgspec.json.decode(row["finding"] or "{}", type=dict[str, Report]),
            }
        )
        for row in found
    ]
