"""One connection, one thread, whole transactions.

1. A unit of work is a plain function of a ``sqlite3.Connection``; it runs on aiosqlite's thread in one hop
   (a hop costs 60 to 90 us, a look-up 3 us), inside ``BEGIN IMMEDIATE``, and is durable when it returns
   (``thread`` says how).
2. SQLite goes on writing happily to a file that was deleted or replaced. Every transaction therefore checks
   that the path still names the file that was opened; otherwise it fails and the next one opens anew.
3. The file is never created here: a daemon that finds no database refuses, it does not start an empty one.
4. A newer program may bring the database up to date while this one runs. Every transaction therefore looks at
   its version, too: nothing is written into, or read from, tables that this program does not know.
5. What a transaction has written and must be provable gets its leaf of the ledger before it commits.
6. A row that a constraint or a trigger refuses is refused every time (StoreRefused); whatever else fails may
   pass the next time (StoreError). Who confuses the two tries for ever, and what waits behind it is lost.
"""

from __future__ import annotations

import asyncio
import os
import sqlite3
import threading
from collections.abc import AsyncIterator, Callable, Iterable, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import partial
from pathlib import Path
from typing import Any, Self, TypeVar

from dialpact.compliance.errors import DialpactError, StoreBusy, StoreError, StoreGone, StoreRefused
from dialpact.store.ports import receipts, together
from dialpact.store.ports.receipts import Receipt
from dialpact.store.sqlite import migrate, waiting
from dialpact.store.sqlite.emptying import Emptying
from dialpact.store.sqlite.flushing import Flushing
from dialpact.store.sqlite.thread import Thread, Units
from dialpact.store.units import database, ledger
from dialpact.store.units.sharing import Sharing

T = TypeVar("T")
Work = Callable[[sqlite3.Connection], T]

SEAL_BATCH = 2000  # rows
MOST_SPARE = 3  # connections that only look, kept for the next who does
BUSY_MS = 1000  # the gate's deadline is 1500 ms: a lock must be given up in time to say so
LEAN = 16_384  # KiB of a register for what goes through it once, in its order; and as much for sorting
STEPS = 20_000  # of SQLite's, between two looks whether anybody still waits: a few milliseconds


def _connect(path: Path, busy_ms: int, short_units: bool) -> Units:
    uri = f"{path.absolute().as_uri()}?mode=rw"
    try:
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=busy_ms / 1000, factory=Units
        )
    except sqlite3.OperationalError as error:
        raise StoreGone(f"{path}: {error}") from error
    try:
        connection.row_factory = sqlite3.Row
        migrate.check_ours(connection, path)  # before whatever writes: it may be another program's
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA synchronous = FULL")
        connection.execute("PRAGMA foreign_keys = ON")
        connection.execute("PRAGMA cache_size = -65536")  # KiB
        if short_units:
            # The pages that a statement changes are kept until it has succeeded, and go to a temporary file
            # from 64 KiB on: so many are changed by a decision's row and its indexes.
            connection.execute("PRAGMA temp_store = MEMORY")
        connection.execute("PRAGMA secure_delete = ON")  # no salt stays where a page was split (``erasure``)
        migrate.migrate(connection)
        _seal_older(connection, path)
    except sqlite3.OperationalError as error:
        connection.close()
        raise _translated(error, path) from error
    except sqlite3.DatabaseError as error:
        connection.close()
        raise StoreError(f"{path}: {error}") from error
    except StoreError:
        connection.close()
        raise
    return connection


def _connect_to_look(path: Path, busy_ms: int, stop: threading.Event) -> Units:
    """Read only, whatever is asked of it. What is under way in it ends soon after ``stop``."""
    uri = f"{path.absolute().as_uri()}?mode=ro"
    try:
        connection = sqlite3.connect(
            uri, uri=True, isolation_level=None, timeout=busy_ms / 1000, factory=Units
        )
    except sqlite3.OperationalError as error:
        raise StoreGone(f"{path}: {error}") from error
    try:
        connection.row_factory = sqlite3.Row
        connection.execute("PRAGMA cache_size = -65536")  # KiB
        migrate.check_ours(connection, path)
        present = migrate.version(connection)
        if present > migrate.latest():
            migrate.check_known(connection, path)
        if present != migrate.latest():
            raise StoreError(f"{path}: of version {present}; any command that writes brings it up to date")
    except sqlite3.Error as error:
        connection.close()
        raise _translated(error, path) from error
    except StoreError:
        connection.close()
        raise
    connection.set_progress_handler(stop.is_set, STEPS)
    return connection


def _seal_older(connection: sqlite3.Connection, path: Path) -> None:
    """Rows from before there was a ledger, a bounded number in each transaction."""
    sealed = 1
    while sealed:
        connection.execute("BEGIN IMMEDIATE")
        migrate.check_known(connection, path)
        sealed = ledger.seal(connection, SEAL_BATCH)
        connection.execute("COMMIT")


def is_of_the_row(error: sqlite3.Error) -> bool:
    """Whether the row or a value in it is at fault, not the database."""
    if isinstance(error, sqlite3.IntegrityError | sqlite3.DataError):
        return True
    wrong = isinstance(error, sqlite3.ProgrammingError | sqlite3.InterfaceError)
    return wrong and str(error).startswith("Error binding")  # and not that somebody has closed the database


def _seal(connection: Units, path: Path) -> None:
    try:
        ledger.seal(connection, written=connection.written)
    except LookupError as error:  # the log itself is damaged, whatever is to be written
        raise StoreError(f"{path}: {error}") from error


def _translated(error: sqlite3.Error, path: Path) -> DialpactError:
    if is_of_the_row(error):
        return StoreRefused(str(error))
    if getattr(error, "sqlite_errorcode", 0) & 0xFF in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return StoreBusy(f"{path}: locked by another process")
    return StoreError(f"{path}: {error}")


def create(path: Path) -> None:
    """A new database with the whole schema, or the missing migrations for an old one."""
    if not path.exists():
        os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o640))
    connection = sqlite3.connect(path, isolation_level=None)
    try:
        migrate.migrate(connection)
    except sqlite3.DatabaseError as error:
        raise StoreError(f"{path}: {error}") from error
    finally:
        connection.close()


class Database(Sharing):
    """An open database. ``transact`` and ``read`` are the only ways in; the nouns' modules build on them."""

    def __init__(
        self,
        path: Path,
        busy_ms: int = BUSY_MS,
        *,
        short_units: bool = False,
        read_only: bool = False,
        yields: bool = False,
    ) -> None:
        """``short_units``: none sorts or stages much, so that temporary tables may be in memory; and calls
        wait for them: none has the write-ahead log to empty (``emptying``), or waits long for the lock after
        it was let go (``waiting``).
        ``read_only``: what would write fails (StoreError), and nothing is migrated. ``yields``: the disk is
        waited for without the lock that others wait for (``flushing``), and who reads does not wait for who
        waits for the lock: he has a connection of his own.
        """
        self.path = path
        self.has_written = False  # a transaction of this one has changed something, and it is on disk
        self._busy_ms = busy_ms
        self._short_units = short_units
        self._read_only = read_only
        self._flushing = Flushing(path) if yields else None
        self._emptying = Emptying(path) if yields or short_units else None
        self._reader = type(self)(path, busy_ms, read_only=True) if yields else None
        self._spare: list[Self] = []  # that look, and nobody looks by them now
        self._under_way = 0  # units, for good those that nobody waits for any more
        self._nobody_waits = threading.Event()
        self._connection: Thread | None = None
        self._identity: tuple[int, int] | None = None
        self._opening = asyncio.Lock()
        self._turns: dict[str, object] = {}
        Sharing.__init__(self)

    @classmethod
    async def open(cls, path: Path, busy_ms: int = BUSY_MS, *, short_units: bool = False) -> Self:
        """Raises StoreGone (no such file), StoreError (not ours, too new, damaged)."""
        store = cls(path, busy_ms, short_units=short_units)
        await store._opened()
        return store

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[Self]:
        """The same database, read only and on a connection of its own: whoever looks for long stands in the
        way of nobody who writes here. What is still under way at the end of the block ends with it.
        """
        own = self._spare.pop() if self._spare else type(self)(self.path, self._busy_ms, read_only=True)
        try:
            yield own
        finally:
            if own._under_way or len(self._spare) == MOST_SPARE:
                own._nobody_waits.set()
                await own.close()
            else:  # (to open one, with a thread and the schema read, costs as much as what most look for)
                self._spare.append(own)

    @asynccontextmanager
    async def another(self, path: Path) -> AsyncIterator[Self]:
        """One at another place, brought up to date: nobody else has it."""
        async with await type(self).open(path, BUSY_MS * 10) as store:
            yield store

    @property
    def name(self) -> str:
        return str(self.path)

    async def close(self) -> None:
        if self._reader:
            await self._reader.close()
        while self._spare:
            await self._spare.pop().close()
        if self._emptying:
            await asyncio.to_thread(self._emptying.close)
        connection, self._connection = self._connection, None
        if connection is not None:
            await connection.close()

    async def _opened(self) -> Thread:
        async with self._opening:  # else two that find it closed open it twice, and one is nobody's
            return self._connection or await self._open()

    async def _open(self) -> Thread:
        connection = await Thread.start(self._connect)
        self._connection = connection
        return connection

    def _connect(self) -> Units:
        """On the connection's thread: a disk that hangs must not hang the event loop."""
        self._identity = self._on_disk()
        if self._read_only:
            return _connect_to_look(self.path, self._busy_ms, self._nobody_waits)
        connection = _connect(self.path, self._busy_ms, self._short_units)
        if self._flushing:
            connection.execute("PRAGMA synchronous = NORMAL")
        if self._emptying:
            connection.execute("PRAGMA wal_autocheckpoint = 0")
        return connection

    async def _run(self, unit: Callable[[Units], T]) -> T:
        connection = self._connection or await self._opened()
        self._under_way += 1
        try:
            return await connection.run(unit)
        except asyncio.CancelledError:
            self._under_way += 1  # it goes on, and nobody waits for it
            raise
        except StoreGone:
            if self._connection is connection:
                await self.close()
            raise
        except ValueError as error:
            if self._connection is connection:
                raise
            # aiosqlite's word for one that was closed meanwhile, as another unit found the file gone
            raise StoreGone(f"{self.path}: closed meanwhile") from error
        finally:
            self._under_way -= 1

    def _on_disk(self) -> tuple[int, int] | None:
        try:
            found = self.path.stat()
        except OSError:
            return None
        return found.st_dev, found.st_ino

    async def transact(self, work: Callable[[Units], T]) -> T:
        """Runs ``work`` in one immediate transaction; when this returns, it is on disk.

        Raises StoreRefused, or StoreBusy, StoreGone, StoreError; then nothing of it has happened.
        """
        if together.is_joining():
            result: T = await together.Unit(self, self.transact_all, work)
            return result
        if (receipt := receipts.current()) is not None:
            work = partial(_noted, work, receipt)
        done = await self._run(partial(self._within, work))
        if self._flushing:
            await self._flushing.flush()  # also what was found there, which may not be on disk yet
        return done

    async def jot(self, work: Callable[[Units], T]) -> T:
        """As ``transact``, for what a power cut may take: the disk is not waited for. Whatever is transacted
        behind it is on disk with it, or not at all.
        """
        return await self._run(partial(self._jotted, work))

    def _jotted(self, work: Callable[[Units], T], connection: Units) -> T:
        if self._flushing:
            return self._within(work, connection)
        connection.execute("PRAGMA synchronous = NORMAL")
        try:
            return self._within(work, connection)
        finally:
            connection.execute("PRAGMA synchronous = FULL")

    async def read(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs ``work`` on one snapshot of the database, for as long as it takes.

        No lock is held that a decision waits for: a report over a year must not stop the calls. Writing in it
        fails. Raises StoreBusy, StoreGone or StoreError.
        """
        if self._reader:
            await self._opened()  # which migrates
            return await self._reader.read(work)
        return await self._run(partial(self._reading, work))

    async def aside(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Runs ``work``, which writes temporary tables alone, in one transaction on one snapshot of the rest.

        As with ``read``, no lock is held that a decision waits for, and none is waited for. Nothing of it is
        durable or sealed. Raises StoreBusy, StoreGone or StoreError.
        """
        return await self._run(partial(self._beside, work))

    def _beside(self, work: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection) -> T:
        if self._on_disk() != self._identity:
            raise StoreGone(f"{self.path}: the database file is missing or was replaced")
        try:
            connection.execute("BEGIN")
            migrate.check_known(connection, self.path)
            result = work(connection)
            connection.execute("COMMIT")
        except sqlite3.Error as error:
            raise _translated(error, self.path) from error
        finally:
            self._roll_back(connection)
        return result

    def _reading(self, work: Callable[[sqlite3.Connection], T], connection: sqlite3.Connection) -> T:
        if self._on_disk() != self._identity:
            raise StoreGone(f"{self.path}: the database file is missing or was replaced")
        try:
            if not self._read_only:
                connection.execute("PRAGMA query_only = ON")
            connection.execute("BEGIN")
            migrate.check_known(connection, self.path)
            return work(connection)
        except sqlite3.Error as error:
            raise _translated(error, self.path) from error
        finally:
            self._roll_back(connection)
            if not self._read_only:
                connection.execute("PRAGMA query_only = OFF")

    def _within(self, work: Callable[[Units], T], connection: Units) -> T:
        if self._on_disk() != self._identity:
            raise StoreGone(f"{self.path}: the database file is missing or was replaced")
        try:
            if self._short_units or self._flushing:
                waiting.begin(connection, self._busy_ms)
            else:
                connection.execute("BEGIN IMMEDIATE")
            migrate.check_known(connection, self.path)
            before = connection.total_changes
            connection.written.clear()
            result = work(connection)
            if connection.total_changes != before:
                _seal(connection, self.path)
            connection.execute("COMMIT")
            if self._emptying:
                self._emptying.committed()
            self.has_written = self.has_written or connection.total_changes != before
        except sqlite3.Error as error:
            self._roll_back(connection)
            raise _translated(error, self.path) from error
        except BaseException:
            self._roll_back(connection)
            raise
        if self._on_disk() != self._identity:  # gone while it was written: nobody will find that row
            raise StoreGone(f"{self.path}: the database file vanished during the write")
        return result

    def begin_turn(self, what: str) -> object:
        """For work over several transactions in temporary tables, of which there is one set: whoever begins
        anew takes it from whoever had it. To be called in the transaction that makes them.
        """
        self._turns[what] = turn = object()
        return turn

    def check_turn(self, what: str, turn: object) -> None:
        """StoreBusy when another has begun meanwhile: what is in the tables is his. To be called in each
        transaction that uses them.
        """
        if self._turns.get(what) is not turn:
            raise StoreBusy(f"{self.path}: another {what} has begun meanwhile; nothing was done")

    @staticmethod
    def version(connection: database.Connection) -> int:
        """The number of the last migration."""
        return migrate.version(connection)

    @staticmethod
    def lean(work: database.Work[T]) -> database.Work[T]:
        """``work`` with a small cache: SQLite sorts in as much memory again."""

        def run(connection: database.Connection) -> T:
            (before,) = connection.execute("PRAGMA main.cache_size").fetchone()
            connection.execute(f"PRAGMA main.cache_size = {-LEAN}")
            try:
                return work(connection)
            finally:
                connection.execute(f"PRAGMA main.cache_size = {before}")

        return run

    @staticmethod
    @contextmanager
    def unchecked(connection: database.Connection) -> Iterator[None]:
        """What is written within was looked at already by the same CHECK constraints."""
        connection.execute("PRAGMA ignore_check_constraints = ON")
        try:
            yield
        finally:
            connection.execute("PRAGMA ignore_check_constraints = OFF")

    @staticmethod
    def feed(connection: Any, ask: Callable[..., Any], take: Callable[[list[Any]], None], most: int) -> None:
        """Hands over the rows that a statement gives to the function ``feed``, a page at a time: in two
        thirds of the time that it takes to fetch them.
        """
        connection.create_aggregate("feed", -1, lambda: _Feed(take, most))
        ask(connection)

    def begin_anew(self, connection: database.Connection) -> None:
        """Takes back all that the transaction under way has done, and begins another."""
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.execute("BEGIN IMMEDIATE")
        migrate.check_known(connection, self.path)

    def hold(self, connection: database.Connection, names: Iterable[str]) -> None:
        """There is one writer, who holds everything."""

    @staticmethod
    def is_of_the_store(error: Exception) -> bool:
        """Whether another unit of the same transaction would fail with it as well."""
        if isinstance(error, sqlite3.Error):
            return not is_of_the_row(error)
        return isinstance(error, StoreError)

    @staticmethod
    def _roll_back(connection: sqlite3.Connection) -> None:
        if connection.in_transaction:
            connection.rollback()


class _Feed:
    """An aggregate function that hands on what it is given."""

    def __init__(self, take: Callable[[list[Any]], None], most: int) -> None:
        self._take, self._most, self._rows = take, most, list[Any]()

    def step(self, *row: Any) -> None:
        self._rows.append(row)
        if len(self._rows) == self._most:
            self.finalize()

    def finalize(self) -> int:
        self._take(self._rows)
        self._rows.clear()
        return 0


def _noted(work: Callable[[Units], T], receipt: Receipt, connection: Units) -> T:
    before = connection.total_changes
    result = work(connection)
    if connection.total_changes != before:
        receipt(connection)
    return result
