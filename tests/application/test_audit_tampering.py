"""Whoever has the file changes one thing, guards dropped first: each is found, and named."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from dialpact.application.ledger.audit import BATCH, Audit
from dialpact.application.ledger.audit.found import AuditFinding
from dialpact.compliance.clock import Uptime
from dialpact.compliance.errors import StoreError
from dialpact.compliance.ledger import merkle, record
from dialpact.compliance.ledger.note import Signer
from dialpact.store.sqlite import Store, create, migrate
from dialpact.store.sqlite.snapshot import opened
from dialpact.store.units import clocks, decisions, incidents, ledger, optout
from dialpact.store.units.registers import change
from tests.compliance import store_values
from tests.compliance.store_values import AT

MINE = Signer("dialpact/pbx1", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
ROUNDS = 45  # of one record of each kind: 360 leaves, a kept node and a tail
LEAVES = ROUNDS * len(ledger.KINDS)


def one_of_each(connection: sqlite3.Connection, number: int) -> None:
    at = AT + timedelta(seconds=number)
    made = msgspec.structs.replace(store_values.decision(), id=f"{number:032x}", decided_at=at)
    decisions.record(connection, [made])
    undelivered = decisions.SQL.insert_undelivered
    undelivered(connection, decision=made.id, at=f"2026-11-24T02:00:{number:02}.000000Z", reason="deadline")
    connection.execute(
        "INSERT INTO recording (id, decision, node, channel, uniqueid, state, number, caller_id, campaign,"
        " started_at, format, path, callee_path, agent_path)"
        " VALUES (?, ?, 'pbx1', 'PJSIP/c-1', '1.1', 'running',"
        " '+8613800138000', '02787654321', 'renewal', '2026-11-24T02:00:00.000000Z', 'wav', ?, 'c', 'a')",
        (f"r{number}", made.id, f"/x/{number}.wav"),
    )
    connection.execute(
        "UPDATE recording SET state = 'kept', ended_at = '2026-11-24T02:01:00.000000Z', bytes = 44,"
        " seconds = 1.5, talk_seconds = 0.1, sha256 = 'ab', callee_sha256 = 'cd', callee_dbfs = -20.25,"
        " agent_sha256 = 'ef',"
        " agent_dbfs = -21.5, keep_until = '2027-11-24', answered_at = '2026-11-24T02:00:01.000000Z'"
        " WHERE id = ?",
        (f"r{number}",),
    )
    change.log(connection, "dnc", "add", f"k{number}", {"n": number}, by="chen", at=at)
    incidents.write(
        connection, at=at, node="pbx1", kind="k", decision=made.id, channel="c", detail=str(number)
    )
    optout.SQL.insert(
        connection,
        at="2026-11-24T02:00:00.000000Z",
        number=8613800138000,
        scope="all",
        value="",
        how="callee-key",
        by="callee",
        node="pbx1",
        channel="c",
        decision=made.id,
        recording=f"r{number}",
        position=1.25,
    )
    clocks.take(connection, at, Uptime("boot", timedelta(seconds=number)), "test")
    connection.execute(
        "INSERT INTO carrier_leg VALUES (?, ?, 'pbx1', 'PJSIP/c-1', '1.1', '1.0', 'a@b',"
        " '2026-11-24T02:00:00.000000Z', '2026-11-24T02:00:00.500000Z', '2026-11-24T02:00:01.000000Z',"
        " '2026-11-24T02:01:00.000000Z', 'ANSWER', 16, '02788880001', 'through', '{}')",
        (f"l{number}", made.id),
    )


async def build(path: Path) -> list[str]:
    create(path)
    notes = []
    async with await Store.open(path) as store:
        for number in range(ROUNDS):
            await store.transact(lambda connection, number=number: one_of_each(connection, number))
            if number in (10, 20, ROUNDS - 1):
                notes.append(await store.checkpoints.sign(MINE, AT + timedelta(seconds=number)))
    return notes


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, list[str]]:
    path = tmp_path_factory.mktemp("whole") / "a.db"
    notes = asyncio.run(build(path))
    connection = sqlite3.connect(path)
    connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    connection.close()
    return path.read_bytes(), notes


class Thief:
    """Has the database file and all the time in the world."""

    def __init__(self, path: Path, notes: list[str]) -> None:
        self.path, self.notes = path, notes
        self.db = sqlite3.connect(path)
        self.db.row_factory = sqlite3.Row
        for (name,) in self.db.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'").fetchall():
            self.db.execute(f"DROP TRIGGER {name}")
        self.db.execute("PRAGMA ignore_check_constraints = ON")

    def __call__(self, sql: str, *values: Any) -> list[sqlite3.Row]:
        found = self.db.execute(sql, values).fetchall()
        self.db.commit()
        return found

    def reseal(self, index: int) -> None:
        """A new leaf for what the record says now: no salt and no leaf gives it away."""
        entry = ledger.entries(self.db, index, 1)[0]
        content = ledger.content_of(self.db, index, entry.kind, entry.key)
        assert content is not None and entry.salt is not None
        self("UPDATE ledger SET leaf = ? WHERE leaf_index = ?", record.leaf(entry.salt, content), index)

    def rehash(self) -> None:
        self("DELETE FROM ledger_node")
        leaves = [row[0] for row in self("SELECT leaf FROM ledger ORDER BY leaf_index")]
        for number in range(len(leaves) // 256):
            made = merkle.over(leaves[number * 256 : (number + 1) * 256])(0, 256)
            self("INSERT INTO ledger_node VALUES (1, ?, ?)", number, made)

    def audit(
        self, *given: tuple[str, str], first: int | None = None, last: int | None = None, batch: int = BATCH
    ) -> list[AuditFinding]:
        audit = Audit([MINE.verifier], given, first, last, batch=batch)
        with opened(self.path) as snapshot:
            for _ in audit.run(snapshot):
                pass
        self.looked_at = audit
        return audit.found.listed


@pytest.fixture
def thief(whole: tuple[bytes, list[str]], tmp_path: Path) -> Iterator[Thief]:
    path = tmp_path / "a.db"
    path.write_bytes(whole[0])
    thief = Thief(path, whole[1])
    yield thief
    thief.db.close()


def brief(found: list[AuditFinding]) -> list[tuple[str, str, int | None]]:
    return [(finding.problem, finding.code, finding.leaf) for finding in found]


def test_nothing_is_found_where_nothing_was_done(thief: Thief) -> None:
    given = [(str(place), text) for place, text in enumerate(thief.notes)]
    assert thief.audit(*given) == []
    assert (thief.looked_at.size, thief.looked_at.checked, thief.looked_at.checkpoints) == (LEAVES, LEAVES, 6)
    assert thief.audit(*given, first=100, last=200) == []
    assert thief.looked_at.checked == 101


TABLES = {
    "decision": "decision",
    "undelivered": "undelivered",
    "recording": "recording",
    "carrier-leg": "carrier_leg",
    "register-change": "register_change",
    "incident": "incident",
    "opt-out": "opt_out",
    "clock": "clock_reading",
}
PKS = {"decision": "id", "undelivered": "decision", "recording": "id", "carrier-leg": "id"}


def columns() -> list[tuple[str, str]]:
    connection = sqlite3.connect(":memory:")
    migrate.migrate(connection)
    return [
        (kind, row[1])
        for kind in ledger.KINDS
        for row in connection.execute(f"PRAGMA table_info({TABLES[kind]})")
    ]


@pytest.mark.parametrize(("kind", "column"), columns())
def test_any_column_of_any_kind(thief: Thief, kind: str, column: str) -> None:
    index, key = next(
        (row["leaf_index"], row["key"])
        for row in thief(
            "SELECT leaf_index, kind, key FROM ledger WHERE leaf_index > 100 ORDER BY leaf_index"
        )
        if row["kind"] == kind
    )
    table = TABLES[kind]
    pk = PKS.get(kind, "seq")
    (old,) = thief(f"SELECT {column} FROM {table} WHERE {pk} = ?", key)[0]
    new = old + 100_000 if isinstance(old, int | float) else None if old is not None else "x"
    if isinstance(old, str):
        new = ("X" if not old.startswith("X") else "Y") + old[1:]
    thief(f"UPDATE {table} SET {column} = ? WHERE {pk} = ?", new, key)
    found = thief.audit()
    expected = "removed" if column == pk else "changed"
    named = [finding for finding in found if finding.leaf == index]
    assert [(finding.problem, finding.kind, finding.key) for finding in named] == [(expected, kind, key)]
    # A row whose key was changed is one that is gone and one that nobody knows.
    assert {finding.problem for finding in found} <= {expected, "inserted", "removed"}
    assert len(found) == 1 or column in (pk, "seq")


def test_a_byte_that_is_no_text(thief: Thief) -> None:
    thief("UPDATE incident SET detail = CAST(x'ff41' AS TEXT) WHERE seq = 3")
    thief("UPDATE decision SET record = CAST(x'ff' AS TEXT) WHERE seq = 3")
    assert [(finding.code, finding.kind) for finding in thief.audit()] == [
        ("record-unreadable", "decision"),
        ("record-unreadable", "incident"),
    ]


@pytest.mark.parametrize("bit", [0, 7, 88, 255])
def test_any_bit_of_a_leaf_or_its_salt(thief: Thief, bit: int) -> None:
    for column, place in (("leaf", bit), ("salt", bit % 128)):
        (value,) = thief(f"SELECT {column} FROM ledger WHERE leaf_index = 20")[0]
        changed = bytearray(value)
        changed[place // 8] ^= 1 << place % 8
        thief(f"UPDATE ledger SET {column} = ? WHERE leaf_index = 20", bytes(changed))
        assert ("changed", "record-changed", 20) in brief(thief.audit())
        thief(f"UPDATE ledger SET {column} = ? WHERE leaf_index = 20", value)
    assert thief.audit() == []


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("UPDATE ledger SET version = 2 WHERE leaf_index = 20", ("changed", "kind-unknown", 20)),
        ("UPDATE ledger SET kind = 'entries' WHERE leaf_index = 20", ("changed", "kind-unknown", 20)),
        ("UPDATE ledger SET key = 'nobody' WHERE leaf_index = 20", ("removed", "record-missing", 20)),
        ("UPDATE ledger SET leaf_index = -1 WHERE leaf_index = 20", ("removed", "leaf-missing", 20)),
        ("UPDATE ledger SET leaf_index = -1 WHERE leaf_index = 20", ("inserted", "leaf-odd", -1)),
        ("UPDATE ledger SET leaf_index = 1 << 60 WHERE leaf_index = 20", ("removed", "leaf-missing", LEAVES)),
        ("DELETE FROM ledger WHERE leaf_index = 0", ("removed", "leaf-missing", 0)),
        ("DELETE FROM ledger WHERE leaf_index BETWEEN 30 AND 39", ("removed", "leaf-missing", 30)),
        ("DELETE FROM incident WHERE seq = 7", ("removed", "record-missing", 52)),
        ("DELETE FROM decision WHERE seq = 7", ("removed", "decision-gap", None)),
        ("DELETE FROM decision WHERE seq = 1", ("removed", "decision-gap", None)),
        ("UPDATE ledger SET salt = NULL WHERE leaf_index = 20", ("erased", "erased-unlogged", 20)),
        ("UPDATE ledger SET salt = NULL WHERE leaf_index = 21", ("erased", "erased-unlogged", 21)),
        ("UPDATE ledger_node SET hash = zeroblob(32)", ("node", "node-wrong", 0)),
        ("DELETE FROM ledger_node", ("node", "node-missing", 0)),
        ("INSERT INTO ledger_node VALUES (1, 9, zeroblob(32))", ("node", "node-beyond", None)),
        ("INSERT INTO ledger_node VALUES (7, 0, zeroblob(32))", ("node", "node-beyond", None)),
        ("INSERT INTO unsealed (kind, key) VALUES ('clock', '999')", ("inserted", "record-waiting", None)),
        ("UPDATE checkpoint SET note = 'x' WHERE size = 88", ("checkpoint", "checkpoint-bad", None)),
        ("UPDATE checkpoint SET size = 78 WHERE size = 88", ("checkpoint", "checkpoint-size", None)),
        (
            "UPDATE checkpoint SET note = replace(note, '+', '/') WHERE size = 88",
            ("checkpoint", "checkpoint-bad", None),
        ),
        ("DELETE FROM ledger WHERE leaf_index >= 310", ("truncated", "log-cut", 310)),
    ],
)
def test_one_thing_done_to_the_log(thief: Thief, sql: str, expected: tuple[str, str, int | None]) -> None:
    thief(sql.replace("'+', '/'", "'pbx1 ', 'pbx2 '"))
    assert expected in brief(thief.audit())


@pytest.mark.parametrize(("kind", "table"), TABLES.items())
def test_a_record_put_in_beside_the_log(thief: Thief, kind: str, table: str) -> None:
    names = [row[1] for row in thief(f"PRAGMA table_info({table})")]
    pk = PKS.get(kind, "seq")
    fresh = {
        pk: "f" * 32 if pk != "seq" else 999,
        "path": "/forged",
        "seq": 999 if kind != "decision" else 46,
    }
    chosen = [f"'{fresh[name]}'" if name in fresh else name for name in names]
    thief("PRAGMA foreign_keys = OFF")
    thief(f"INSERT INTO {table} SELECT {', '.join(chosen)} FROM {table} LIMIT 1")
    (found,) = thief.audit()
    assert (found.problem, found.kind, found.key) == ("inserted", kind, str(fresh[pk]))


def test_two_records_that_changed_places(thief: Thief) -> None:
    """Whole entries, with salt and leaf: only the place within the record gives them away."""
    for a, b in ((40, 41), (9, 200)):
        thief("UPDATE ledger SET leaf_index = -2 WHERE leaf_index = ?", a)
        thief("UPDATE ledger SET leaf_index = ? WHERE leaf_index = ?", a, b)
        thief("UPDATE ledger SET leaf_index = ? WHERE leaf_index = -2", b)
    moved = {(f.leaf, f.values["other"]) for f in thief.audit() if f.code == "record-moved"}
    assert moved == {(40, 41), (41, 40), (9, 200), (200, 9)}


def test_a_record_that_was_taken_out_and_the_rest_closed_up(thief: Thief) -> None:
    thief("DELETE FROM incident WHERE seq = 7")
    thief("DELETE FROM ledger WHERE leaf_index = 52")
    for index in range(53, LEAVES):
        thief("UPDATE ledger SET leaf_index = ? WHERE leaf_index = ?", index - 1, index)
    thief.rehash()
    found = brief(thief.audit())
    assert ("reordered", "record-moved", 52) in found
    assert ("truncated", "log-cut", LEAVES - 1) in found
    assert any(problem == "checkpoint" for problem, *_ in found)


def test_a_record_that_was_rewritten_with_its_leaf(thief: Thief) -> None:
    """The kept node betrays it; with the node rewritten too, what was signed does, and says between which."""
    thief("UPDATE incident SET detail = 'nothing happened' WHERE seq = 15")
    index = thief("SELECT leaf_index FROM ledger WHERE kind = 'incident' AND key = '15'")[0][0]
    assert 88 < index < 168
    thief.reseal(index)
    assert brief(thief.audit()) == [("node", "node-wrong", 0), ("checkpoint", "checkpoint-root", 88)]
    assert ("node", "node-wrong", 0) in brief(thief.audit(first=index, last=index))
    thief.rehash()
    (found,) = thief.audit()
    assert (found.code, found.leaf, found.values["last"], found.values["more"]) == (
        "checkpoint-root",
        88,
        167,
        1,
    )
    (found,) = thief.audit(first=0, last=5)
    assert found.code == "checkpoint-root"


def test_the_tail_is_cut_with_all_that_tells_of_it(thief: Thief) -> None:
    """Records, leaves, nodes, checkpoints: nothing inside tells. An older checkpoint outside does."""
    for kind, table in TABLES.items():
        pk = PKS.get(kind, "seq")
        thief(
            f"DELETE FROM {table} WHERE CAST({pk} AS TEXT) IN"
            " (SELECT key FROM ledger WHERE kind = ? AND leaf_index >= 168)",
            kind,
        )
    thief("DELETE FROM witnessed WHERE reading NOT IN (SELECT seq FROM clock_reading)")
    thief("DELETE FROM ledger WHERE leaf_index >= 168")
    thief("DELETE FROM ledger_node")
    thief("DELETE FROM checkpoint WHERE size > 168")
    assert thief.audit() == []
    assert thief.audit(("old.note", thief.notes[0])) == []
    (found,) = thief.audit(("kept.note", thief.notes[2]))
    assert (found.code, found.key, found.leaf) == ("log-cut", "kept.note", 168)
    assert found.values == {"size": LEAVES, "last": LEAVES - 1, "present": 168}
    (found,) = thief.audit(("kept.note", thief.notes[2]), first=0, last=167)
    assert found.code == "log-cut"


def test_a_checkpoint_of_someone_else(thief: Thief) -> None:
    other = Signer("dialpact/pbx1", Ed25519PrivateKey.from_private_bytes(b"o" * 32))
    forged = other.sign(thief.notes[0].rpartition("\n\n")[0] + "\n")
    elsewhere = Signer("dialpact/pbx2", Ed25519PrivateKey.from_private_bytes(b"k" * 32))
    wrong = MINE.sign(thief.notes[0].rpartition("\n\n")[0].replace("pbx1", "pbx2") + "\n")
    for text in (forged, elsewhere.sign("x\n"), wrong, "nonsense"):
        for bounds in ({}, {"first": 3, "last": 9}):
            (found,) = thief.audit(("f.note", text), **bounds)
            assert (found.code, found.key) == ("checkpoint-bad", "f.note")


def test_everything_replaced_is_counted_and_not_all_listed(thief: Thief) -> None:
    thief("UPDATE ledger SET leaf = zeroblob(32)")
    thief("UPDATE ledger SET version = 9")
    for _ in range(3):
        thief("INSERT INTO incident SELECT NULL, at, node, kind, decision, channel, detail FROM incident")
    found = thief.audit()
    assert thief.looked_at.found.count >= LEAVES
    assert len(found) <= 1000


def test_only_one_version_of_the_schema_is_judged(thief: Thief) -> None:
    thief("PRAGMA user_version = 2")
    with pytest.raises(StoreError, match="another version"):
        thief.audit()


async def test_kept_hashes_of_every_level(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Blocks of 4 instead of 256: three levels in 360 leaves."""
    monkeypatch.setattr(ledger, "WIDTH", 4)
    monkeypatch.setattr(ledger, "LEVELS", {4: 1, 16: 2, 64: 3})
    path = tmp_path / "a.db"
    notes = await build(path)
    thief = Thief(path, notes)
    assert thief.audit() == thief.audit(first=70, last=70) == []
    assert thief("SELECT level, count(*) FROM ledger_node GROUP BY level")[2][1] == LEAVES // 64
    for level, number, inside, outside in [(1, 17, 70, 60), (2, 4, 70, 60), (3, 1, 70, 60)]:
        where = f"WHERE level = {level} AND number = {number}"
        ((kept,),) = thief(f"SELECT hash FROM ledger_node {where}")
        thief(f"UPDATE ledger_node SET hash = zeroblob(32) {where}")
        assert f"{level}/{number}" in [finding.key for finding in thief.audit()]
        assert f"{level}/{number}" in [finding.key for finding in thief.audit(first=inside, last=inside)]
        assert f"{level}/{number}" not in [
            finding.key for finding in thief.audit(first=outside, last=outside)
        ]
        thief(f"DELETE FROM ledger_node {where}")
        assert "node-missing" in [finding.code for finding in thief.audit(first=inside, last=inside)]
        thief("INSERT INTO ledger_node VALUES (?, ?, ?)", level, number, kept)
    for level, leaves in ((1, 4), (2, 16), (3, 64)):
        thief("INSERT INTO ledger_node VALUES (?, ?, zeroblob(32))", level, LEAVES // leaves)
        (found,) = thief.audit()
        assert (found.code, found.values) == ("node-beyond", {"level": level, "number": LEAVES // leaves})
        thief("DELETE FROM ledger_node WHERE level = ? AND number = ?", level, LEAVES // leaves)
    thief.db.close()


async def test_a_leaf_that_is_missing_at_the_end_of_a_range(thief: Thief) -> None:
    thief("DELETE FROM ledger WHERE leaf_index BETWEEN 9 AND 12")
    found = thief.audit(first=5, last=10)
    assert ("removed", "leaf-missing", 9) in brief(found)
    assert ("node", "node-wrong", 0) in brief(found)


def test_a_log_longer_than_a_page(thief: Thief) -> None:
    assert thief.audit(batch=50) == []
    thief("DELETE FROM ledger WHERE leaf_index BETWEEN 40 AND 220")
    found = thief.audit(batch=50)
    gaps = [(finding.leaf, finding.values) for finding in found if finding.code == "leaf-missing"]
    assert gaps == [(40, {"last": 220})]
