"""That a process lives: a file beside the database, which the kernel keeps locked for it, however it ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import re
import secrets
import weakref
from pathlib import Path

_NAME = re.compile(r"[0-9a-f]{32}")


class Presence:
    """Of one process, or of one part of it, until it is closed or forgotten. Takes away what those left that
    were killed. OSError where there can be no such file.
    """

    def __init__(self, folder: Path, what: str) -> None:
        self._folder, self._what = folder, what
        self.name = secrets.token_hex(16)
        path = self._path(self.name)
        fresh = path.with_suffix(".new")
        file = os.open(fresh, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fresh.rename(path)  # whoever sees it sees it locked
        self._end = weakref.finalize(self, _end, path, file)
        for left in folder.glob(f".dialpact-{what}.*.lock"):
            self.alive(left.name.split(".")[-2])

    def close(self) -> None:
        self._end()

    def alive(self, name: str) -> bool:
        """Whether the one of this name lives. The file of a dead one is taken away."""
        if not _NAME.fullmatch(name):
            return False
        path = self._path(name)
        try:
            file = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
        except FileNotFoundError:
            return False
        except OSError:  # another user's: it can not be looked at
            return True
        try:
            fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
        except BlockingIOError:
            return True
        finally:
            os.close(file)
        path.unlink(missing_ok=True)
        return False

    def _path(self, name: str) -> Path:
        return self._folder / f".dialpact-{self._what}.{name}.lock"


def _end(path: Path, file: int) -> None:
    with contextlib.suppress(OSError):
        path.unlink(missing_ok=True)
    os.close(file)
