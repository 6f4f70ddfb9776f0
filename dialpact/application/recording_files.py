"""A recording's files: looked at without following a link, removed only when they are what was looked at.

A path is walked from the recordings' directory down, each folder opened without following a link, so that
nobody who may write there can turn a disposal against another file.
"""

from __future__ import annotations

import errno
import hashlib
import os
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NamedTuple

from dialpact.compliance.errors import RecordingError

CHUNK = 1 << 20
_FLAGS = os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC | os.O_NONBLOCK  # a FIFO must not hold us up


class Seen(NamedTuple):
    """One file. ``problem``: empty when it is what was recorded, else ``missing``, ``changed``,
    ``unreadable``, ``no-hash`` (it is there, but none was recorded), ``elsewhere`` (not below the directory).

    ``identity`` names this file, unchanged; None when there is none. ``names``: how many it has (hard links).
    """

    path: Path
    problem: str
    identity: tuple[int, ...] | None = None
    names: int = 1


def look(path: Path, sha256: str | None, below: Path) -> Seen:
    """Reads the whole file, in bounded memory."""
    seen, file = _look(path, sha256, below)
    if file is not None:
        os.close(file)
    return seen


class OpenFile:
    """One that was what was recorded when it was opened, and is read as long as it still is."""

    def __init__(self, identity: tuple[int, ...], file: int) -> None:
        self._identity, self._file = identity, file

    @property
    def size(self) -> int:
        """Bytes."""
        return self._identity[2]

    @property
    def is_open(self) -> bool:
        return self._file >= 0

    def read(self, at: int, most: int) -> bytes:
        """RecordingError when the file has been touched meanwhile: then it may be anything."""
        data = os.pread(self._file, most, at)
        if _identity(os.fstat(self._file)) != self._identity:
            raise RecordingError("the file was changed while it was read")
        return data

    def again(self) -> OpenFile | None:
        """The same file once more, to be closed by itself; None when it was closed, or touched since."""
        if not self.is_open or _identity(os.fstat(self._file)) != self._identity:
            return None
        return OpenFile(self._identity, os.dup(self._file))

    def close(self) -> None:
        """May be called again."""
        file, self._file = self._file, -1
        if file >= 0:
            os.close(file)

    def __del__(self) -> None:
        self.close()


def opened(path: Path, sha256: str, below: Path) -> OpenFile | Seen:
    """What has a problem is told as :func:`look` does. Reads the whole file first."""
    seen, file = _look(path, sha256, below)
    if seen.identity is None or seen.problem or file is None:
        if file is not None:
            os.close(file)
        return seen
    return OpenFile(seen.identity, file)


def remove(seen: Seen, below: Path) -> str:
    """Removes the file if it still is the one that was seen, for good; ``changed`` when it is another.

    One that is gone is no problem. Raises OSError where it can not be removed.
    """
    try:
        with _folder(seen.path, below) as folder:
            try:
                now = os.stat(seen.path.name, dir_fd=folder, follow_symlinks=False)
                if _identity(now) != seen.identity:
                    return "changed"
                os.unlink(seen.path.name, dir_fd=folder)
            except FileNotFoundError:
                pass  # an earlier run, cut off before it could say so
            os.fsync(folder)
    except FileNotFoundError:
        return ""  # the folder too
    return ""


def is_there(path: Path) -> bool:
    return os.path.lexists(path)


def can_remove(path: Path) -> bool:
    return os.access(path.parent, os.W_OK | os.X_OK)


@contextmanager
def _folder(path: Path, below: Path) -> Iterator[int]:
    """The folder of ``path``. ValueError when it does not lie below; OSError (ELOOP, ENOTDIR) for a link."""
    parts = path.relative_to(below).parts
    if ".." in parts or not parts:
        raise ValueError(path)
    folder = os.open(below, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        for part in parts[:-1]:
            deeper = os.open(part, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC, dir_fd=folder)
            os.close(folder)
            folder = deeper
        yield folder
    finally:
        os.close(folder)


def _look(path: Path, sha256: str | None, below: Path) -> tuple[Seen, int | None]:
    """With the file, open, if it could be opened."""
    try:
        with _folder(path, below) as folder:
            file = os.open(path.name, _FLAGS, dir_fd=folder)
        try:
            return _read(path, file, sha256), file
        except BaseException:
            os.close(file)
            raise
    except ValueError:
        return Seen(path, "elsewhere"), None
    except FileNotFoundError:
        return Seen(path, "missing" if sha256 else ""), None
    except OSError as error:  # a link, or something in the place of a folder
        moved = error.errno in (errno.ELOOP, errno.ENOTDIR, errno.ENXIO)
        return Seen(path, "changed" if moved else "unreadable"), None


def _read(path: Path, file: int, sha256: str | None) -> Seen:
    before = os.fstat(file)
    if not stat.S_ISREG(before.st_mode):
        return Seen(path, "changed")
    if not sha256:
        return Seen(path, "no-hash")
    digest = hashlib.sha256()
    while chunk := os.read(file, CHUNK):
        digest.update(chunk)
    same = digest.hexdigest() == sha256 and _identity(os.fstat(file)) == _identity(before)
    return Seen(path, "" if same else "changed", _identity(before) if same else None, before.st_nlink)


def _identity(found: os.stat_result) -> tuple[int, ...]:
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns, found.st_ctime_ns
