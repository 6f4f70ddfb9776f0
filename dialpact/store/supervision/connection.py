"""The supervisor's database: one connection, one thread, whole transactions, on disk when they return.

A file that is not there is not made by opening it: a witness with an empty memory would cosign anything.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Callable, Sequence
from functools import cache
from pathlib import Path
from typing import Any, Self, TypeVar

from dialpact.compliance.errors import DialpactError, StoreBusy, StoreError, StoreGone
from dialpact.store.sqlite import migrate
from dialpact.store.sqlite.thread import Thread, Units
from dialpact.store.units.statements import statements as _statements

T = TypeVar("T")
BUSY_MS = 10_000
MODE = 0o600  # numbers of complainants, and secrets
APPLICATION = 0x64707376  # "dpsv": of nobody else's database
_HERE = Path(__file__).parent


def statements(name: str) -> Any:
    return _statements(name, folder=_HERE / "sql")


@cache
def scripts() -> Sequence[tuple[int, str]]:
    """(number, SQL), in order; read once, as ``migrate`` does."""
    found = (_HERE / "migrations").glob("*.sql")
    return tuple(sorted((int(entry.name[:4]), entry.read_text("utf-8")) for entry in found))


def create(path: Path) -> None:
    """A new database. OSError where there is one already."""
    os.close(os.open(path, os.O_CREAT | os.O_EXCL | os.O_RDWR, MODE))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        connection.execute(f"PRAGMA application_id = {APPLICATION}")
        migrate.migrate(connection, scripts())
    finally:
        connection.close()


def _connect(path: Path) -> Units:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    try:
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=BUSY_MS / 1000, factory=Units
        )
    except sqlite3.OperationalError as error:
        raise StoreGone(f"{path}: {error}") from error
    try:
        connection.row_factory = sqlite3.Row
        if connection.execute("PRAGMA application_id").fetchone()[0] != APPLICATION:
            raise StoreError(f"{path}: not a supervisor's database (make one with `dialpact supervise init`)")
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA secure_delete = ON")
        migrate.migrate(connection, scripts())
    except sqlite3.Error as error:
        connection.close()
        raise _translated(error, path) from error
    except StoreError:
        connection.close()
        raise
    return connection


def _translated(error: sqlite3.Error, path: Path) -> DialpactError:
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(f"{path}: locked by another process")
    return StoreError(f"{path}: {error}")


class SupervisionDatabase:
    def __init__(self, path: Path, thread: Thread, identity: tuple[int, int]) -> None:
        self.path, self._thread, self._identity = path, thread, identity

    @classmethod
    async def open(cls, path: Path) -> Self:
        """StoreGone, StoreError."""
        thread = await Thread.start(lambda: _connect(path))
        return cls(path, thread, _on_disk(path))

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    async def close(self) -> None:
        await self._thread.close()

    async def transact(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Whole or not at all, and on disk when it returns; one at a time, whoever else has the file open."""
        return await self._thread.run(lambda connection: self._within("BEGIN IMMEDIATE", work, connection))

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """On one snapshot."""
        return await self._thread.run(lambda connection: self._within("BEGIN", work, connection))

    async def empty_log(self) -> None:
        """What was freed is overwritten in the database; nothing of it may stay in the log beside it. While
        another process reads, it goes at a later time.
        """
        await self._thread.run(
            lambda connection: connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").close()
        )

    def _within(
        self, begin: str, work: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection
    ) -> T:
        self._check_there()
        try:
            connection.execute(begin)
            migrate.check_known(connection, self.path, scripts()[-1][0])
            result = work(connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _translated(error, self.path) from error
        finally:
            if connection.in_transaction:
                connection.rollback()
        self._check_there()  # gone while it was written: nobody will find that head again
        return result

    def _check_there(self) -> None:
        if _on_disk(self.path) != self._identity:
            raise StoreGone(f"{self.path}: the database file is missing or was replaced")


def _on_disk(path: Path) -> tuple[int, int]:
    try:
        found = path.stat()
    except OSError:
        return (0, 0)
    return found.st_dev, found.st_ino
