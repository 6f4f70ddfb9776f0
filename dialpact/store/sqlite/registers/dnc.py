"""The register of refusals."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import Refusal
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers.change import ALL, SQL, digits, log


async def add_refusal(store: Database, new: Refusal, *, by: str, at: datetime) -> Outcome:
    """In force when this returns. One that is in force already stays as it was first recorded."""
    return await store.transact(lambda connection: write_refusal(connection, new, by=by, at=at))


def write_refusal(connection: sqlite3.Connection, new: Refusal, *, by: str, at: datetime) -> Outcome:
    """The same inside a transaction."""
    fields = msgspec.structs.asdict(new) | {
        "number": digits(new.number),
        "requested_at": stamp(new.requested_at),
    }
    if not SQL.insert_refusal(connection, created_at=stamp(at), **fields):
        return "already"
    log(connection, "dnc", "add", new.number, new, by=by, at=at)
    return "added"


async def remove_refusal(
    store: Database, number: str, scope: str, value: str, *, reason: str, by: str, at: datetime
) -> None:
    """An act of its own, with who and why; the log keeps the entry. Fault when there is none."""

    def work(connection: sqlite3.Connection) -> None:
        key = {"number": digits(number), "scope": scope, "value": value}
        before = SQL.get_refusal(connection, **key)
        if before is None:
            raise Fault("no-refusal", entry=number, scope=scope, value=value)
        SQL.delete_refusal(connection, **key)
        detail = {"scope": scope, "value": value, **dict(before), "reason": reason}
        log(connection, "dnc", "remove", number, detail, by=by, at=at)

    await store.transact(work)


async def list_refusals(
    store: Database, *, number: str = "", scope: str = "", value: str = "", most: int = ALL
) -> list[Refusal]:
    found = await store.transact(
        lambda connection: list(
            SQL.list_refusals(connection, number=digits(number), scope=scope, value=value, most=most)
        )
    )
    return [
        Refusal(
            number=f"+{row['number']}",
            scope=row["scope"],
            value=row["value"],
            requested_at=instant(row["requested_at"]),
            source=row["source"],
        )
        for row in found
    ]
