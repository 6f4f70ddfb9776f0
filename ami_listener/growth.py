"""Does the file of a talk grow? A MixMonitor may be attached and write nothing."""

from __future__ import annotations

import time

from ami_listener import files
from ami_listener.calls import Happening

GROWTH_AFTER = 3.0  # seconds after the answer
STALLED_AFTER = 6.0  # seconds; data reaches the disk every 2 s (wav, sln) or 4 s (ulaw, alaw)


class Growth:
    """Of one leg's recordings, one after the other."""

    def __init__(self) -> None:
        self._size, self._grown_at = 0, time.monotonic()
        self._talking_since = 0.0
        self._stalled = False

    def begin(self) -> None:
        """A new file."""
        self._size, self._grown_at = 0, time.monotonic()

    def look(self, recording: files.Files) -> Happening | None:
        """To be called once a second while the call is answered. VANISHED, STALLED, or nothing to tell."""
        now = time.monotonic()
        self._talking_since = self._talking_since or now
        if now - self._talking_since < GROWTH_AFTER:
            self._grown_at = now
            return None
        sizes = files.sizes(recording)
        if sizes is None:
            return Happening.VANISHED
        if sizes[0] > self._size:
            self._size, self._grown_at = sizes[0], now
        elif now - self._grown_at >= STALLED_AFTER and not self._stalled:
            self._stalled = True  # once a call: two silent sides look the same, and a new file does not help
            return Happening.STALLED
        return None
