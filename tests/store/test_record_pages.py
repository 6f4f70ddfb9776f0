"""A record that is read with its page is, byte for byte, the one that is read by itself."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dialpact.store.ports.audits import Entry
from dialpact.store.sqlite import migrate
from dialpact.store.sqlite.record_pages import RecordPages
from dialpact.store.units import ledger

FORMS = [(kind, version) for kind, newest in ledger.VERSIONS.items() for version in range(1, newest + 1)]
TABLES = {
    "decision": ("decision", "id"),
    "undelivered": ("undelivered", "decision"),
    "recording": ("recording", "id"),
    "carrier-leg": ("carrier_leg", "id"),
    "register-change": ("register_change", "seq"),
    "incident": ("incident", "seq"),
    "opt-out": ("opt_out", "seq"),
    "clock": ("clock_reading", "seq"),
}
VALUES = {
    "TEXT": st.text(st.characters(codec="utf-8"))
    | st.sampled_from(["\x00", '"\\\x1f\x7f', "\u2028\uffff😀", "/é"]),
    "INTEGER": st.integers(-(2**63), 2**63 - 1) | st.integers(-3, 3),
    "REAL": st.floats(allow_nan=False) | st.floats(-1e-3, 1e-3) | st.integers(-3, 3).map(float),
}
SALT, LEAF = b"s" * 16, b"l" * 32


@pytest.fixture(scope="module")
def db() -> sqlite3.Connection:
    """Empty, and its rows may be anything that their columns hold."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    migrate.migrate(connection)
    connection.execute("PRAGMA ignore_check_constraints = ON")
    connection.execute("PRAGMA foreign_keys = OFF")
    for (name,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
        connection.execute(f"DROP TRIGGER {name}")
    return connection


def row_of(db: sqlite3.Connection, kind: str, data: st.DataObject) -> dict[str, Any]:
    table, _ = TABLES[kind]
    row = {}
    for _, name, type_, not_null, _, primary in db.execute(f"PRAGMA table_info({table})"):
        values = VALUES[type_]
        row[name] = data.draw(values if not_null or primary else st.none() | values, name)
    return row


@contextmanager
def undone(db: sqlite3.Connection) -> Iterator[None]:
    db.execute("BEGIN")
    try:
        yield
    finally:
        db.row_factory = None
        db.execute("ROLLBACK")


def into_the_log(db: sqlite3.Connection, entries: list[Entry]) -> None:
    log = "INSERT INTO ledger (leaf_index, kind, key, version, salt, leaf) VALUES (?, ?, ?, ?, ?, ?)"
    db.executemany(log, entries)


@pytest.mark.parametrize(("kind", "version"), FORMS)
@given(data=st.data())
def test_as_by_itself_whatever_is_in_the_row(
    db: sqlite3.Connection, kind: str, version: int, data: st.DataObject
) -> None:
    (table, primary), index = TABLES[kind], data.draw(st.integers(0, 2**40))
    row = row_of(db, kind, data)
    entry = Entry(index, kind, str(row[primary]), version, SALT, LEAF)
    with undone(db):
        names, places = ", ".join(f'"{name}"' for name in row), ", ".join("?" * len(row))
        db.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", list(row.values()))
        into_the_log(db, [entry])
        found = RecordPages(db).contents([entry])
        db.row_factory = sqlite3.Row
        try:
            expected = {index: ledger.content_of(db, index, kind, entry.key, version)}
        except ValueError:  # infinity
            expected = {}
        assert found == expected


def test_a_number_in_another_spelling_is_looked_at_by_itself_too(db: sqlite3.Connection) -> None:
    """As SQLite casts it; a leaf without its row has no record."""
    page = [Entry(place, "incident", key, 1, SALT, LEAF) for place, key in enumerate(("7", "07", "8", "x"))]
    with undone(db):
        db.execute("INSERT INTO incident VALUES (7, '', '', 'k', '', '', '')")
        into_the_log(db, page)
        found = RecordPages(db).contents(page)
        db.row_factory = sqlite3.Row
        alone = {entry.leaf_index: ledger.content_of(db, *entry[:4]) for entry in page}
    assert sorted(found) == [0, 1]
    assert alone == {2: None, 3: None} | found


@given(data=st.data())
def test_decisions_that_lie_in_another_order_are_read_by_themselves_or_right(
    db: sqlite3.Connection, data: st.DataObject
) -> None:
    """And a number counts as read only with its own leaf."""
    numbers = data.draw(st.lists(st.integers(1, 12), min_size=1, max_size=6, unique=True))
    logged = data.draw(st.permutations(numbers))[: data.draw(st.integers(1, len(numbers)))]
    with undone(db):
        for number in numbers:
            row = row_of(db, "decision", data) | {"seq": number, "id": f"id-{number}"}
            names, places = ", ".join(row), ", ".join("?" * len(row))
            db.execute(f"INSERT INTO decision ({names}) VALUES ({places})", list(row.values()))
        page = [
            Entry(place, "decision", f"id-{number}", 2, SALT, LEAF) for place, number in enumerate(logged)
        ]
        into_the_log(db, page)
        pages = RecordPages(db)
        found = pages.contents(page)
        db.row_factory = sqlite3.Row
        alone = {entry.leaf_index: ledger.content_of(db, *entry[:4]) for entry in page}
    assert found.items() <= alone.items()
    assert pages.decisions == len(found) <= len(logged)
    if logged == [*range(logged[0], logged[0] + len(logged))]:
        assert found == alone
