"""One connection that writes, one that reads, whole transactions.

1. A unit of work is a plain function of a connection (``store/units``); it runs in READ COMMITTED, since a
   cap is exact there alone: a lock in a statement of its own, and what is counted in the next one, which sees
   what whoever had the lock before has committed. (In REPEATABLE READ it is of a moment before the lock.)
2. The units of one node come one after the other, by a lock on its name: so its log has no gap. Those of
   several nodes run side by side; what they count together they lock by name (:meth:`Database.hold`).
3. All of it has a time by which it has come back, whatever the server does: the driver gives up, and the
   connection is thrown away. What was asked may be done all the same when the server wakes up. So whoever
   heard no answer to a COMMIT does not know, and is told that (StoreError): such an ALLOW is never told to
   anybody, and it is found and marked afterwards.
4. Through a pooler that hands a connection to others between two transactions none of this holds: the node's
   name is a setting of the session.
5. As on every engine: what must be provable gets its leaf before the commit; a row that is refused every time
   is StoreRefused, and what may pass the next time StoreError.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Literal, NoReturn, Self, TypeVar

import asyncpg

from dialpact.compliance.errors import StoreBusy, StoreError, StoreGone, StoreRefused
from dialpact.store.ports import receipts, together
from dialpact.store.postgres import migrate, plain
from dialpact.store.postgres.texts import Text, text_of
from dialpact.store.units import database, ledger
from dialpact.store.units.database import Key, Write
from dialpact.store.units.sharing import Sharing
from dialpact.store.units.statements import Statement

T = TypeVar("T")
SECONDS = 1.0  # of the gate's deadline, 1.5 s: a silent database must be given up in time to say so
LOOKING, STAGING = 30, 600  # times so long: what a page looks for, what a long list is sorted in
SNAPSHOT = "BEGIN ISOLATION LEVEL REPEATABLE READ"
STATEMENTS = 1000  # that a connection knows; there are fewer
NODES, NAMES = 0x64706E, 0x6470  # two sorts of locks: a node's own, and what several nodes count together
_BROKEN = (asyncpg.InterfaceError, asyncpg.InternalClientError, OSError, asyncio.IncompleteReadError)
_REFUSED = ("22", "23")  # classes of SQLSTATE: a value that is none, a constraint
_BUSY = ("40", "55")  # a deadlock, a lock that did not come
_Side = Literal["reading", "writing"]


class Units:
    """A connection in a transaction, as units of work see it."""

    def __init__(self, driver: asyncpg.Connection[Any]) -> None:
        self._driver = driver
        self.written: dict[Key, dict[str, Any]] = {}
        self.has_changed = False

    @property
    def in_transaction(self) -> bool:
        return bool(self._driver.is_in_transaction())

    def execute(self, sql: str, parameters: Any = (), /) -> Any:
        self.has_changed = True
        return plain.wait(self._driver.execute(sql, *parameters))

    def ask(self, statement: Statement, parameters: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
        """Its rows."""
        text = text_of(statement)
        self.has_changed = self.has_changed or not text.reads
        return plain.wait(self._driver.fetch(text.sql, *_given(text, parameters)))

    def change(self, statement: Statement, parameters: Mapping[str, Any] | Sequence[Any]) -> int:
        """How many rows it has changed."""
        text = text_of(statement)
        said: str = plain.wait(self._driver.execute(text.sql, *_given(text, parameters)))
        self.has_changed = True
        last = said.rpartition(" ")[2]
        return int(last) if last.isdigit() else 0

    def change_many(self, statement: Statement, parameters: Iterable[Any]) -> None:
        text = text_of(statement)
        self.has_changed = True
        plain.wait(self._driver.executemany(text.sql, [_given(text, one) for one in parameters]))


def _given(text: Text, parameters: Mapping[str, Any] | Sequence[Any]) -> Sequence[Any]:
    if isinstance(parameters, Mapping):
        return [parameters[name] for name in text.names]
    return parameters


class _Paged:
    """A connection in a transaction, which hands on what a statement gives: a page of it is all there is."""

    def __init__(self, driver: asyncpg.Connection[Any], take: Callable[[list[Any]], None], most: int) -> None:
        self._driver, self._take, self._most = driver, take, most

    def ask(self, statement: Statement, parameters: Mapping[str, Any] | Sequence[Any]) -> list[Any]:
        text = text_of(statement)
        cursor = plain.wait(self._driver.cursor(text.sql, *_given(text, parameters)))
        while page := plain.wait(cursor.fetch(self._most)):
            self._take([tuple(row) for row in page])
        return []


def is_of_the_row(error: BaseException) -> bool:
    """Whether the row or a value in it is at fault, not the database."""
    if isinstance(error, asyncpg.DataError | asyncpg.exceptions.DataError):
        return True
    return isinstance(error, asyncpg.PostgresError) and str(error.sqlstate or "")[:2] in _REFUSED


def _is_known(error: BaseException) -> bool:
    """Of a COMMIT that failed: whether nothing of it has happened. A server that ends while it waits for its
    standby says that as an error of its own, and has committed.
    """
    return isinstance(error, asyncpg.PostgresError) and str(error.sqlstate or "")[:2] in (*_REFUSED, *_BUSY)


class Database(Sharing):
    """An open database. ``url``: as libpq has it, several hosts and ``target_session_attrs`` too; ``node``:
    whose calls these are. ``seconds``: within which what is written comes back, and ``LOOKING`` or
    ``STAGING`` times so long what is not.
    """

    def __init__(self, url: str, node: str, *, seconds: float = SECONDS, read_only: bool = False) -> None:
        super().__init__()
        self.url, self.node = url, node
        self._seconds, self._read_only = seconds, read_only
        self._open: dict[_Side, asyncpg.Connection[Any]] = {}
        self._writing, self._reading = asyncio.Lock(), asyncio.Lock()
        self._turns: dict[str, object] = {}

    @classmethod
    async def open(cls, url: str, node: str, *, seconds: float = SECONDS) -> Self:
        """Brought up to date. StoreGone, StoreNewer, StoreError."""
        store = cls(url, node, seconds=seconds)
        try:
            async with store._writing:
                connection = await store._connection("writing")
                await migrate.migrate(connection)
                # Where there are leaves and this row is gone, nobody knows whether the log has been forked.
                await connection.execute(
                    "INSERT INTO ledger_log (node) SELECT current_setting('dialpact.node') WHERE NOT EXISTS"
                    " (SELECT 1 FROM ledger WHERE node = current_setting('dialpact.node'))"
                    " ON CONFLICT DO NOTHING"
                )
        except BaseException as error:
            await store.close()
            store._translate(error)
        return store

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await self.close()

    @property
    def name(self) -> str:
        """For messages: without what may be secret."""
        place = self.url.partition("://")[2].rpartition("@")[2]
        return f"postgresql://{place.partition('?')[0]}"

    async def close(self) -> None:
        while self._open:
            _, connection = self._open.popitem()
            await _closed(connection)

    @asynccontextmanager
    async def looking(self) -> AsyncIterator[Self]:
        """The same database, read only, on a connection of its own."""
        own = type(self)(self.url, self.node, seconds=self._seconds, read_only=True)
        try:
            yield own
        finally:
            await own.close()

    async def _connected(self) -> asyncpg.Connection[Any]:
        return await asyncpg.connect(
            self.url,
            timeout=self._seconds,
            statement_cache_size=STATEMENTS,
            server_settings={"dialpact.node": self.node, "application_name": f"dialpact {self.node}"},
        )

    async def _connection(self, side: _Side) -> asyncpg.Connection[Any]:
        if (found := self._open.get(side)) is None or found.is_closed():
            self._open[side] = found = await self._connected()
        return found

    async def transact(self, work: Write[T]) -> T:
        """Runs ``work`` in one transaction; when this returns, it is where no crash takes it away.

        Raises StoreRefused, or StoreBusy, StoreGone, StoreError; then nothing of it has happened, unless the
        error says that nobody knows.
        """
        if self._read_only:
            raise StoreError(f"{self.name}: opened to be read")
        if together.is_joining():
            result: T = await together.Unit(self, self.transact_all, work)
            return result
        if (receipt := receipts.current()) is not None:
            work = partial(_noted, work, receipt)
        return await self._within(work)

    async def jot(self, work: Write[T]) -> T:
        """As ``transact``, for what a crash of the server may take."""

        def lightly(connection: database.Writing) -> T:
            connection.execute("SET LOCAL synchronous_commit = off")
            return work(connection)

        return await self._within(lightly)

    async def read(self, work: database.Work[T]) -> T:
        """Runs ``work`` on one snapshot. Writing in it fails."""
        async with self._reading:
            return await self._beside("reading", f"{SNAPSHOT} READ ONLY", work, LOOKING)

    async def aside(self, work: database.Work[T]) -> T:
        """As ``read``, for what writes temporary tables: on the connection that writes, which has them."""
        async with self._writing:
            return await self._beside("writing", SNAPSHOT, work, STAGING)

    async def _beside(self, side: _Side, begin: str, work: database.Work[T], times: float) -> T:
        try:
            async with asyncio.timeout(self._seconds * times):
                connection = await self._connection(side)
                await connection.execute(begin)
                await migrate.check_known(connection)
                result = await plain.run(work, Units(connection))
                await connection.execute("COMMIT")
                return result
        except BaseException as error:
            await self._after(side, error)
            self._translate(error)

    async def _within(self, work: Write[T]) -> T:
        async with self._writing:
            committing = False
            try:
                async with asyncio.timeout(self._seconds):
                    connection = await self._connection("writing")
                    await self._begin(connection)
                    units = Units(connection)
                    result = await plain.run(work, units)
                    if units.has_changed:
                        await plain.run(_seal, units, self.name)
                    committing = True
                    await connection.execute("COMMIT")
                    return result
            except BaseException as error:
                await self._after("writing", error)
                if committing and isinstance(error, Exception) and not _is_known(error):
                    raise StoreError(
                        f"{self.name}: no answer to a commit: nobody knows what became of it"
                    ) from error
                self._translate(error)

    async def _begin(self, connection: asyncpg.Connection[Any]) -> None:
        # (Two statements in one message: the second sees what was committed while it waited for the first.)
        await connection.execute(
            "BEGIN ISOLATION LEVEL READ COMMITTED;"
            f" SELECT pg_advisory_xact_lock({NODES}, hashtext(current_setting('dialpact.node')))"
        )
        await migrate.check_known(connection)

    async def _after(self, side: _Side, error: BaseException) -> None:
        """What is left of a transaction that failed: taken back, or the connection goes with it."""
        connection = self._open.get(side)
        if connection is None:
            return
        if not isinstance(error, (TimeoutError, asyncio.CancelledError, *_BROKEN)):
            with contextlib.suppress(Exception):
                async with asyncio.timeout(self._seconds):
                    if not connection.is_closed() and connection.is_in_transaction():
                        await connection.execute("ROLLBACK")
                    return
        del self._open[side]
        connection.terminate()

    def _translate(self, error: BaseException) -> NoReturn:
        if is_of_the_row(error):
            raise StoreRefused(str(error)) from error
        if isinstance(error, asyncpg.PostgresError):
            kind = StoreBusy if str(error.sqlstate or "")[:2] in _BUSY else StoreError
            raise kind(f"{self.name}: {error}") from error
        if isinstance(error, TimeoutError):
            raise StoreBusy(f"{self.name}: no answer within {self._seconds:g} s") from error
        if isinstance(error, _BROKEN):
            raise StoreGone(f"{self.name}: {error}") from error
        raise error

    def begin_turn(self, what: str) -> object:
        """For work over several transactions in temporary tables, of which there is one set."""
        self._turns[what] = turn = object()
        return turn

    def check_turn(self, what: str, turn: object) -> None:
        """StoreBusy when another has begun meanwhile."""
        if self._turns.get(what) is not turn:
            raise StoreBusy(f"{self.name}: another {what} has begun meanwhile; nothing was done")

    @staticmethod
    def version(connection: database.Connection) -> int:
        """The number of the last migration."""
        assert isinstance(connection, Units)
        return int(plain.wait(migrate.version(connection._driver)))

    @staticmethod
    def lean(work: database.Work[T]) -> database.Work[T]:
        """As it is: the server has its own bounds."""
        return work

    @staticmethod
    def unchecked(connection: database.Connection) -> contextlib.AbstractContextManager[object]:
        """They are looked at again: PostgreSQL has no way around them."""
        return contextlib.nullcontext()

    @staticmethod
    def feed(connection: Any, ask: Callable[..., Any], take: Callable[[list[Any]], None], most: int) -> None:
        """Hands over the rows that a statement gives, a page of at most so many at a time."""
        ask(_Paged(connection._driver, take, most))

    def begin_anew(self, connection: database.Connection) -> None:
        """Takes back all that the transaction under way has done, and begins another."""
        assert isinstance(connection, Units)
        if connection.in_transaction:
            connection.execute("ROLLBACK")
        connection.written.clear()
        plain.wait(self._begin(connection._driver))

    def hold(self, connection: database.Connection, names: Iterable[str]) -> None:
        """Until the end of the transaction nobody else holds any of ``names``, on whatever node. What is read
        after it is as those have left it who held them before.
        """
        assert isinstance(connection, Units)
        wanted = sorted(set(names))
        plain.wait(
            connection._driver.execute(
                "SELECT pg_advisory_xact_lock($1, key) FROM (SELECT DISTINCT hashtext(name) AS key"
                " FROM unnest($2::text[]) AS name ORDER BY key) AS keys",
                NAMES,
                wanted,
            )
        )

    @staticmethod
    def is_of_the_store(error: Exception) -> bool:
        """Whether another unit of the same transaction would fail with it as well."""
        if isinstance(error, asyncpg.PostgresError):
            return not is_of_the_row(error)
        return isinstance(error, (StoreError, *_BROKEN))


def _seal(connection: Units, name: str) -> None:
    try:
        ledger.seal(connection, written=connection.written)
    except LookupError as error:  # the log itself is damaged, whatever is to be written
        raise StoreError(f"{name}: {error}") from error


def _noted(work: Write[T], receipt: receipts.Receipt, connection: database.Writing) -> T:
    assert isinstance(connection, Units)
    before, connection.has_changed = connection.has_changed, False
    result = work(connection)
    if connection.has_changed:
        receipt(connection)
    connection.has_changed = connection.has_changed or before
    return result


async def _closed(connection: asyncpg.Connection[Any]) -> None:
    """In order where the server answers, at once where it does not."""
    if not connection.is_closed():
        try:
            await connection.close(timeout=1.0)
        except (TimeoutError, *_BROKEN, asyncpg.PostgresError):
            connection.terminate()
