"""``dialpact web`` as the unit runs it: a user who may read the database and write nothing."""

from __future__ import annotations

import asyncio
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from dialpact.store import sqlite
from dialpact.store.sqlite import Store

NOBODY = 65534
PROGRAM = """
import asyncio, os, sys
from pathlib import Path
from dialpact.store import sqlite
from dialpact.store.sqlite import Store, migrate
sqlite.warm()  # (the interpreter and the product may lie where only root can read)
known = migrate.scripts()
migrate.scripts = lambda: known
asyncio.run(asyncio.to_thread(int))
if os.geteuid() == 0:
    os.setgroups([]); os.setgid(int(sys.argv[2])); os.setuid(int(sys.argv[2]))
store = Store(Path(sys.argv[1]))
print(asyncio.run(store.audits.inspect(lambda snapshot: snapshot.size())))
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """Where others can go."""
    made = Path(tempfile.mkdtemp(prefix="dialpact-web-"))
    made.chmod(0o755)
    yield made
    made.chmod(0o755)
    shutil.rmtree(made)


async def test_a_user_without_the_right_to_write_reads_what_is_written(folder: Path) -> None:
    database = folder / "a.db"
    sqlite.create(database)
    async with await Store.open(database) as store:  # (a daemon has it open)
        for expected in (1, 2):
            await store.transact(
                lambda connection: connection.execute(
                    "INSERT INTO clock_reading (at, boot_id, uptime_us, by) "
                    "VALUES ('2026-11-25T02:00:00.000000Z', 'b1', 1, 'x')"
                )
            )
            for file in folder.iterdir():
                file.chmod(0o444)
            folder.chmod(0o555)
            program = [sys.executable, "-c", PROGRAM, str(database), str(NOBODY)]
            done = await asyncio.to_thread(
                subprocess.run, program, capture_output=True, text=True, timeout=60, env={**os.environ}
            )
            assert (done.returncode, done.stdout) == (0, f"{expected}\n"), done.stderr
            folder.chmod(0o755)
            for file in folder.iterdir():
                file.chmod(0o644)
