"""What the host's clocks said, kept in the ledger: by it a clock that was set forward is found out."""

from __future__ import annotations

import sqlite3
from datetime import datetime, timedelta
from pathlib import Path

import aiosql

from compliance.clock import Uptime, stamp

SQL = aiosql.from_path(Path(__file__).parent / "sql" / "clocks.sql", "sqlite3")


def take(connection: sqlite3.Connection, at: datetime, uptime: Uptime, by: str) -> None:
    """Notes the wall clock beside the time since the host started. ``by``: which part of the product."""
    SQL.insert_reading(
        connection,
        at=stamp(at),
        boot_id=uptime.boot_id,
        uptime_us=uptime.up // timedelta(microseconds=1),
        by=by,
    )


def last(connection: sqlite3.Connection, boot_id: str, by: str) -> timedelta | None:
    """The uptime at the newest reading by that part in this run of the host."""
    row = SQL.last_uptime(connection, boot_id=boot_id, by=by)
    return timedelta(microseconds=row["uptime_us"]) if row else None
