"""The do-not-call register's own rows, for a transaction that is under way."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dialpact.compliance.clock import instant, stamp
from dialpact.compliance.model import DncEntry
from dialpact.compliance.registers import Outcome
from dialpact.store.units.arriving import settle
from dialpact.store.units.database import Connection
from dialpact.store.units.registers.change import SQL, digits, log


def write_opt_out(connection: Connection, new: DncEntry, *, by: str, at: datetime) -> Outcome:
    """One that is in force already stays as it was first recorded."""
    settle(connection, "dnc", digits(new.number))
    fields = msgspec.structs.asdict(new) | {
        "number": digits(new.number),
        "requested_at": stamp(new.requested_at),
    }
    if not SQL.insert_dnc(connection, created_at=stamp(at), **fields):
        return "already"
    log(connection, "dnc", "add", new.number, new, by=by, at=at)
    return "added"


def in_force(connection: Connection, like: DncEntry) -> DncEntry | None:
    """The entry of that number, scope and value, as it was first recorded."""
    settle(connection, "dnc", digits(like.number))
    key = {"number": digits(like.number), "scope": like.scope, "value": like.value}
    row = SQL.get_dnc(connection, **key)
    if row is None:
        return None
    return msgspec.structs.replace(like, requested_at=instant(row["requested_at"]), source=row["source"])
