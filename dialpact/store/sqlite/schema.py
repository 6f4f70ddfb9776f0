"""Whether the database is as the migrations make it: its tables, views, indexes and triggers.

Who can write to the file can leave every row as it is, and put another view in the place of the one by which
the gate reads, or a trigger that takes out what comes in; or leave the statement of an index as it was, and
rows out of the index.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing, suppress
from functools import cache

from dialpact.store.ports.audits import Odd
from dialpact.store.sqlite import migrate

Object = tuple[str, str]  # kind and name
OBJECTS = "SELECT type, name, sql FROM sqlite_schema WHERE name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
# Tables that are small, and read by an index beside their key.
INDEXED = ("suspension", "complaint")
COUNT = "SELECT ifnull(sum(1), 0) FROM decision INDEXED BY {}"
COUNTED_BY = (
    *("decision_by_number", "decision_by_caller_id", "decision_by_campaign"),
    *("decision_by_time", "decision_in_report"),
)


def differing(connection: sqlite3.Connection) -> Iterator[Odd]:
    """In the order of their names."""
    made, found = _made(), _objects(connection)
    for kind, name in sorted(found, key=lambda one: (one[1], one[0])):
        if (kind, name) not in made:
            if kind in (
                "trigger",
                "index",
            ):  # what reads a table may go by these; by another table or view nobody
                yield Odd(kind, name, "added")
        elif made[kind, name] != found[kind, name]:
            yield Odd(kind, name, "changed")
    for kind, name in sorted(made.keys() - found.keys()):
        if kind != "trigger":
            yield Odd(kind, name, "missing")


def false_indexes(connection: sqlite3.Connection) -> Iterator[Odd]:
    """SQLite holds each index of the small tables against the table."""
    for table in INDEXED:
        said = [str(row[0]) for row in connection.execute(f"PRAGMA integrity_check('{table}')")]
        if said != ["ok"]:
            yield Odd("index", table, "false")


def short_indexes(connection: sqlite3.Connection) -> Iterator[Odd]:
    """Of decisions, by which attempts are counted: an index that has fewer than another. To hold each entry
    against its row would take as long as all the rest of an audit.
    """
    counts: dict[str, int] = {}
    for index in COUNTED_BY:
        # One that is not there, or not of the whole table, is named as that. (For count(*) SQLite takes
        # whichever index is the smallest, whatever is said.)
        with suppress(sqlite3.OperationalError):
            (counts[index],) = connection.execute(COUNT.format(index)).fetchone()
    for index, found in counts.items():
        if found < max(counts.values()):
            yield Odd("index", index, "false")


def _objects(connection: sqlite3.Connection) -> dict[Object, str]:
    """Each with its statement, whatever the blanks in it."""
    rows = connection.execute(OBJECTS)
    return {(str(kind), str(name)): " ".join(str(sql).split()) for kind, name, sql in rows}


@cache
def _made() -> dict[Object, str]:
    with closing(sqlite3.connect(":memory:", isolation_level=None)) as connection:
        migrate.migrate(connection)
        return _objects(connection)
