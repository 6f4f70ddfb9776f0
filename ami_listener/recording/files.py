"""A recording's files: what they are called, the folders they lie in, and when they prove that it records.

Asterisk hands a path with ``$(`` in it to a shell, and overwrites what exists. So a path is made here, of a
decision's hex digits, a date and a number, below a directory that the configuration has checked, and only for
files that do not exist. No telephone number is ever part of a name.
"""

from __future__ import annotations

import contextlib
import os
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import BinaryIO

import msgspec

from ami_listener.ami.pbx import is_decision_id
from dialpact.compliance.config import SAFE_PATH
from dialpact.compliance.errors import RecordingError
from dialpact.compliance.waveform import HEADER

MOST_SEGMENTS = 99
MODE = 0o640  # of a recording, whoever made it
OTHERS = 0o007
Identity = tuple[int, int]  # device and inode
Sizes = tuple[int, int, int]  # of the mix, and of each direction
_making = threading.Lock()


class Replaced(RecordingError):
    """What stands under a recording's name is not the file that was recorded."""


class Files(msgspec.Struct, frozen=True):
    """The mix, and each direction for itself."""

    main: Path
    callee: Path
    agent: Path

    @property
    def all(self) -> tuple[Path, Path, Path]:
        return self.main, self.callee, self.agent


def plan(directory: Path, decision: str, at: datetime, extension: str, first: int = 1) -> Files:
    """Unused names for the next segment of a decision's recording, numbered from ``first`` on.

    A number may be taken by a row whose file was never made. Raises RecordingError.
    """
    if not is_decision_id(decision):
        raise RecordingError("not a decision id")
    folder = directory / at.astimezone(UTC).strftime("%Y/%m/%d")
    for number in range(first, MOST_SEGMENTS + 1):
        stem = folder / f"{decision}-{number}"
        files = Files(*(Path(f"{stem}{side}.{extension}") for side in ("", "-callee", "-agent")))
        if not all(SAFE_PATH.fullmatch(str(path)) for path in files.all):
            raise RecordingError(f"unsafe path: {stem}")
        if not any(os.path.lexists(path) for path in files.all):
            return files
    raise RecordingError(f"{MOST_SEGMENTS} segments already")


def make_folder(directory: Path, folder: Path) -> None:
    """Makes the day's folders like their parent, owner and mode alike, so that whoever may write there may
    go on; shut to everybody else, unless it is as everybody else that Asterisk writes.

    Where the listener may not write, nothing is made: Asterisk makes missing folders itself, but as its own
    and with its umask, and then only its user may remove a file. One thread at a time: a folder is nobody's
    model before it has its own owner and mode.
    """
    with _making:
        _make(directory, folder)


def _make(directory: Path, folder: Path) -> None:
    for path in reversed([folder, *folder.parents]):
        if not path.is_relative_to(directory) or path == directory or path.is_dir():
            continue
        like = path.parent.stat()
        try:
            path.mkdir(mode=0o700)
        except FileExistsError:
            continue
        except OSError:
            return
        try:
            os.chown(path, like.st_uid, like.st_gid)
        except OSError:
            if not like.st_mode & stat.S_IWOTH and not _group_writes(path, like):
                path.rmdir()  # ours alone it would keep Asterisk out
                return
        mode = stat.S_IMODE(like.st_mode)
        path.chmod(mode if mode & stat.S_IWOTH else mode & ~OTHERS)


def _group_writes(path: Path, like: os.stat_result) -> bool:
    return bool(like.st_mode & stat.S_IWGRP) and path.stat().st_gid == like.st_gid


def begun(files: Files, extension: str) -> str:
    """What is still missing for all three files to be there with their headers; empty when nothing is."""
    for path in files.all:
        try:
            found = path.lstat()
        except OSError:
            return f"{path.name} does not exist"
        if not stat.S_ISREG(found.st_mode):
            return f"{path.name} is no ordinary file"
        if found.st_size < HEADER.get(extension, 0):
            return f"{path.name} has no header ({found.st_size} bytes)"
    return ""


def absent(files: Files) -> bool:
    """Whether none of them is there."""
    return not any(os.path.lexists(path) for path in files.all)


def sizes(files: Files) -> Sizes | None:
    """Sizes in bytes; None when one of them is gone."""
    try:
        main, callee, agent = (path.lstat().st_size for path in files.all)
    except OSError:
        return None
    return main, callee, agent


def modified(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.lstat().st_mtime, UTC)
    except OSError:
        return None


def identities(files: Files) -> tuple[Identity, ...]:
    """Which files the names stand for now; empty when one of them is gone."""
    try:
        return tuple((found.st_dev, found.st_ino) for found in (path.lstat() for path in files.all))
    except OSError:
        return ()


def open_kept(path: Path, identity: Identity | None = None, *, write: bool = False) -> BinaryIO:
    """The recording itself, unbuffered; ``identity``: the file that was being recorded, where that is known.

    No link is followed, and a file of two names may be another recording: neither is read or written as this
    one. Raises OSError, Replaced.
    """
    access = os.O_RDWR if write else os.O_RDONLY
    if stat.S_ISLNK(path.lstat().st_mode):
        raise Replaced(f"{path.name} is a link")
    # A pipe under its name must not hold us up.
    file = os.fdopen(
        os.open(path, access | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC), "r+b" if write else "rb", 0
    )
    try:
        _check(path, os.fstat(file.fileno()), identity)
    except BaseException:
        file.close()
        raise
    return file


def _check(path: Path, found: os.stat_result, identity: Identity | None) -> None:
    if not stat.S_ISREG(found.st_mode):
        raise Replaced(f"{path.name} is no ordinary file")
    if identity is not None and identity != (found.st_dev, found.st_ino):
        raise Replaced(f"{path.name} is another file than the one that was recorded")
    if identity is None and found.st_nlink != 1:
        raise Replaced(f"{path.name} has {found.st_nlink} names")


def restrict(file: BinaryIO, path: Path) -> str:
    """Gives an open recording its mode; why others can read it all the same, empty when they can not.

    Only root and the file's owner, Asterisk, may change it. For anybody else a folder on the way that is shut
    to others does as well: Asterisk's umask is not ours to choose.
    """
    mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    if mode == MODE:
        return ""
    with contextlib.suppress(PermissionError):
        os.fchmod(file.fileno(), MODE)
        return ""
    if mode & OTHERS and all(parent.stat().st_mode & stat.S_IXOTH for parent in path.parents):
        return f"{path.parent} is open to everybody, and its files have mode {mode:04o}"
    return ""


def flush_folder(folder: Path) -> None:
    """Names in it are on disk afterwards. Raises OSError."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def free_mb(directory: Path) -> int:
    """Free space that an ordinary user may use. Raises OSError."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize // (1024 * 1024)
