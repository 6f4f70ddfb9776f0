"""A small database of each version of the schema, with rows in every table that the version had.

It is made by the migrations up to that version and by SQL: a program of before wrote the same rows. Columns
that a version did not have yet are left out; the leaves have the form of their day.
"""

from __future__ import annotations

import contextlib
import json
import sqlite3
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer
from dialpact.store.sqlite import migrate
from dialpact.store.units import ledger

Row = Mapping[str, Any]
Rows = dict[str, list[dict[str, Any]]]  # of each table
VERSIONS = range(1, migrate.latest() + 1)
AT, LATER = "2026-03-02T02:00:00.000000Z", "2026-03-02T02:01:00.000000Z"
NUMBER = 8613800138000
# The forms of leaves, and the version of the schema that brought each.
FORMS = {"decision": (3, 12), "recording": (3, 10), "carrier-leg": (9, 10, 11)}
KEY = Signer("dialpact/pbx1", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
STARTED = ("ended_at", "bytes", "seconds", "talk_seconds", "sha256", "keep_until")  # not yet, of a recording
SIDES = ("callee_sha256", "callee_dbfs", "agent_sha256", "agent_dbfs")


def _blobs(made: dict[str, Any]) -> Any:
    return bytes.fromhex(made["hex"]) if made.keys() == {"hex"} else made


_READ = json.loads(Path(__file__).with_name("older.json").read_text("utf-8"), object_hook=_blobs)
ROWS: Rows = _READ["rows"]
"""In an order in which they can be put in. Each has every column that it ever had."""
ACTS: dict[str, list[list[Any]]] = _READ["acts"]
"""What the log has of them: time, actor, register, action, key, detail. Imports have no digest, as before."""


def columns(connection: sqlite3.Connection, table: str) -> list[str]:
    """Those that can be written."""
    return [name for _, name, *_ in connection.execute(f"PRAGMA table_info({table})")]


def tables(connection: sqlite3.Connection) -> list[str]:
    found = connection.execute(
        "SELECT name FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite\\_%' ESCAPE '\\'"
        " ORDER BY name"
    )
    return [name for (name,) in found]


def insert(connection: sqlite3.Connection, table: str, row: Row) -> None:
    """Of its columns those that there are."""
    names = [name for name in columns(connection, table) if name in row]
    places = ", ".join(f":{name}" for name in names)
    connection.execute(f"INSERT INTO {table} ({', '.join(names)}) VALUES ({places})", dict(row))


def _put(connection: sqlite3.Connection, table: str, row: Row) -> None:
    if table != "recording":
        insert(connection, table, row)
        return
    begun = {**row, "state": "starting"} | dict.fromkeys([*STARTED, *SIDES])  # it begins without an end
    insert(connection, table, begun)
    known = [name for name in columns(connection, table) if name in row and begun[name] != row[name]]
    setting = ", ".join(f"{name} = :{name}" for name in known)
    connection.execute(f"UPDATE recording SET {setting} WHERE id = :id", dict(row))


@contextlib.contextmanager
def opened(path: Path) -> Iterator[sqlite3.Connection]:
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as connection:
        connection.row_factory = sqlite3.Row
        yield connection


def make(path: Path, version: int) -> None:
    """The database of this version. Every table that it has has a row."""
    path.touch(0o640)
    with opened(path) as connection:
        connection.execute("PRAGMA journal_mode = WAL")
        migrate.migrate(connection, [script for script in migrate.scripts() if script[0] <= version])
        connection.execute("BEGIN IMMEDIATE")
        there = tables(connection)
        for table, rows in ROWS.items():
            if table in there:
                for row in rows:
                    _put(connection, table, row)
                for *act, detail in ACTS.get(table, ()):
                    connection.execute(
                        "INSERT INTO register_change (at, actor, register, action, key, detail)"
                        " VALUES (?, ?, ?, ?, ?, ?)",
                        (*act, json.dumps(detail)),
                    )
        seal(connection, version)
        if "ledger_log" in there:
            connection.execute("UPDATE ledger_log SET node = 'pbx1'")
        connection.execute("COMMIT")
        empty = [name for name in there if not connection.execute(f"SELECT 1 FROM {name}").fetchone()]
        assert set(empty) <= {"unsealed", "ledger_node"}, (version, empty)


def seal(connection: sqlite3.Connection, version: int) -> None:
    """As a program of that version did; before there was a ledger none did."""
    if version < 3:
        return
    with pytest.MonkeyPatch.context() as patch:  # no door leads to the forms of before
        for kind, since in FORMS.items():
            patch.setitem(ledger.VERSIONS, kind, sum(version >= each for each in since))
        ledger.seal(connection)
    size = ledger.size(connection)
    note = KEY.sign(Checkpoint(KEY.name, size, ledger.root(connection, size)).body())
    insert(connection, "checkpoint", {"size": size, "at": LATER, "note": note})


def rows(connection: sqlite3.Connection) -> Rows:
    """All of them, in their order."""
    return {
        table: [dict(row) for row in connection.execute(f"SELECT * FROM {table} ORDER BY 1, 2")]
        if len(columns(connection, table)) > 1
        else [dict(row) for row in connection.execute(f"SELECT * FROM {table}")]
        for table in tables(connection)
    }
