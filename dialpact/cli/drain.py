"""Lines for a stream that may stand still: whoever writes one never waits, a thread brings them out.

A pipe that nobody reads, or a journal that hangs on its disk, would otherwise stop the loop that answers
calls. The lines that wait are bounded; what has no room is counted, and the count is told when the stream
moves again.
"""

from __future__ import annotations

import atexit
import os
import threading
from collections import deque
from collections.abc import Callable
from typing import TextIO

from dialpact.compliance.meters import METERS

MOST = 10_000  # lines that wait
TOGETHER = 200  # lines in one write
LAST_SECONDS = 1.0  # for what waits at the end of the process


class Drain:
    """A file to write to. ``told``: how many were dropped, once there is room again."""

    def __init__(self, stream: TextIO, told: Callable[[int], None], most: int = MOST) -> None:
        self._write = _writer(stream)
        self._told, self._most = told, most
        self._waiting: deque[str] = deque()
        self._dropped = 0
        self._closing = False
        self._moved = threading.Condition()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, line: str) -> None:
        """Takes a line, or counts it as dropped."""
        with self._moved:
            if len(self._waiting) >= self._most:
                self._dropped += 1
                METERS.log_dropped += 1
                return
            self._waiting.append(line)
            self._moved.notify()

    def flush(self) -> None:
        """Nothing: that would be to wait."""

    def close(self) -> None:
        """What waits is brought out, as far as the stream moves."""
        with self._moved:
            self._closing = True
            self._moved.notify()
        self._thread.join(LAST_SECONDS)
        atexit.unregister(self.close)

    def _run(self) -> None:
        while True:
            with self._moved:
                self._moved.wait_for(lambda: self._waiting or self._closing)
                if not self._waiting:
                    return
                some = [self._waiting.popleft() for _ in range(min(TOGETHER, len(self._waiting)))]
            try:
                self._write("".join(some))
            except (OSError, ValueError):  # closed: there is nobody to tell
                with self._moved:
                    self._dropped += len(some)
                    METERS.log_dropped += len(some)
                    continue
            with self._moved:
                dropped, self._dropped = self._dropped, 0
            if dropped:
                self._told(dropped)


def _writer(stream: TextIO) -> Callable[[str], object]:
    """Past the stream's own lock, which would be held while it stands still."""
    try:
        descriptor = stream.fileno()
    except (OSError, ValueError):
        return stream.write

    def write(text: str) -> None:
        rest = memoryview(text.encode("utf-8", "backslashreplace"))
        while rest:
            rest = rest[os.write(descriptor, rest) :]

    return write
