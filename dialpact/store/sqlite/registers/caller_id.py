"""The register of caller IDs."""

from __future__ import annotations

import json
import sqlite3
from datetime import date, datetime
from typing import Any

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import CallerId
from dialpact.compliance.registers import Outcome
from dialpact.compliance.registers.fault import Fault
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.registers.change import SQL, log, need_business


async def put_caller_id(store: Database, new: CallerId, *, by: str, at: datetime) -> Outcome:
    """Adds or updates: licences are renewed and trunks change. The log keeps what was before."""

    def work(connection: sqlite3.Connection) -> Outcome:
        need_business(connection, new.business)
        before = _caller_ids(connection, number=new.number)
        if before == [new]:
            return "already"
        SQL.put_caller_id(connection, created_at=stamp(at), **caller_id_fields(new))
        action = "update" if before else "add"
        log(connection, "caller-id", action, new.number, {"to": new, "from": before}, by=by, at=at)
        return "updated" if before else "added"

    return await store.transact(work)


async def remove_caller_id(store: Database, number: str, *, reason: str, by: str, at: datetime) -> CallerId:
    """What was removed. Fault when it is not registered."""

    def work(connection: sqlite3.Connection) -> CallerId:
        before = _caller_ids(connection, number=number)
        if not before:
            raise Fault("not-registered", entry=number)
        SQL.delete_caller_id(connection, number=number)
        log(connection, "caller-id", "remove", number, {"from": before, "reason": reason}, by=by, at=at)
        return before[0]

    return await store.transact(work)


async def list_caller_ids(store: Database, *, number: str = "", business: str = "") -> list[CallerId]:
    return await store.transact(lambda connection: _caller_ids(connection, number, business))


def caller_id_fields(value: CallerId) -> dict[str, Any]:
    """The columns."""
    return msgspec.structs.asdict(value) | {
        "authenticated": int(value.authenticated),
        "trunks": json.dumps(value.trunks),
        "purposes": json.dumps(value.purposes),
        "valid_from": value.valid_from.isoformat(),
        "valid_to": value.valid_to.isoformat() if value.valid_to else None,
        "sent_as": json.dumps(value.sent_as),
    }


def _caller_ids(connection: sqlite3.Connection, number: str = "", business: str = "") -> list[CallerId]:
    return [
        CallerId(
            **{
                **dict(row),
                "authenticated": bool(row["authenticated"]),
                "trunks": tuple(json.loads(row["trunks"])),
                "purposes": tuple(json.loads(row["purposes"])),
                "valid_from": date.fromisoformat(row["valid_from"]),
                "valid_to": date.fromisoformat(row["valid_to"]) if row["valid_to"] else None,
                "sent_as": tuple(json.loads(row["sent_as"])),
            }
        )
        for row in SQL.list_caller_ids(connection, number=number, business=business)
    ]
