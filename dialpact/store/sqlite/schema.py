"""Whether the database is as the migrations make it: its tables, views, indexes and triggers.

Who can write to the file can leave every row as it is, and put another view in the place of the one by which
the gate reads, or a trigger that takes out what comes in; or leave the statement of an index as it was, and
rows out of the index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from functools import cache

from dialpact.store.ports.audits import Odd
from dialpact.store.sqlite import migrate

Object = tuple[str, str]  # kind and name
OBJECTS = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
# Tables that are small, and read by an index beside their key.
INDEXED = ("suspension", "complaint")


def differing(connection: sqlite3.Connection) -> Iterator[Odd]:
    """In the order of their names."""
    made, found = _made(), _objects(connection)
    for kind, name in sorted(found, key=lambda one: (one[1], one[0])):
        if (kind, name) not in made:
            yield Odd(kind, name, "added")
        elif made[kind, name] != found[kind, name]:
            yield Odd(kind, name, "changed")
    for kind, name in sorted(made.keys() - found.keys()):
        if kind != "trigger":
            yield Odd(kind, name, "missing")


def false_indexes(connection: sqlite3.Connection) -> Iterator[Odd]:
    """SQLite holds each index of these tables against the table."""
    for table in INDEXED:
        said = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check('{table}')")]
        if said != ["ok"]:
            yield Odd("index", table, "false")


def _objects(connection: sqlite3.Connection) -> dict[Object, str]:
    """Each with its statement, whatever the blanks in it."""
    rows = connection.execute(OBJECTS)
    return {(str(kind), str(name)): " ".join(str(sql).split()) for kind, name, sql in rows}


@cache
def _made() -> dict[Object, str]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate.migrate(connection)
        return _objects(connection)
