"""The write-ahead log is brought into the database beside those who write, not by one of them.

SQLite does it in whichever commit finds the log long enough. While somebody reads for long (a scrub, say)
nothing can be brought in behind what he sees, and the first commit after him has all of it to do: a call
would wait for the megabytes of as many seconds as he took. So no connection that calls may wait for does it.
A thread does, without any lock that a writer wants. Where somebody always writes meanwhile, the log would
never be begun anew, and grow: when it is long, that lock is held for its last few pages.
"""

from __future__ import annotations

import contextlib
import sqlite3
import threading
from pathlib import Path

PAUSE_SECONDS = 0.5  # what is committed in it is brought in together
TURNS = 5  # each has less to bring in than the one before
LONG = 4000  # pages of 4 KiB: a log that is to be begun anew
FEW = 200  # pages for which writers may be held
HELD_SECONDS = 0.03  # for the lock to come, and for readers while it is held
END_SECONDS = 1.0  # for the thread, at the end


class Emptying:
    """Of one database. For any thread."""

    def __init__(self, database: Path) -> None:
        self._path = database
        self._wanted, self._over = threading.Event(), threading.Event()
        self._thread: threading.Thread | None = None

    def committed(self) -> None:
        """There is something to be brought in, soon."""
        self._wanted.set()
        if self._thread is None and not self._over.is_set():
            self._thread = threading.Thread(target=self._run, name="emptying", daemon=True)
            self._thread.start()

    def close(self) -> None:
        self._over.set()
        self._wanted.set()
        if self._thread is not None:
            self._thread.join(END_SECONDS)

    def _run(self) -> None:
        while self._wanted.wait() and not self._over.wait(PAUSE_SECONDS):
            self._wanted.clear()
            # What fails is tried again behind the next commit: it costs nobody anything but room.
            with contextlib.suppress(sqlite3.Error, OSError):
                empty(self._path)


def empty(database: Path) -> None:
    """Once. sqlite3.Error."""
    uri = f"{database.absolute().as_uri()}?mode=rw"
    with contextlib.closing(
        sqlite3.connect(uri, uri=True, isolation_level=None, timeout=HELD_SECONDS)
    ) as connection:
        for _ in range(TURNS):
            _, pages, done = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
            if done == pages or pages - done > FEW:
                break
        # (More pages than those are left where somebody reads what was before them.)
        if pages > LONG and pages - done <= FEW:
            connection.execute("PRAGMA wal_checkpoint(FULL)").fetchone()
