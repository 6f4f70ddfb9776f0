"""Lines for a stream that may stand still: whoever writes one never waits, a thread brings them out.

A pipe that nobody reads, or a journal that hangs on its disk, would otherwise stop the loop that answers
calls. The lines that wait are bounded; what has no room is counted, and the count is told when the stream
moves again.
"""

from __future__ import annotations

import atexit
import contextlib
import os
import threading
import time
from collections.abc import Callable
from queue import Empty, SimpleQueue
from typing import TextIO

from dialpact.compliance.meters import METERS

MOST = 10_000  # lines that wait
TOGETHER = 200  # lines in one write
END = ""  # no line: they end with a newline
PAUSE_SECONDS = 0.01
"""After each write: a thread that waits for the next line is woken by it, and then both want the interpreter,
which costs whoever wrote more than the line.
"""
LAST_SECONDS = 1.0  # for what waits at the end of the process


class Drain:
    """A file to write to. ``told``: how many were dropped, once there is room again."""

    def __init__(self, stream: TextIO, told: Callable[[int], None], most: int = MOST) -> None:
        self._write = _writer(stream)
        self._told, self._most = told, most
        self._waiting: SimpleQueue[str] = SimpleQueue()  # a condition would cost a line ten times as much
        self._dropped = 0
        self._counting = threading.Lock()
        self._thread = threading.Thread(target=self._run, name="log", daemon=True)
        self._thread.start()
        atexit.register(self.close)

    def write(self, line: str) -> None:
        """Takes a line, or counts it as dropped."""
        # How many were dropped has room always: it is told once for each write, by who makes the room.
        if self._waiting.qsize() < self._most or threading.current_thread() is self._thread:
            self._waiting.put(line)
        else:
            self._drop(1)

    def flush(self) -> None:
        """Nothing: that would be to wait."""

    def close(self) -> None:
        """What waits is brought out, as far as the stream moves."""
        self._waiting.put(END)
        self._thread.join(LAST_SECONDS)
        atexit.unregister(self.close)

    def _run(self) -> None:
        closing = False
        while not (closing and self._waiting.empty()):
            some = self._next()
            closing = closing or END in some
            try:
                self._write("".join(some))
            except (OSError, ValueError):  # closed: there is nobody to tell
                self._drop(len(some))
                continue
            with self._counting:
                dropped, self._dropped = self._dropped, 0
            if dropped:
                self._told(dropped)
            if not closing:
                time.sleep(PAUSE_SECONDS)

    def _next(self) -> list[str]:
        """What waits, when there is anything."""
        some = [self._waiting.get()]
        with contextlib.suppress(Empty):
            while len(some) < TOGETHER:
                some.append(self._waiting.get_nowait())
        return some

    def _drop(self, lines: int) -> None:
        with self._counting:
            self._dropped += lines
            METERS.log_dropped += lines


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
