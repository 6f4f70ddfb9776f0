"""Numbered migrations: ``migrations/NNNN_name.sql``, each applied in one transaction.

SQLite keeps the number itself (``PRAGMA user_version``) and rolls it back with the rest, which leaves a
migration runner nothing to do but this loop; the libraries looked at bring a table, a lock and sqlite3
adapters that are deprecated since Python 3.12.

A process is of one version as long as it lives: what it knows is read once, whatever an update puts into its
folder meanwhile, and each of its transactions looks whether the database is still of that version.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from functools import cache
from pathlib import Path

from dialpact.compliance.errors import StoreError, StoreGone, StoreNewer
from dialpact.store.units.database import Connection


@cache
def scripts() -> Sequence[tuple[int, str]]:
    """(number, SQL), in order."""
    folder = Path(__file__).parent / "migrations"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return tuple(sorted((int(entry.name[:4]), entry.read_text("utf-8")) for entry in found))


def latest() -> int:
    return scripts()[-1][0]


def version(connection: Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def check_known(connection: Connection, path: Path, known: int = 0) -> None:
    """In a transaction: whether the database is still of the version that this process knows. StoreNewer when
    another has brought it further; StoreGone when an older one was put in its place, which to open is to
    bring it up to date. ``known``: else the latest that ships.
    """
    present, known = version(connection), known or latest()
    if present > known:
        raise StoreNewer(f"{path}: {_newer(present, known)}")
    if present < known:
        raise StoreGone(f"{path}: it is of version {present} now: an older one was put in its place")


def _newer(present: int, known: int) -> str:
    return (
        f"the database is of version {present}, this program knows only {known}: a newer one has brought it "
        "up to date; start this one anew from the version that was installed"
    )


def check_ours(connection: Connection, path: Path) -> None:
    """Only reads. StoreError for a file of nobody's or of another program's, which must stay as it is."""
    # (Any of them: one that has lost a table is ours all the same.)
    ours = connection.execute(
        "SELECT 1 FROM sqlite_schema WHERE type = 'table'"
        " AND name IN ('decision', 'do_not_call', 'register_change')"
    )
    if version(connection) == 0 or ours.fetchone() is None:
        raise StoreError(f"{path}: not a Dialpact database (make one with `dialpact init`)")


def migrate(connection: sqlite3.Connection, known: Sequence[tuple[int, str]] = ()) -> int:
    """Applies what is missing; returns how many. Raises StoreNewer for a database newer than this program.

    ``known``: (number, SQL) in order, else those that ship.
    """
    known = known or scripts()
    present, newest, done = version(connection), known[-1][0], 0
    if present > newest:
        raise StoreNewer(_newer(present, newest))
    for number, sql in known:
        if number > present:
            try:
                done += _apply(connection, number, sql)
            except sqlite3.Error as error:
                raise StoreError(f"migration {number:04}: {error}") from error
    return done


def _apply(connection: sqlite3.Connection, number: int, sql: str) -> bool:
    """Whole or not at all; False when another process has done it while we waited for the lock."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        if version(connection) >= number:
            connection.rollback()
            return False
        for statement in _statements(sql):  # (executescript would commit first, and let the lock go)
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {number}")
        connection.commit()
    except BaseException:
        if connection.in_transaction:
            connection.rollback()
        raise
    return True


def _statements(sql: str) -> Iterator[str]:
    """Each ends at the end of a line."""
    statement = ""
    for line in sql.splitlines(keepends=True):
        statement += line
        if sqlite3.complete_statement(statement):
            yield statement
            statement = ""
    yield statement
