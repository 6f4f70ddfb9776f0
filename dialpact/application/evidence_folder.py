"""The folder of the files that prove consents: each once, under its SHA-256, whole or not there.

A file arrives beside its place, is flushed, and is then renamed. Nothing in here is ever run or shown: it is
looked at by people, and by its hash.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import re
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import BinaryIO

from dialpact.application.jobs.files import need_room
from dialpact.application.recording_files import Seen, look
from dialpact.compliance.ledger.keys import sync_folder
from dialpact.compliance.registers.consent_evidence import MOST
from dialpact.compliance.registers.fault import Fault

CHUNK = 1 << 18
NAME = re.compile(r"[0-9a-f]{64}")
ARRIVING = ".arriving-"
LOCK = ".lock"
LEFT = timedelta(days=1)  # after which what has not arrived never will: its process was killed


class Arrived:
    """A file that lies beside its place, flushed; to be ``settled`` or ``forgotten``."""

    def __init__(self, path: Path, sha256: str, size: int) -> None:
        self.path, self.sha256, self.size = path, sha256, size

    def settle(self) -> None:
        """Over one of before: it has the same bytes, unless somebody has changed it."""
        folder = self.path.parent
        self.path.replace(folder / self.sha256)
        sync_folder(folder)

    def forget(self) -> None:
        with suppress(OSError):
            self.path.unlink()


def take_in(folder: Path, file: BinaryIO) -> Arrived:
    """Reads the whole file. Fault when it can not be written, or is more than is kept; NoRoom."""
    try:
        if not folder.is_dir():
            folder.mkdir(exist_ok=True)
            folder.chmod(0o770)  # the process's umask would leave out who keeps one at the shell
            sync_folder(folder.parent)
        need_room(folder, MOST)  # else who may bring proofs could stop all calls by them
        opened, name = tempfile.mkstemp(prefix=ARRIVING, dir=folder)
    except OSError as error:
        raise _unwritable(folder, error) from error
    arrived = Arrived(Path(name), "", 0)
    try:
        digest = hashlib.sha256()
        with os.fdopen(opened, "wb") as new:
            while chunk := file.read(CHUNK):
                arrived.size += len(chunk)
                if arrived.size > MOST:
                    raise Fault("proof-too-large", limit=f"{MOST >> 20} MB")
                digest.update(chunk)
                new.write(chunk)
            new.flush()
            os.fchmod(new.fileno(), 0o640)
            os.fsync(new.fileno())
        arrived.sha256 = digest.hexdigest()
    except OSError as error:
        arrived.forget()
        raise _unwritable(folder, error) from error
    except BaseException:
        arrived.forget()
        raise
    return arrived


@contextmanager
def locked(folder: Path) -> Iterator[None]:
    """One at a time, of all processes: who brings a file in, and who takes it out. Waits on this thread."""
    try:
        lock = os.open(folder / LOCK, os.O_RDONLY | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o640)
    except OSError as error:
        raise _unwritable(folder, error) from error
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        os.close(lock)


def examined(folder: Path, sha256: str) -> Seen:
    """The file of that name: ``problem`` is empty when it is what its name says."""
    try:
        return look(folder / sha256, sha256, folder)
    except OSError:
        return Seen(folder / sha256, "unreadable")


def names(folder: Path) -> set[str]:
    """Of the files in it; none where there is no folder. Fault where it can not be read."""
    try:
        return {entry.name for entry in folder.iterdir() if NAME.fullmatch(entry.name)}
    except FileNotFoundError:
        return set()
    except OSError as error:
        raise Fault("file", file=str(folder), error=error.strerror or str(error)) from error


def take_out(folder: Path, sha256: str) -> None:
    """Fault where it can not be removed; one that is gone is no fault."""
    try:
        (folder / sha256).unlink(missing_ok=True)
        sync_folder(folder)
    except OSError as error:
        raise _unwritable(folder, error) from error


def sweep(folder: Path, now: datetime) -> None:
    """What killed processes have left on its way in."""
    with suppress(OSError):
        for left in folder.glob(f"{ARRIVING}*"):
            if left.lstat().st_mtime < (now - LEFT).timestamp():
                left.unlink(missing_ok=True)


def _unwritable(folder: Path, error: OSError) -> Fault:
    return Fault("file", file=str(folder), error=error.strerror or str(error))
