"""From each version of the schema to the latest: nothing is lost, whoever writes, wherever it is cut."""

from __future__ import annotations

import json
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from dialpact.application.ledger.audit import Audit
from dialpact.application.ledger.audit.found import AuditFinding
from dialpact.store.ports.audits import Snapshot
from dialpact.store.sqlite import Store, migrate
from dialpact.store.sqlite.snapshot import opened as snapshot_of
from tests.store import older

ROOT = Path(__file__).parents[2]
SEALED = 26  # the version that deletes the answers of one day which were kept for programs that ask twice
LATEST = migrate.latest()

# A program of before, which knows nothing of versions: it writes decisions as ever, until it is told to end.
WRITER = """
import json, sqlite3, sys
path, row = sys.argv[1], json.loads(sys.argv[2])
db = sqlite3.connect(path, isolation_level=None, timeout=30)
written, told = [], False
sql = f"INSERT INTO decision ({', '.join(row)}) VALUES ({', '.join(':' + name for name in row)})"
sys.stdin.reconfigure(line_buffering=True)
import threading
end = threading.Event()
threading.Thread(target=lambda: (sys.stdin.readline(), end.set()), daemon=True).start()
while not end.is_set():
    db.execute("BEGIN IMMEDIATE")
    (seq,) = db.execute("SELECT max(seq) + 1 FROM decision").fetchone()
    row |= {"seq": seq, "id": f"{seq:032x}"}
    db.execute(sql, row)
    if not told:  # the lock is held while the other one begins
        print("writing", flush=True)
        told = True
        end.wait(0.05)
    db.execute("COMMIT")
    written.append(row["id"])
    end.wait(0.01)  # for the next call
print(json.dumps(written), flush=True)
"""

# Each migration is cut at each of its statements: a child dies there, and its parent says so.
CUTTER = """
import os, signal, sqlite3, sys, shutil
from pathlib import Path
from dialpact.store.sqlite import migrate

old, copy = Path(sys.argv[1]), Path(sys.argv[2])
number = int(sys.argv[3])
script = [one for one in migrate.scripts() if one[0] <= number]
at = 0
while True:
    for suffix in ("", "-wal", "-shm"):
        Path(f"{copy}{suffix}").unlink(missing_ok=True)
    shutil.copy(old, copy)
    child = os.fork()
    if not child:
        left = [at]
        def cut(statement):
            left[0] -= 1
            if left[0] < 0:
                os.kill(os.getpid(), signal.SIGKILL)
        connection = sqlite3.connect(copy, isolation_level=None)
        connection.execute("PRAGMA journal_mode = WAL")
        connection.execute("PRAGMA cache_size = 1")  # pages go to the disk before the end
        connection.set_trace_callback(cut)
        migrate.migrate(connection, script)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    killed = os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    print("killed" if killed else "whole" if status == 0 else "failed", flush=True)
    sys.stdin.readline()  # it is looked at
    if not killed:
        break
    at += 1
"""


def held(before: older.Rows, after: older.Rows, version: int) -> list[tuple[str, dict[str, Any]]]:
    """Rows that are not there any more as they were."""
    return [
        (table, row)
        for table, rows in before.items()
        if not (table == "idempotency" and version < SEALED) and table != "unsealed"
        for row in rows
        if not any(row.items() <= found.items() for found in after[table])
    ]


def audited(path: Path) -> tuple[int, list[AuditFinding]]:
    """How many leaves there are, and what is wrong with them or with the registers."""
    audit = Audit([older.KEY.verifier], [], None, None)
    with snapshot_of(path) as snapshot:
        _through(audit, snapshot)
    return audit.size, list(audit.found.listed)


def _through(audit: Audit, snapshot: Snapshot) -> None:
    for _ in audit.run(snapshot):
        pass


def schema(path: Path) -> list[tuple[str, str]]:
    with older.opened(path) as connection:
        return schema_of(connection)


def schema_of(connection: sqlite3.Connection) -> list[tuple[str, str]]:
    found = connection.execute("SELECT name, sql FROM sqlite_schema ORDER BY name")
    return [(name, " ".join(str(sql).split())) for name, sql in found]


def rows(path: Path) -> older.Rows:
    with older.opened(path) as connection:
        return older.rows(connection)


@contextmanager
def running(program: str, *arguments: str) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    with process:
        try:
            yield process
        finally:
            process.kill()


@pytest.fixture(scope="module")
def fresh(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Of today."""
    path = tmp_path_factory.mktemp("fresh") / "a.db"
    older.make(path, LATEST)
    return path


@pytest.mark.parametrize("version", older.VERSIONS)
async def test_nothing_is_lost_from_any_version_while_a_program_of_before_writes(
    tmp_path: Path, fresh: Path, version: int
) -> None:
    path = tmp_path / "a.db"
    older.make(path, version)
    before = rows(path)
    (template, *_) = [row for row in before["decision"] if row["verdict"] == "BLOCK"]
    with running(WRITER, str(path), json.dumps(template)) as writer:
        assert writer.stdin and writer.stdout
        assert writer.stdout.readline() == "writing\n"  # it has the lock
        async with Store(path, busy_ms=30_000) as store:
            assert await store.read(migrate.version) == LATEST
        writer.stdin.write("\n")
        writer.stdin.flush()
        written = json.loads(writer.stdout.readline())
    async with await Store.open(path):
        pass  # the next one that opens it seals what he left
    after = rows(path)
    assert held(before, after, version) == []
    assert written and set(written) <= {row["id"] for row in after["decision"]}
    assert after["unsealed"] == []
    assert schema(path) == schema(fresh)
    size, wrong = audited(path)
    assert wrong == []
    sealed = {row["key"] for row in after["ledger"] if row["kind"] == "decision"}
    assert set(written) <= sealed and size == len(after["ledger"])
    with older.opened(path) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchone()[0] == "ok"
        assert connection.execute("PRAGMA foreign_key_check").fetchall() == []


@pytest.mark.parametrize("number", [number for number in older.VERSIONS if number > 1])
async def test_a_migration_that_is_killed_anywhere_has_not_begun_or_is_done(
    tmp_path: Path, fresh: Path, number: int
) -> None:
    """At each statement of it. The next one that opens the database goes on to today's version."""
    path, old = tmp_path / "a.db", tmp_path / "old.db"
    older.make(old, number - 1)
    with older.opened(old) as connection:
        connection.execute("PRAGMA wal_checkpoint(TRUNCATE)")
    before, was, wanted, cuts = rows(old), schema(old), schema(fresh), 0
    with running(CUTTER, str(old), str(path), str(number)) as cutter:
        assert cutter.stdin and cutter.stdout
        while (said := cutter.stdout.readline().strip()) == "killed":
            cuts += 1
            with older.opened(path) as connection:
                found = migrate.version(connection)
                assert found in (number - 1, number)
                if found == number - 1:
                    assert (older.rows(connection), schema_of(connection)) == (before, was)
                connection.execute("PRAGMA synchronous = OFF")  # this one is not killed
                migrate.migrate(connection)
                assert held(before, older.rows(connection), number - 1) == []
                assert schema_of(connection) == wanted
            cutter.stdin.write("\n")
            cutter.stdin.flush()
        assert said == "whole"
    assert cuts > 3
    async with await Store.open(path) as store:
        assert await store.read(migrate.version) == LATEST
    assert audited(path)[1] == []


@pytest.mark.parametrize("version", [3, 4])
async def test_readings_of_before_trusted_time_are_not_missing_ever_after(
    tmp_path: Path, version: int
) -> None:
    """There were clock readings, and none more until the database had come to a version that says of them
    from where on there is trusted time.
    """
    path = tmp_path / "a.db"
    older.make(path, version)
    async with await Store.open(path):
        pass
    assert audited(path)[1] == []
    with older.opened(path) as connection:
        last = {**older.ROWS["clock_reading"][1], "seq": 3, "at": "2026-03-07T02:02:00.000000Z"}
        older.insert(connection, "clock_reading", last | {"uptime_us": 5 * 86_400_000_000})
        acts = connection.execute("SELECT key FROM register_change WHERE register = 'clock'").fetchall()
    assert [key for (key,) in acts] == ["3"]
    async with await Store.open(path):
        pass
    assert audited(path)[1] == []


def test_every_table_of_today_is_filled_here(fresh: Path) -> None:
    """A new table needs a row in ``tests/store/older.py``."""
    assert [table for table, found in rows(fresh).items() if not found] == ["ledger_node", "unsealed"]
