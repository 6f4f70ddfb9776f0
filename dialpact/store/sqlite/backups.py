"""A copy of the database while it is written, and one in its place.

1. A transaction that reads holds one moment of the source, else SQLite would begin again with each write.
2. A connection to a database in WAL mode has a lock of the kernel on its file as long as it lives: whoever
   gets that lock for himself is alone, and stays it. It is a lock of the open file, not of the process, which
   loses its own with whatever else it closes.
3. First the database itself is put aside, and its log after it: a database without its log is an older one,
   and nobody could see that. Until the new one has the name there is none, which every daemon refuses.
"""

from __future__ import annotations

import asyncio
import fcntl
import os
import sqlite3
import struct
import threading
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager, suppress
from pathlib import Path
from typing import Any

from dialpact.compliance.backup import Restored
from dialpact.compliance.errors import StoreBusy, StoreError, StoreGone
from dialpact.store.ports.backups import Copied, Holder, Since
from dialpact.store.sqlite import migrate
from dialpact.store.sqlite.connection import Database
from dialpact.store.units import ledger, restored
from dialpact.store.units.statements import statements

SQL = statements("backups")
PAGES, REST_SECONDS = 256, 0.002  # a megabyte at a time, and the disk is others' meanwhile
LOCKED = (0x40000000, 512)  # of the file: what SQLite locks, from where and how many bytes
REST = ("", "-wal", "-shm")
SHOWN = 120  # characters of a command


class _StoppedError(Exception):
    pass


class Backups:
    """:class:`dialpact.store.ports.backups.Backups` on SQLite."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._path = database.path

    async def copy(self, target: Path, told: Callable[[int, int | None], None]) -> Copied:
        stop = threading.Event()
        try:
            return await asyncio.to_thread(_copy, self._path, target, told, stop)
        except asyncio.CancelledError:
            stop.set()
            raise

    async def holds(self, file: Path) -> Copied:
        return await asyncio.to_thread(_holds, file)

    @contextmanager
    def alone(self) -> Iterator[None]:
        try:
            file = os.open(self._path, os.O_RDWR | os.O_CLOEXEC)
        except FileNotFoundError:
            yield
            return
        except OSError as error:
            raise StoreError(f"{self._path}: {error.strerror or error}") from error
        try:
            wanted = struct.pack("hhqqi", fcntl.F_WRLCK, os.SEEK_SET, *LOCKED, 0)
            fcntl.fcntl(file, fcntl.F_OFD_SETLK, wanted)
            yield
        except BlockingIOError as error:
            raise StoreBusy(f"{self._path}: another process has it open") from error
        finally:
            os.close(file)

    def holders(self) -> Sequence[Holder]:
        found = []
        for suffix in REST:
            with suppress(OSError):
                found.append(str(self._path.with_name(self._path.name + suffix).stat().st_ino))
        pids = {int(pid) for pid, inode in _locks() if inode in found and int(pid) > 0}
        return [Holder(pid, _command(pid)) for pid in sorted(pids - {os.getpid()})]

    async def since(self, size: int, root: bytes) -> Since | None:
        return await asyncio.to_thread(_since, self._path, size, root)

    async def replace(self, fresh: Path, aside: Path) -> None:
        await asyncio.to_thread(_replace, self._path, fresh, aside)

    async def restored(self) -> Restored | None:
        return await self._database.read(restored.restored)


def _open(path: Path) -> sqlite3.Connection:
    try:
        uri = f"{path.absolute().as_uri()}?mode=ro"
        connection = sqlite3.connect(uri, uri=True, isolation_level=None, timeout=10)
    except sqlite3.Error as error:
        raise StoreGone(f"{path}: {error}") from error
    connection.row_factory = sqlite3.Row
    return connection


def _copy(path: Path, target: Path, told: Callable[[int, int | None], None], stop: threading.Event) -> Copied:
    def progress(status: int, remaining: int, total: int) -> None:
        if stop.is_set():
            raise _StoppedError
        told(total - remaining, total)
        time.sleep(REST_SECONDS)

    try:
        with closing(_open(path)) as source, closing(sqlite3.connect(target, isolation_level=None)) as copy:
            migrate.check_ours(source, path)
            source.execute("BEGIN")
            if (schema := migrate.version(source)) > migrate.latest():
                migrate.check_known(source, path)
            found = _facts(source, schema)
            copy.execute("PRAGMA journal_mode = OFF")  # what is not whole gets no name
            copy.execute("PRAGMA synchronous = OFF")
            source.backup(copy, pages=PAGES, progress=progress)
            return found
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error


def _holds(file: Path) -> Copied:
    try:
        with closing(_open(file)) as connection:
            migrate.check_ours(connection, file)
            connection.execute("BEGIN")
            if (schema := migrate.version(connection)) > migrate.latest():
                migrate.check_known(connection, file)
            return _facts(connection, schema)
    except (sqlite3.Error, LookupError) as error:
        raise StoreError(f"{file}: {error}") from error


def _facts(connection: sqlite3.Connection, schema: int) -> Copied:
    size, root, note = 0, b"", ""
    if SQL.has_table(connection, name="ledger"):
        size = ledger.size(connection)
        root = ledger.root(connection, size) if size else b""
        newest = SQL.newest_note(connection)
        note = newest["note"] if newest else ""
    decided = SQL.decisions(connection)
    return Copied(
        schema=schema,
        size=size,
        root=root,
        note=note,
        decisions=decided["decisions"] if decided else 0,
        last_decision=decided["id"] if decided else "",
        last_decided_at=decided["decided_at"] if decided else "",
        recordings=SQL.recordings(connection)[0],
    )


def _since(path: Path, size: int, root: bytes) -> Since | None:
    """A database that can not be read may be why another takes its place."""
    try:
        with closing(_open(path)) as connection:
            connection.execute("BEGIN")
            if ledger.size(connection) < size or (size and ledger.root(connection, size) != root):
                return None
            kinds = _counted(SQL.kinds_since(connection, size=size), "kind")
            acts = list(SQL.acts_since(connection, size=size))
            last = [row["at"] for row in acts] + [SQL.decided_since(connection, size=size)[0] or ""]
            return Since(sum(kinds.values()), kinds, _counted(acts, "act"), max(last, default=""))
    except (sqlite3.Error, LookupError, StoreError):
        return None


def _counted(rows: Any, name: str) -> Mapping[str, int]:
    return {row[name]: row["count"] for row in rows}


def _replace(path: Path, fresh: Path, aside: Path) -> None:
    aside.mkdir(mode=0o700)
    _sync(path.parent)
    for suffix in REST:
        with suppress(FileNotFoundError):
            os.rename(f"{path}{suffix}", aside / f"{path.name}{suffix}")  # noqa: PTH104 - a name with a suffix
        _sync(aside)
        _sync(path.parent)
    fresh.rename(path)
    _sync(path.parent)


def _sync(folder: Path) -> None:
    opened = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(opened)
    finally:
        os.close(opened)


def _locks() -> Iterator[tuple[str, str]]:
    """Process and inode of every lock that the kernel has."""
    with suppress(OSError):
        for line in Path("/proc/locks").read_text("ascii").splitlines():
            parts = line.replace("->", "").split()
            if len(parts) == 8:
                yield parts[4], parts[5].rpartition(":")[2]


def _command(pid: int) -> str:
    try:
        raw = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return ""
    return " ".join(raw.decode("utf-8", "replace").split("\0")).strip()[:SHOWN]
