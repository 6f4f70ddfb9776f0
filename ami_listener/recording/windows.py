"""A recording's files read while they grow, in windows of a tenth of a second: when did each side sound?

Asterisk's files reach the disk in steps of 32 kB (wav: every two seconds). The time of the last step is the
file's, so a window's place in time is known to within what nobody sent since the step before. Only what is
new is read, and no more of it than ``MOST``. Blocking: run it in a thread.
"""

from __future__ import annotations

import os
import stat
from collections import deque
from collections.abc import Sequence
from itertools import takewhile
from pathlib import Path

import msgspec

from ami_listener.recording.files import Files, Identity, Replaced, open_kept
from ami_listener.recording.sound import WINDOW
from dialpact.compliance.clock import file_time
from dialpact.compliance.waveform import HEADER, RATE, WIDTH

STEP_BYTES = 32768  # of Asterisk's buffer
MOST = 4 * STEP_BYTES  # bytes read of a file at a look: 8 s of wav
REMEMBERED = 600  # windows
# What a MixMonitor writes for a side of which it has nothing, which is also how a muted telephone sounds.
NOTHING = {"wav": b"\0", "sln": b"\0", "ulaw": b"\xff", "alaw": b"\xd5"}


class Window(msgspec.Struct, frozen=True):
    """It began not before ``low`` and ended not after ``high`` (Unix time)."""

    low: float
    high: float
    sounds: bool


class Growing:
    """One file: ``seconds`` of sound are on disk since ``grown_at`` (Unix time); ``windows``: the newest."""

    def __init__(self, path: Path, format: str, identity: Identity | None) -> None:
        self._path, self._identity = path, identity
        self._header, self._nothing = HEADER.get(format, 0), NOTHING[format]
        self._rate = RATE * WIDTH[format]
        self._size, self._read = -1, -1  # bytes with the header; up to where it was read
        self.grown_at = 0.0
        self.windows: deque[Window] = deque(maxlen=REMEMBERED)

    @property
    def seconds(self) -> float:
        return max(0, self._size - self._header) / self._rate

    @property
    def silent_for(self) -> float:
        """Seconds of nothing at the file's end."""
        return WINDOW * sum(1 for _ in takewhile(lambda window: not window.sounds, reversed(self.windows)))

    def look(self, *, read: bool) -> bool:
        """Whether it has grown. Raises OSError when it is gone, Replaced when it is another file."""
        found = self._path.lstat()
        if not stat.S_ISREG(found.st_mode):
            raise Replaced(f"{self._path.name} is no ordinary file")
        if self._identity is not None and self._identity != (found.st_dev, found.st_ino):
            raise Replaced(f"{self._path.name} is another file than the one that was recorded")
        if found.st_size == self._size:
            return False
        before, grown_at = self.grown_at, found.st_mtime
        if read:
            self._take(before or grown_at, grown_at, found.st_size)
        self._size, self.grown_at = found.st_size, grown_at
        return True

    def _take(self, low: float, high: float, size: int) -> None:
        window = round(self._rate * WINDOW)
        end = size - (size - self._header) % window
        begin = self._read
        if begin < 0 or end - begin > MOST:
            begin = max(self._header, end - MOST)
            begin += -(begin - self._header) % window
            low = min(low, high - (size - begin) / self._rate)
        if end <= begin:
            return
        with open_kept(self._path, self._identity) as file:
            data = os.pread(file.fileno(), end - begin, begin)
        for at in range(0, len(data) - window + 1, window):
            sounds = bool(data[at : at + window].strip(self._nothing))
            late = high - (size - begin - at - window) / self._rate
            self.windows.append(Window(min(low + at / self._rate, late - WINDOW), late, sounds))
        self._read = begin + len(data) - len(data) % window


class Watch:
    """The three files of one recording. ``identities``: which files were proven; empty when not known."""

    def __init__(self, files: Files, format: str, identities: Sequence[Identity] = ()) -> None:
        main, callee, agent = (
            Growing(path, format, identity)
            for path, identity in zip(files.all, identities or (None,) * 3, strict=True)
        )
        self.main, self.sides = main, {"callee": callee, "agent": agent}
        self.looked_at = 0.0  # Unix time
        self.step = STEP_BYTES / (RATE * WIDTH[format])  # seconds

    def look(self) -> bool:
        """Whether the mix has grown. Raises as :meth:`Growing.look` does."""
        for side in self.sides.values():
            side.look(read=True)
        grown = self.main.look(read=False)
        self.looked_at = file_time()
        return grown
