"""Whether a backup was put in the database's place, and whether anybody has acknowledged what that lost."""

from __future__ import annotations

from datetime import datetime

import msgspec

from dialpact.compliance.backup import ACKNOWLEDGE, Lost, Restored
from dialpact.compliance.clock import instant
from dialpact.store.units.database import Connection
from dialpact.store.units.statements import statements

SQL = statements("backups")


def restored(connection: Connection) -> Restored | None:
    """As the port has it."""
    newest = list(SQL.acts_of_database(connection))
    acknowledged = bool(newest) and newest[0]["action"] == ACKNOWLEDGE
    if not newest[acknowledged:]:
        return None
    act = newest[acknowledged]
    found = _said(act["detail"], instant(act["at"]), act["actor"])
    if acknowledged:
        by, at = newest[0]["actor"], instant(newest[0]["at"])
        found = msgspec.structs.replace(found, acknowledged_by=by, acknowledged_at=at)
    return found


class _Detail(msgspec.Struct):
    reason: str
    lost: Lost


def _said(detail: str, at: datetime, by: str) -> Restored:
    """Of an act that somebody wrote by hand nothing is known but that."""
    try:
        told = msgspec.json.decode(detail, type=_Detail)
    except msgspec.MsgspecError:
        return Restored(at=at, by=by, reason="", made_at=at, entries=None, days=0.0)
    lost = told.lost
    return Restored(
        at=at, by=by, reason=told.reason, made_at=lost.since, entries=lost.entries, days=lost.days
    )


def is_unacknowledged(connection: Connection) -> bool:
    """Whether no call may be let through, since a backup was put back."""
    row = SQL.unacknowledged(connection)
    return row is not None and bool(row[0])
