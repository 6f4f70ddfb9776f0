"""The do-not-call register's own rows, for a transaction that is under way."""

from __future__ import annotations

import sqlite3
from datetime import datetime

import msgspec

from dialpact.compliance.clock import stamp
from dialpact.compliance.model import DncEntry
from dialpact.compliance.registers import Outcome
from dialpact.store.sqlite.arriving import settle
from dialpact.store.sqlite.registers.change import SQL, digits, log


def write_opt_out(connection: sqlite3.Connection, new: DncEntry, *, by: str, at: datetime) -> Outcome:
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
