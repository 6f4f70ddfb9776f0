"""A home in which NUMBER may be called now: a clock on a working day, and a recorder that is ready."""

from __future__ import annotations

import contextlib
import sqlite3

from dialpact.compliance.clock import boot_id
from dialpact.testing.clock import FixedClock
from tests.cli.conftest import Home

FOR_EVER = 2**62  # nanoseconds of the monotonic clock
CALL = {"campaign": "renewal", "caller_id": "02787654321"}


def ready(home: Home, clock: FixedClock | None = None) -> FixedClock:
    """``home``: stocked."""
    clock = clock or FixedClock()
    home.machine = type(home.machine)(clock=clock)
    recorder(home, ready=True)
    return clock


def recorder(home: Home, *, ready: bool) -> None:
    sql(home, "DELETE FROM recorder_lease")
    lease = ("pbx1", boot_id(), FOR_EVER, "2026-11-24T02:00:00.000000Z", int(ready), "" if ready else "down")
    columns = "node, boot_id, expires_ns, renewed_at, ready, why"
    sql(home, f"INSERT INTO recorder_lease ({columns}) VALUES (?, ?, ?, ?, ?, ?)", *lease)


def sql(home: Home, statement: str, *values: object) -> list[tuple[object, ...]]:
    with contextlib.closing(sqlite3.connect(home.path / "dialpact.db")) as db, db:
        return db.execute(statement, values).fetchall()
