"""The lock of all writers, for whom every millisecond counts.

SQLite waits for it by 1, 2, 5, 10, 15, 20, 25 ms and more at a time; whoever has it, has it for half a one. A
call that comes upon it would wait for the rest of such a step, when nobody has it any more.
"""

from __future__ import annotations

import sqlite3
import time

FIRST_SECONDS = 0.0001  # between two tries
MOST_SECONDS = 0.002
SLOWER = 1.2  # each, than the one before


def begin(connection: sqlite3.Connection, busy_ms: int) -> None:
    """Begins a transaction that has the lock. sqlite3.OperationalError, also when it has not come in time."""
    until, pause = time.monotonic() + busy_ms / 1000, FIRST_SECONDS
    connection.execute("PRAGMA busy_timeout = 0")
    try:
        while True:
            try:
                connection.execute("BEGIN IMMEDIATE")
                return
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() >= until:
                    raise
            time.sleep(pause)
            pause = min(pause * SLOWER, MOST_SECONDS)
    finally:
        connection.execute(f"PRAGMA busy_timeout = {busy_ms}")
