"""The ledger's tables say whose log they hold; those of before come to it without being copied."""

from __future__ import annotations

import contextlib
import signal
import sqlite3
import subprocess
import sys
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialpact.compliance.ledger import rotation
from dialpact.compliance.ledger.note import Signer
from dialpact.store.sqlite import Store, create, migrate
from dialpact.store.units import incidents, ledger
from tests.compliance.store_values import AT
from tests.golden.house import BEFORE, restore

LATER = AT + timedelta(hours=1)
UNNAMED = 13  # the last version of a database with a log of nobody in particular
TABLES = ("ledger", "ledger_node", "checkpoint")
Rows = dict[str, list[tuple[object, ...]]]


def signer(node: str, seed: int) -> Signer:
    return Signer(f"dialpact/{node}", Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32))


MINE, RENAMED = signer("pbx1", 1), signer("pbx2", 2)


@pytest.fixture
async def store(tmp_path: Path) -> AsyncIterator[Store]:
    create(tmp_path / "a.db")
    async with await Store.open(tmp_path / "a.db") as store:
        yield store


async def test_the_log_has_the_name_that_its_newest_checkpoint_says(store: Store) -> None:
    def named(connection: sqlite3.Connection) -> list[tuple[int, str]]:
        return [tuple(row) for row in connection.execute("SELECT log, node FROM ledger_log")]

    assert await store.read(named) == [(1, "")]
    await store.checkpoints.sign(MINE, AT)
    assert await store.read(named) == [(1, "pbx1")]
    made = rotation.rotation(MINE, RENAMED, "the node has another name")
    await store.checkpoints.rotate(MINE, made, RENAMED.name, by="chen", at=LATER)
    assert await store.read(named) == [(1, "pbx1")]
    await store.checkpoints.sign(RENAMED, LATER)
    assert await store.read(named) == [(1, "pbx2")]


@pytest.mark.parametrize(
    ("statement", "reason"),
    [
        ("INSERT INTO ledger (log, leaf_index) VALUES (2, 9)", "generated"),
        ("INSERT INTO ledger_node (log, level, number, hash) VALUES (2, 1, 0, zeroblob(32))", "generated"),
        ("INSERT INTO checkpoint (log, size, at, note) VALUES (2, 1, '', '')", "generated"),
        ("UPDATE ledger SET log = 2", "generated"),
        ("UPDATE ledger_node SET log = 2", "generated"),
        ("UPDATE checkpoint SET log = 2", "generated"),
        ("INSERT INTO ledger_log (log, node) VALUES (2, 'pbx2')", "CHECK"),
        ("INSERT INTO ledger_log (node) VALUES ('pbx2')", "CHECK"),
        ("UPDATE ledger_log SET log = 2", "CHECK"),
        ("DELETE FROM ledger_log", "never deleted"),
    ],
)
async def test_no_other_log_comes_into_the_file(store: Store, statement: str, reason: str) -> None:
    await store.transact(lambda connection: incidents.write(connection, at=AT, node="pbx1", kind="x"))
    with (
        contextlib.closing(sqlite3.connect(store.path)) as connection,
        pytest.raises(sqlite3.Error, match=reason),
    ):
        connection.execute(statement)


async def test_each_row_has_its_node(store: Store) -> None:
    await store.transact(lambda connection: incidents.write(connection, at=AT, node="pbx1", kind="x"))
    await store.checkpoints.sign(MINE, AT)

    def nodes(connection: sqlite3.Connection, table: str) -> list[tuple[object, ...]]:
        found = connection.execute(f"SELECT log, node FROM {table} JOIN ledger_log USING (log)")
        return [tuple(row) for row in found]

    for table in ("ledger", "checkpoint"):
        assert await store.read(lambda connection, table=table: nodes(connection, table)) == [(1, "pbx1")]


# A database of before


@pytest.fixture
def old(tmp_path: Path) -> Iterator[sqlite3.Connection]:
    """As the code of before left it, with a log that was signed by two keys and erased from."""
    restore((BEFORE / "dialpact.sql").read_text("utf-8"), tmp_path / "old.db")
    with contextlib.closing(sqlite3.connect(tmp_path / "old.db", isolation_level=None)) as connection:
        assert migrate.version(connection) == UNNAMED
        yield connection


def places(connection: sqlite3.Connection) -> set[tuple[str, str, int]]:
    """Type, name and first page of tables, indexes and guards: a table that is copied has another page."""
    found = connection.execute(
        "SELECT type, name, rootpage FROM sqlite_schema WHERE tbl_name IN (?, ?, ?)", TABLES
    )
    return set(found)


def rows(connection: sqlite3.Connection) -> Rows:
    """What the tables of the ledger held before they had a log."""
    return {
        table: connection.execute(f"SELECT {columns} FROM {table} ORDER BY {columns}").fetchall()
        for table, columns in zip(
            TABLES,
            ("leaf_index, kind, key, version, salt, leaf", "level, number, hash", "size, at, note"),
            strict=True,
        )
    }


def root(connection: sqlite3.Connection) -> bytes:
    return ledger.root(connection, ledger.size(connection))


def test_what_was_in_it_stays_where_it_is_and_is_this_node_s(old: sqlite3.Connection) -> None:
    before, were, head = rows(old), places(old), root(old)
    ((origin,),) = old.execute("SELECT DISTINCT substr(note, 1, instr(note, char(10)) - 1) FROM checkpoint")
    assert len(before["ledger"]) > 30
    assert migrate.migrate(old) == len([number for number, _ in migrate.scripts() if number > UNNAMED])
    assert (rows(old), root(old)) == (before, head)
    assert were <= places(old)
    for table in TABLES:
        assert old.execute(f"SELECT count(*) FROM {table} WHERE log IS NOT 1").fetchone() == (0,)
    assert old.execute("SELECT log, 'dialpact/' || node FROM ledger_log").fetchall() == [(1, origin)]
    assert old.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    assert old.execute("PRAGMA ignore_check_constraints").fetchone() == (0,)


def test_without_a_checkpoint_its_decisions_tell_the_node(old: sqlite3.Connection) -> None:
    old.execute("DROP TRIGGER checkpoint_stays")
    old.execute("DELETE FROM checkpoint")
    ((node,),) = old.execute("SELECT DISTINCT node FROM decision")
    migrate.migrate(old)
    assert old.execute("SELECT node FROM ledger_log").fetchall() == [(node,)]


def test_a_leaf_that_was_spoilt_by_hand_comes_along_to_be_found(old: sqlite3.Connection) -> None:
    """SQLite from 3.44 on looks at every row when a column is added."""
    old.execute("DROP TRIGGER ledger_is_final")
    old.execute("PRAGMA ignore_check_constraints = ON")
    old.execute("UPDATE ledger SET leaf = x'00' WHERE leaf_index = 3")
    old.execute("PRAGMA ignore_check_constraints = OFF")
    migrate.migrate(old)
    assert old.execute("SELECT leaf FROM ledger WHERE leaf_index = 3").fetchall() == [(b"\0",)]


CUT = """
import os, signal, sqlite3, sys
from dialpact.store.sqlite import migrate

def cut(statement):
    if sys.argv[2] in statement:
        os.kill(os.getpid(), signal.SIGKILL)

connection = sqlite3.connect(sys.argv[1], isolation_level=None)
connection.execute("PRAGMA cache_size = 1")  # pages go to the disk before the end
connection.set_trace_callback(cut)
migrate.migrate(connection)
"""


@pytest.mark.parametrize("at", ["CREATE TRIGGER ledger_log_stays", "ALTER TABLE checkpoint ADD", "COMMIT"])
async def test_a_migration_that_is_killed_has_not_begun(
    old: sqlite3.Connection, tmp_path: Path, at: str
) -> None:
    before, were, head = rows(old), places(old), root(old)
    killed = subprocess.run([sys.executable, "-c", CUT, str(tmp_path / "old.db"), at], capture_output=True)
    assert killed.returncode == -signal.SIGKILL, killed.stderr
    assert (rows(old), places(old), migrate.version(old)) == (before, were, UNNAMED)
    async with await Store.open(tmp_path / "old.db") as store:
        assert await store.read(migrate.version) == migrate.latest()
        assert await store.read(root) == head
    assert rows(old) == before
    assert old.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
