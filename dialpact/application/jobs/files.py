"""The files of jobs: ``jobs/<id>/input``, what was sent (of several files ``input.1`` is the second), and
beside it what came out.

Each has its name when it is whole and on disk, and not before. They have people's numbers in them: nobody but
this user may open them, and they go as soon as nobody needs them.
"""

from __future__ import annotations

import contextlib
import errno
import os
import re
import shutil
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import BinaryIO

from dialpact.application import new_file
from dialpact.compliance.errors import NoRoom
from dialpact.compliance.ledger.keys import sync_folder

INPUT = "input"
LEAST_FREE = 512 << 20  # bytes: without room no call could be recorded, and none would be made
CHUNK = 1 << 20
Sent = BinaryIO | Path | Sequence[BinaryIO] | None  # with a job: a file, another job's, several, or none
_ID = re.compile(r"[0-9a-f]{32}")


class JobFiles:
    """Below the folder of the API's files. What is asked of it may take as long as the disk does."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "jobs"

    def of(self, id: str) -> Path:
        if not _ID.fullmatch(id):
            raise ValueError(f"not the id of a job: {id!r}")
        return self.folder / id

    def input(self, id: str, place: int = 0) -> Path:
        return input_of(self.of(id), place)

    def result(self, id: str, name: str, size: int) -> BinaryIO:
        """To be closed by whoever asked. FileNotFoundError where there is none of this size: whatever a row
        says, it is a file of the job's own folder, and no link to another.
        """
        place = self.of(id) / name
        if place.name != name or "\0" in name or name.partition(".")[0] == INPUT:
            raise FileNotFoundError(name)
        try:
            opened = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
        except OSError as error:
            if error.errno == errno.ELOOP:
                raise FileNotFoundError(name) from error
            raise
        found = os.fstat(opened)
        if not stat.S_ISREG(found.st_mode) or found.st_size != size:
            os.close(opened)
            raise FileNotFoundError(name)
        return os.fdopen(opened, "rb")

    def prepare(self) -> None:
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)

    def room(self) -> int:
        """Bytes that may be written. NoRoom."""
        self.prepare()
        return need_room(self.folder)

    def keep(self, id: str, sent: Sent, size: int) -> None:
        """Makes the job's folder, with what was sent: a path is a file of another job, and gets a second
        name. NoRoom before anything is written.
        """
        self.prepare()
        need_room(self.folder, 2 * size)  # the result is about as large
        self.drop(id)  # (of one that was cut off before it had a row)
        place = self.of(id)
        place.mkdir(mode=0o700)
        try:
            for number, one in enumerate(each(sent)):
                if isinstance(one, Path):
                    os.link(one, input_of(place, number))
                    continue
                with whole(input_of(place, number)) as file:
                    shutil.copyfileobj(one, file, CHUNK)
            sync_folder(self.folder)
        except BaseException:
            self.drop(id)
            raise

    def drop(self, id: str) -> None:
        """All of it, if there is any."""
        with contextlib.suppress(FileNotFoundError):
            shutil.rmtree(self.of(id))

    def clear(self, id: str) -> None:
        """What a worker that was ended has begun, and given no name."""
        for begun in self.of(id).glob(".*"):
            begun.unlink(missing_ok=True)

    def drop_input(self, id: str) -> None:
        for sent in (self.input(id), *self.of(id).glob(f"{INPUT}.*")):
            sent.unlink(missing_ok=True)

    def there(self, before: datetime) -> dict[str, bool]:
        """Jobs that have a folder; whether it was made before then."""
        found: dict[str, bool] = {}
        for entry in self.folder.iterdir() if self.folder.is_dir() else ():
            if _ID.fullmatch(entry.name):
                with contextlib.suppress(FileNotFoundError):  # it is just being taken away
                    found[entry.name] = entry.stat().st_mtime < before.timestamp()
        return found


def each(sent: Sent) -> Sequence[BinaryIO | Path]:
    return () if sent is None else sent if isinstance(sent, Sequence) else (sent,)


def input_of(folder: Path, place: int = 0) -> Path:
    """Of a job's folder: what was sent, the first or another."""
    return folder / (f"{INPUT}.{place}" if place else INPUT)


@contextmanager
def whole(target: Path) -> Iterator[BinaryIO]:
    """A file that gets its name, in place of one that has it, when the block ends well and it is on disk."""
    with new_file.beside(target) as (temporary, file):
        yield file
        new_file.durable(file)
        new_file.give_name(temporary, target, force=True)


def need_room(folder: Path, more: int = 0) -> int:
    """Bytes beside those that must stay free. NoRoom when they are less than ``more``."""
    found = os.statvfs(folder)
    free = found.f_bavail * found.f_frsize
    if free < more + LEAST_FREE:
        raise NoRoom(f"{folder}: {free >> 20} MB free, {(more + LEAST_FREE) >> 20} MB needed")
    return free - LEAST_FREE
