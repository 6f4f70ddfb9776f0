"""A recording's files: what they are called, the folders they lie in, and when they prove that it records.

Asterisk hands a path with ``$(`` in it to a shell, and overwrites what exists. So a path is made here, of a
decision's hex digits, a date and a number, below a directory that the configuration has checked, and only for
files that do not exist. No telephone number is ever part of a name.
"""

from __future__ import annotations

import os
import stat
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from ami_listener.bypass import is_decision_id
from compliance.config import SAFE_PATH
from compliance.errors import RecordingError

HEADER = {"wav": 44}  # bytes; the other formats have none
MOST_SEGMENTS = 99


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
    go on.

    Where the listener may not write, nothing is made: Asterisk makes missing folders itself, but as its own
    and with its umask, and then only its user may remove a file.
    """
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
        path.chmod(stat.S_IMODE(like.st_mode))


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


def sizes(files: Files) -> tuple[int, int, int] | None:
    """Sizes in bytes; None when one of them is gone."""
    try:
        main, callee, agent = (path.stat().st_size for path in files.all)
    except OSError:
        return None
    return main, callee, agent


def modified(path: Path) -> datetime | None:
    try:
        return datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except OSError:
        return None


def free_mb(directory: Path) -> int:
    """Free space that an ordinary user may use. Raises OSError."""
    found = os.statvfs(directory)
    return found.f_bavail * found.f_frsize // (1024 * 1024)
