"""The lab's time: an instant in a file, running on from when it was written.

This is the seam of :mod:`dialpact.compliance.clock`: daemons of the lab are made with this clock by
:mod:`tests.lab.daemon`; the product's own entry points know only the system's.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta
from pathlib import Path


class FileClock:
    """Reads ``ISO-INSTANT MONOTONIC-SECONDS`` again whenever the file changes."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._seen: tuple[int, int] | None = None
        self._instant = datetime.min.replace(tzinfo=UTC)
        self._since = 0.0

    def now(self) -> datetime:
        found = self._file.stat()
        if (found.st_mtime_ns, found.st_ino) != self._seen:
            instant, since = self._file.read_text("ascii").split()
            self._instant, self._since = datetime.fromisoformat(instant), float(since)
            self._seen = (found.st_mtime_ns, found.st_ino)
        return self._instant + timedelta(seconds=time.monotonic() - self._since)


def set_clock(file: Path, instant: datetime) -> None:
    """From now on it is ``instant`` (with a zone)."""
    assert instant.tzinfo is not None
    new = file.with_suffix(".new")
    new.write_text(f"{instant.isoformat()} {time.monotonic()}", "ascii")
    new.rename(file)  # a reader sees the old instant or the new one, never half of it
