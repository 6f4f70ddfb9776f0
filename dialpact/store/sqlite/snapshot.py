"""The log as it is in the file at one moment, read only, with whatever someone may have written into it."""

from __future__ import annotations

import asyncio
import sqlite3
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from dialpact.compliance.errors import LedgerError, StoreError, StoreGone, StoreNewer
from dialpact.compliance.ledger.bound import Act, Row
from dialpact.store.ports.audits import (
    Entry,
    LeafPlace,
    LedgerLine,
    LogRow,
    Odd,
    Snapshot,
    StoredHead,
    Unreadable,
)
from dialpact.store.ports.witnesses import Cosignature
from dialpact.store.sqlite import migrate, schema
from dialpact.store.sqlite.connection import Database
from dialpact.store.sqlite.people import People
from dialpact.store.sqlite.record_pages import RecordPages
from dialpact.store.sqlite.retention_rows import RetentionRows
from dialpact.store.units import checkpoints, ledger, witnesses
from dialpact.store.units.statements import statements

SQL = statements("audit")
BOUND = statements("bound")
PAGE = 1000  # checkpoints
# What a row that someone wrote by hand may raise on its way to a record.
BROKEN = (ValueError, TypeError, AttributeError, LookupError, OverflowError, sqlite3.Error)
T = TypeVar("T")
_entry = partial(tuple.__new__, Entry)  # as Entry._make, without a call of Python for each


class Audits:
    """:class:`dialpact.store.ports.audits.Audits` on SQLite, with a connection of its own."""

    def __init__(self, database: Database) -> None:
        self._path = database.path

    async def inspect(self, work: Callable[[Snapshot], T]) -> T:
        def run() -> T:
            with opened(self._path, nobody_waits) as snapshot:
                return work(snapshot)

        nobody_waits = threading.Event()
        try:
            return await asyncio.to_thread(run)
        except asyncio.CancelledError:
            nobody_waits.set()  # the thread ends at its next look into the log, and the program with it
            raise


class _Stopped(Exception):
    """Whoever asked waits no longer."""


@contextmanager
def opened(path: Path, stop: threading.Event | None = None) -> Iterator[Snapshot]:
    """StoreGone, StoreError."""
    connection = _open(path)
    try:
        connection.execute("BEGIN")
        migrate.check_known(connection, path)
        yield _Snapshot(connection, stop or threading.Event())
    except sqlite3.Error as error:
        raise StoreError(f"{path}: {error}") from error
    finally:
        connection.close()


class _Snapshot:
    """:class:`dialpact.store.ports.audits.Snapshot`."""

    kinds: Sequence[str] = ledger.KINDS
    versions: Mapping[str, int] = ledger.VERSIONS
    erasable: Sequence[str] = ledger.ERASABLE

    def __init__(self, connection: sqlite3.Connection, stop: threading.Event) -> None:
        self._connection, self._stop = connection, stop
        self.width, self.levels = ledger.WIDTH, len(ledger.LEVELS)
        self._pages = RecordPages(connection)
        self.retention = RetentionRows(connection)

    def size(self) -> int:
        return ledger.size(self._connection)

    def entries(self, first: int, end: int, most: int) -> Sequence[Entry]:
        self._look()
        until = min(end, first + most)
        try:
            with _plain(self._connection):
                found = list(map(_entry, SQL.entries_from(self._connection, first=first, end=until)))
        except sqlite3.Error:  # an entry that is no text
            found = [Entry(*row) for row in SQL.entries_from(self._connection, first=first, end=until)]
        # Behind a gap that is longer than that, the next one.
        return found or [Entry(*row) for row in SQL.next_entry(self._connection, first=first, end=end)]

    def entry_of(self, kind: str, key: str) -> Entry | None:
        row = ledger.SQL.entry_of(self._connection, kind=kind, key=key)
        return Entry(*row) if row else None

    def content(self, leaf_index: int, kind: str, key: str, version: int) -> bytes | None:
        try:
            return ledger.content_of(self._connection, leaf_index, kind, key, version)
        except BROKEN as error:
            raise Unreadable(str(error)) from error

    def contents(self, page: Sequence[Entry]) -> Mapping[int, bytes]:
        try:
            with _plain(self._connection):
                return self._pages.contents(page)
        except sqlite3.Error:  # a row that is no text, or a damaged page: it is told of the record itself
            return {}

    def blank(self, kind: str, key: str) -> bool | None:
        try:
            row = getattr(SQL, f"blank_{kind.replace('-', '_')}")(self._connection, key=key)
            return bool(row[0]) if row else None
        except BROKEN as error:
            raise Unreadable(str(error)) from error

    def negative(self) -> Sequence[LeafPlace]:
        return [LeafPlace(*row) for row in SQL.negative(self._connection)]

    def hashes(self, level: int, first: int, end: int) -> Sequence[bytes]:
        try:
            return ledger.stored(self._connection, level, first, end)
        except LookupError:
            return []

    def node(self, level: int, number: int) -> bytes | None:
        row: Any = SQL.node(self._connection, level=level, number=number)
        return row[0] if row else None

    def nodes_beyond(self, size: int) -> Sequence[tuple[int, int]]:
        names = ("one", "two", "three")
        counts = {name: size // leaves for name, leaves in zip(names, ledger.LEVELS, strict=True)}
        return [(row["level"], row["number"]) for row in SQL.nodes_beyond(self._connection, **counts)]

    def root(self, size: int) -> bytes:
        try:
            return checkpoints.root(self._connection, size)
        except LedgerError:
            return b""

    def checkpoints(self, size: int, at: str) -> Sequence[StoredHead]:
        found = checkpoints.SQL.checkpoints(self._connection, size=size, at=at, most=PAGE)
        return [StoredHead(*row) for row in found]

    def last_checkpoint(self) -> StoredHead | None:
        row = checkpoints.SQL.last_checkpoint(self._connection)
        return StoredHead(*row) if row else None

    def log_row(self) -> LogRow | None:
        row = checkpoints.SQL.log_row(self._connection)
        return LogRow(str(row["node"]), bool(row["remembered"])) if row else None

    def cosignatures(self, size: int) -> Sequence[Cosignature]:
        return witnesses.cosignatures(self._connection, size)

    def cosigned_up_to(self, size: int) -> int:
        return witnesses.SQL.cosigned_up_to(self._connection, size=size)["size"] or 0

    def key_changes(self) -> Sequence[LedgerLine]:
        return [LedgerLine(*row) for row in SQL.key_changes(self._connection)]

    def erasures(self) -> Iterator[LedgerLine]:
        return (LedgerLine(*row) for row in SQL.erasures(self._connection))

    def erasure(self, seq: int) -> str | None:
        row = SQL.erasure(self._connection, seq=seq)
        return row["detail"] if row else None

    def remains(self, leaf_index: int, kind: str, key: str) -> bytes | None:
        try:
            return ledger.remains_of(self._connection, leaf_index, kind, key)
        except BROKEN as error:
            raise Unreadable(str(error)) from error

    def kept_otherwise(self) -> Sequence[tuple[int, str]]:
        try:
            return [(row["leaf_index"], row["key"]) for row in SQL.kept_otherwise(self._connection)]
        except BROKEN as error:
            raise Unreadable(str(error)) from error

    def waiting(self) -> Sequence[tuple[str, str]]:
        return [(row["kind"], str(row["key"])) for row in SQL.waiting(self._connection)]

    def leafless(self, kind: str) -> Sequence[str]:
        if kind == "decision" and self._has_read_all_decisions():
            return []
        found = getattr(SQL, f"leafless_{kind.replace('-', '_')}")(self._connection)
        return [row["key"] for row in found]

    def first_decision(self) -> int | None:
        first, _ = SQL.first_and_last_seq(self._connection)
        return first if first is None else int(first)

    def missing_decisions(self) -> Sequence[tuple[int, int]]:
        if self._has_read_all_decisions():
            return []
        return [(row["first"], row["last"]) for row in SQL.missing_seqs(self._connection)]

    def acts(self, register: str, *, key: str, seq: int, most: int) -> Sequence[Act]:
        self._look()
        found = BOUND.acts(self._connection, register=register, key=key, seq=seq, most=most)
        return [Act(*row) for row in found]

    def acts_of(self, register: str, action: str, *, seq: int, most: int) -> Sequence[Act]:
        self._look()
        found = BOUND.acts_of(self._connection, register=register, action=action, seq=seq, most=most)
        return [Act(*row) for row in found]

    def acts_gone(self) -> int:
        return int(BOUND.acts_gone(self._connection)[0])

    def last_act(self) -> int:
        return int(BOUND.last_act(self._connection)[0])

    def rows(self, table: str, place: Mapping[str, Any]) -> Sequence[Row]:
        try:
            return [dict(row) for row in getattr(BOUND, f"rows_{table}")(self._connection, **place)]
        except BROKEN as error:
            raise Unreadable(str(error)) from error

    def unlogged(self, table: str) -> Iterator[Row]:
        self._look()
        yield from map(dict, getattr(BOUND, f"unlogged_{table}")(self._connection))

    def last_decided(self) -> str:
        return BOUND.last_decided(self._connection)[0] or ""

    def blocked(self, since: str) -> Iterator[tuple[str, str, str]]:
        yield from map(tuple, BOUND.blocked(self._connection, since=since))

    def counted(self, since: str) -> Iterator[tuple[str, str, str, str]]:
        yield from map(tuple, BOUND.counted(self._connection, since=since))

    def odd(self, *, large: bool) -> Sequence[Odd]:
        found = [*schema.differing(self._connection), *schema.false_indexes(self._connection)]
        return [*found, *schema.short_indexes(self._connection)] if large else found

    def differences(self, register: str) -> Sequence[str]:
        return [row["key"] for row in BOUND.differences(self._connection, register=register)]

    def _look(self) -> None:
        if self._stop.is_set():
            raise _Stopped

    def people(self, register: str) -> People:
        self._look()
        return People(self._connection, register, self._look)

    def _has_read_all_decisions(self) -> bool:
        """By their leaves, and from the first to the last none is missing."""
        first, last = SQL.first_and_last_seq(self._connection)
        return first is not None and self._pages.decisions == last - first + 1


def _any_text(raw: bytes) -> str:
    return raw.decode("utf-8", "surrogateescape")


@contextmanager
def _plain(connection: sqlite3.Connection) -> Iterator[None]:
    """Rows are tuples and text is text, for speed; sqlite3.OperationalError where it is not."""
    rows, text = connection.row_factory, connection.text_factory
    connection.row_factory, connection.text_factory = None, str
    try:
        yield
    finally:
        connection.row_factory, connection.text_factory = rows, text


def _open(path: Path) -> sqlite3.Connection:
    try:
        connection = sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, isolation_level=None)
    except sqlite3.Error as error:
        raise StoreGone(f"{path}: {error}") from error
    try:
        connection.row_factory = sqlite3.Row
        # A byte that was changed by hand may be no text: it must be found, not break the audit.
        connection.text_factory = _any_text
        connection.execute("PRAGMA cache_size = -8192")  # KiB: what is read once need not be kept
        migrate.check_ours(connection, path)
        present = migrate.version(connection)
    except sqlite3.Error as error:
        connection.close()
        raise StoreError(f"{path}: {error}") from error
    except StoreError:
        connection.close()
        raise
    if present > migrate.latest():
        connection.close()
        raise StoreNewer(f"{path}: of version {present}, this program knows only {migrate.latest()}")
    if present != migrate.latest():
        connection.close()
        raise StoreError(f"{path}: of another version; any command that writes brings it up to date")
    return connection
