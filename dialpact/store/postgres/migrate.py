"""Numbered migrations: ``migrations/NNNN_name.sql``, each applied in one transaction.

The number stands in ``schema_version`` and is rolled back with the rest. Whoever migrates holds an advisory
lock to the end of the transaction, taken in a statement of its own and in READ COMMITTED: what is looked at
after it has what the one before has done. A process is of one version as long as it lives, as in SQLite
(``store.sqlite.migrate``).
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from pathlib import Path
from typing import Any

import asyncpg

from dialpact.compliance.errors import StoreError, StoreGone, StoreNewer

Connection = Any  # asyncpg.Connection, or one of its pool's
LOCK = int.from_bytes(b"dialpact", "big")  # advisory, of 64 bits; other locks of ours have two halves
FAILURES = (asyncpg.PostgresError, asyncpg.InterfaceError, asyncpg.InternalClientError, OSError)


@cache
def scripts() -> Sequence[tuple[int, str]]:
    """(number, SQL), in order."""
    folder = Path(__file__).parent / "migrations"
    found = [entry for entry in folder.iterdir() if entry.name.endswith(".sql")]
    return tuple(sorted((int(entry.name[:4]), entry.read_text("utf-8")) for entry in found))


def latest() -> int:
    return scripts()[-1][0]


async def version(connection: Connection) -> int:
    """0 when there is nothing of ours."""
    if await connection.fetchval("SELECT to_regclass('public.schema_version')") is None:
        return 0
    return int(await connection.fetchval("SELECT version FROM public.schema_version") or 0)


async def check_known(connection: Connection, known: int = 0) -> None:
    """In a transaction: whether the database is still of the version that this process knows. StoreNewer when
    another has brought it further; StoreGone when an older one was put in its place, which to open is to
    bring it up to date. ``known``: else the latest that ships.
    """
    known = known or latest()
    try:  # (one question: every transaction asks it)
        present = int(await connection.fetchval("SELECT version FROM public.schema_version") or 0)
    except asyncpg.UndefinedTableError:
        present = 0
    if present > known:
        raise StoreNewer(_newer(present, known))
    if present < known:
        raise StoreGone(f"the database is of version {present} now: an older one was put in its place")


def _newer(present: int, known: int) -> str:
    return (
        f"the database is of version {present}, this program knows only {known}: a newer one has brought it "
        "up to date; start this one anew from the version that was installed"
    )


async def check_ours(connection: Connection) -> None:
    """Only reads. StoreError for an empty database or another program's."""
    if await version(connection) == 0:
        raise StoreError("not a Dialpact database (make one with `dialpact init`)")


async def migrate(connection: Connection, known: Sequence[tuple[int, str]] = ()) -> int:
    """Applies what is missing; returns how many. Raises StoreNewer for a database newer than this program,
    StoreError for one that can not hold the store.

    ``known``: (number, SQL) in order, else those that ship.
    """
    known = known or scripts()
    done = 0
    try:
        present, newest = await version(connection), known[-1][0]
        if present > newest:
            raise StoreNewer(_newer(present, newest))
        if present == 0:
            await _check_fit(connection)
    except FAILURES as error:
        raise StoreError(f"migrations: {error}") from error
    for number, sql in known:
        if number > present:
            try:
                done += await _apply(connection, number, sql)
            except FAILURES as error:
                raise StoreError(f"migration {number:04}: {error}") from error
    return done


async def _check_fit(connection: Connection) -> None:
    """Days and times are compared as text, byte by byte: another collation than C would do otherwise."""
    row = await connection.fetchrow(
        "SELECT datname, datcollate, pg_encoding_to_char(encoding) AS encoding,"
        " datcollate IN ('C', 'POSIX') AND datlocprovider = 'c' OR datlocprovider = 'b' AS by_bytes"
        " FROM pg_database WHERE datname = current_database()"
    )
    if row["encoding"] != "UTF8" or not row["by_bytes"]:
        raise StoreError(
            f"{row['datname']}: the database must have the encoding UTF8 and the collation C, not "
            f"{row['encoding']} and {row['datcollate']} "
            "(CREATE DATABASE ... TEMPLATE template0 ENCODING 'UTF8' LC_COLLATE 'C')"
        )


async def _apply(connection: Connection, number: int, sql: str) -> bool:
    """Whole or not at all; False when another process has done it while we waited for the lock."""
    async with connection.transaction(isolation="read_committed"):
        await connection.execute(f"SELECT pg_advisory_xact_lock({LOCK})")
        if await version(connection) >= number:
            return False
        # Whatever the session's own path is: all stands in one schema, and a temporary table in none of it.
        await connection.execute("SET LOCAL search_path = public, pg_temp")
        await connection.execute(sql)
        await connection.execute("UPDATE public.schema_version SET version = $1", number)
    return True
