"""A program and a database of different versions, each in a process of its own: nobody writes what he does
not know, and each says why.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import sqlite3
import subprocess
import sys
from pathlib import Path

import pytest

from dialpact.compliance.errors import StoreGone, StoreNewer
from dialpact.store.sqlite import Store, create, migrate
from dialpact.store.sqlite.snapshot import opened
from dialpact.store.supervision import connection as supervision
from tests.load import crowd
from tests.store import older
from tests.store.test_upgrade import WRITER, audited, rows, running
from tests.supervision.ports import free_ports

LATEST = migrate.latest()
SENTENCE = f"the database is of version {LATEST + 1}, this program knows only {LATEST}"
WORDS = [sys.executable, "-c", "from dialpact.cli.app import main; main()"]


def bring_further(path: Path) -> None:
    """As the next version's first migration would."""
    with contextlib.closing(sqlite3.connect(path, isolation_level=None, timeout=30)) as db:
        db.execute("BEGIN IMMEDIATE")
        db.execute("ALTER TABLE decision ADD COLUMN later TEXT NOT NULL DEFAULT ''")
        db.execute(f"PRAGMA user_version = {LATEST + 1}")
        db.execute("COMMIT")


def stored(path: Path) -> int:
    with contextlib.closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT count(*) FROM decision").fetchone()[0])


async def test_a_gate_that_is_left_behind_blocks_and_writes_nothing(tmp_path: Path) -> None:
    """Calls go on while another process brings the database further."""
    database = tmp_path / "dialpact.db"
    with crowd.house(tmp_path) as house:
        before = await crowd.calls(house.port, 5)
        assert {word for told in before for word in told.verdicts} == {"ALLOW"}
        await asyncio.to_thread(bring_further, database)
        known = stored(database)
        after = await crowd.calls(house.port, 5)
        assert [told.verdicts for told in after] == [["BLOCK"]] * 5
        assert stored(database) == known
    assert SENTENCE in house.log() and "gate-error" in house.log()
    assert "Traceback" not in house.log()
    assert {ident for told in before for ident in told.ids} <= set(house.stored())


async def test_a_new_gate_takes_an_old_database_that_is_written(tmp_path: Path) -> None:
    """The other way round: ``dialpact gate`` comes up while a program of before still writes, and decides."""
    config = ("--config", str(tmp_path / "dialpact.toml"))
    subprocess.run([*WORDS, "init", *config], check=True, capture_output=True)
    (port,) = free_ports(1)
    file = tmp_path / "dialpact.toml"
    file.write_text(file.read_text("utf-8").replace("127.0.0.1:4573", f"127.0.0.1:{port}"), "utf-8")
    path = tmp_path / "dialpact.db"
    path.unlink()
    older.make(path, 12)
    (template,) = [row for row in rows(path)["decision"] if row["verdict"] == "BLOCK"]
    with running(WRITER, str(path), json.dumps(template)) as writer:
        assert writer.stdin and writer.stdout and writer.stdout.readline() == "writing\n"
        with subprocess.Popen([*WORDS, "gate", *config], stderr=subprocess.PIPE, text=True) as gate:
            assert gate.stderr
            try:
                await asyncio.to_thread(lambda: next(line for line in gate.stderr if "listening" in line))
                (told,) = await crowd.calls(port, 1)
            finally:
                gate.terminate()
        writer.stdin.write("\n")
        writer.stdin.flush()
        written = json.loads(writer.stdout.readline())
    assert told.verdicts == ["BLOCK"]
    with older.opened(path) as connection:
        assert migrate.version(connection) == LATEST
    async with await Store.open(path):
        pass
    sealed = {row["key"] for row in rows(path)["ledger"] if row["kind"] == "decision"}
    assert {*written, *told.ids} <= sealed
    assert audited(path)[1] == []


async def test_whoever_has_it_open_sees_it(tmp_path: Path) -> None:
    """Who writes, who reads, who looks; and not before the other one's transaction is on disk."""
    path = tmp_path / "a.db"
    older.make(path, LATEST)
    async with await Store.open(path) as store, Store(path, read_only=True) as reader:
        assert await reader.read(stored_in) == 2
        bring_further(path)
        for attempt in (store.transact, store.read, store.aside, reader.read):
            with pytest.raises(StoreNewer):
                await attempt(stored_in)
        with pytest.raises(StoreNewer, match=str(LATEST + 1)), opened(path):
            raise AssertionError


def stored_in(connection: sqlite3.Connection) -> int:
    return int(connection.execute("SELECT count(*) FROM decision").fetchone()[0])


async def test_one_that_was_put_back_to_an_older_version_is_brought_up_to_date(tmp_path: Path) -> None:
    """In the same file, by a shell's ``.restore``."""
    path, old = tmp_path / "a.db", tmp_path / "old.db"
    create(path)
    older.make(old, LATEST - 1)
    async with await Store.open(path) as store:
        assert await store.read(stored_in) == 0
        with older.opened(old) as source, older.opened(path) as target:
            source.backup(target)
        with pytest.raises(StoreGone):
            await store.read(stored_in)
        assert await store.read(stored_in) == 2
        assert await store.read(migrate.version) == LATEST


async def test_so_does_the_supervisor_s(tmp_path: Path) -> None:
    path = tmp_path / "supervisor.db"
    supervision.create(path)
    newest = supervision.scripts()[-1][0]
    async with await supervision.SupervisionDatabase.open(path) as store:
        assert await store.read(migrate.version) == newest
        with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as db:
            db.execute(f"PRAGMA user_version = {newest + 1}")
        for attempt in (store.transact, store.read):
            with pytest.raises(StoreNewer):
                await attempt(migrate.version)
    with pytest.raises(StoreNewer):
        await supervision.SupervisionDatabase.open(path)


def test_an_old_program_says_that_the_database_is_newer(tmp_path: Path) -> None:
    """In a shell, whatever is asked."""
    config = ("--config", str(tmp_path / "dialpact.toml"))

    def say(*words: str, code: int = 1) -> str:
        done = subprocess.run([*WORDS, *words, *config, "--lang", "en"], capture_output=True, text=True)
        assert done.returncode == code, done
        return done.stderr

    say("init", code=0)
    path = tmp_path / "dialpact.db"
    bring_further(path)
    for words in (("business", "list"), ("ledger", "verify"), ("ledger", "checkpoint"), ("gate",)):
        assert f"knows only {LATEST}" in say(*words), words
    with contextlib.closing(sqlite3.connect(path)) as db:
        assert db.execute("SELECT count(*) FROM register_change").fetchone() == (0,)


def test_a_process_is_of_one_version_whatever_is_installed_under_it() -> None:
    """The folder of migrations is read once."""
    assert migrate.scripts() is migrate.scripts()
