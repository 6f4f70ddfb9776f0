"""The PostgreSQL of tests: real, its own, and gone with the process that started it."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import asyncpg
import pytest

from tests.postgres import keeper
from tests.postgres.ground import UNPRIVILEGED, Ground
from tests.postgres.programs import POSTGRESQL, Programs
from tests.postgres.server import Database, Server, running

SECONDS = 20.0  # for what takes a moment


@pytest.fixture
def own() -> Iterator[Server]:
    """One that the test may stop."""
    with running() as server:
        yield server


def until(holds: Callable[[], bool], what: str) -> None:
    deadline = time.monotonic() + SECONDS
    while not holds():
        assert time.monotonic() < deadline, what
        time.sleep(0.01)


async def ask(url: str, statement: str) -> object:
    connection = await asyncpg.connect(url, timeout=SECONDS)
    try:
        return await connection.fetchval(statement, timeout=SECONDS)
    finally:
        await connection.close()


@pytest.mark.parametrize("way", ["url", "socket_url"])
async def test_its_owner_makes_tables_by_either_way(postgres_database: Database, way: str) -> None:
    url = getattr(postgres_database, way)
    await ask(url, "CREATE TABLE kept AS SELECT 7 AS n")
    assert await ask(url, "SELECT n FROM kept") == 7
    assert await ask(url, "SELECT current_user") == "dialpact"
    assert await ask(url, "SELECT rolsuper FROM pg_roles WHERE rolname = current_user") is False
    over_tcp = await ask(url, "SELECT inet_server_addr() IS NOT NULL")
    assert over_tcp is (way == "url")


async def test_text_is_sorted_by_bytes_and_chinese_is_text(postgres_database: Database) -> None:
    """As SQLite sorts, so that a page of a list is the same on either engine."""
    url = postgres_database.url
    words = "SELECT string_agg(w, ' ' ORDER BY w) FROM unnest(ARRAY['b', 'B', 'a', '中', 'é', '_']) AS w"
    assert await ask(url, words) == "B _ a b é 中"
    of_this = "SELECT datcollate || datctype FROM pg_database WHERE datname = current_database()"
    assert await ask(url, of_this) == "CC.UTF-8"
    assert await ask(url, "SELECT upper('é') || length('中文')") == "É2"
    with pytest.raises(asyncpg.CharacterNotInRepertoireError):
        await ask(url, r"SELECT E'\xff'")


def test_databases_know_nothing_of_one_another(postgres: Server) -> None:
    with postgres.database() as one:
        one.sql("CREATE TABLE kept AS SELECT 7 AS n")
        with postgres.database() as other, postgres.database(template=one.name) as copied:
            assert other.sql("SELECT to_regclass('kept') IS NULL") == "t"
            assert copied.sql("SELECT n FROM kept") == "7"
    assert one.name not in postgres.sql("SELECT datname FROM pg_database").splitlines()


async def test_a_database_goes_with_its_connections(postgres: Server) -> None:
    with postgres.database() as database:
        left = await asyncpg.connect(database.url)
    with pytest.raises((asyncpg.PostgresError, asyncpg.InterfaceError, OSError)):
        await left.fetchval("SELECT 1")
    left.terminate()


def test_it_syncs_as_in_production_unless_asked_otherwise(postgres: Server) -> None:
    for setting in ("fsync", "synchronous_commit", "full_page_writes"):
        assert postgres.sql(f"SHOW {setting}") == "on"
    with running({"fsync": "off"}) as server:
        assert server.sql("SHOW fsync") == "off"


def test_it_is_beside_all_others_and_unprivileged(postgres: Server, own: Server) -> None:
    assert own.port != postgres.port and own.folder != postgres.folder
    (user,) = {
        (Path("/proc") / str(pid)).stat().st_uid for pid in keeper.running_in(own.data)
    }  # (of all its processes)
    assert user == own.ground.account.pw_uid != 0
    assert own.ground.account.pw_name == UNPRIVILEGED or os.geteuid() != 0
    assert own.sql("SHOW listen_addresses") == "127.0.0.1"
    assert own.sql("SHOW unix_socket_directories") == str(own.socket)
    assert own.sql("SHOW dynamic_shared_memory_type") == "mmap", "or /dev/shm keeps what a killed one had"


def test_what_was_committed_outlives_a_kill_and_a_stop(own: Server) -> None:
    own.sql("CREATE TABLE kept (n int)")
    own.sql("INSERT INTO kept VALUES (1)")
    own.kill()
    assert own.state() == "" or not keeper.running_in(own.data)
    own.start()
    assert "was not properly shut down" in own.log.read_text("utf-8")
    own.sql("INSERT INTO kept VALUES (2)")
    own.stop()
    assert own.state() == ""
    own.start()
    assert own.sql("SELECT n FROM kept ORDER BY n") == "1\n2"


async def test_frozen_it_takes_connections_and_answers_nothing(own: Server) -> None:
    before = await asyncpg.connect(own.url)
    own.freeze()
    host = urlsplit(own.url)
    with socket.create_connection((str(host.hostname), own.port), 5):
        with pytest.raises(TimeoutError):
            await before.fetchval("SELECT 1", timeout=0.2)
        with pytest.raises(TimeoutError):
            await asyncpg.connect(own.url, timeout=0.2)
    own.thaw()
    assert await ask(own.url, "SELECT 1") == 1
    before.terminate()


def test_whose_data_was_removed_is_found_all_the_same(own: Server) -> None:
    """As when a test takes its disk away."""
    there, shared = keeper.running_in(own.data), keeper.segments(own.data)
    shutil.rmtree(own.data)
    assert there and there <= keeper.running_in(own.data)
    own.kill()
    assert not keeper.running_in(own.folder) and shared and not shared & segments()


def test_a_port_is_kept_while_its_server_is_down(own: Server) -> None:
    own.stop()
    with Ground() as other:
        assert other.port() != own.port
    own.start()


def segments() -> set[int]:
    """The shared memory of this machine's kernel."""
    lines = Path("/proc/sysvipc/shm").read_text().splitlines()[1:]
    return {int(line.split()[1]) for line in lines}


PARENT = """
import sys, time
from tests.postgres.server import running
with running() as server:
    server.sql("CREATE TABLE kept AS SELECT 1")
    if "freeze" in sys.argv:
        server.freeze()
    print(server.folder, server.port, flush=True)
    time.sleep(600)
"""


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM])
@pytest.mark.parametrize("state", ["awake", "freeze"])
def test_it_ends_with_its_parent_however_that_ends(how: signal.Signals, state: str) -> None:
    parent = subprocess.Popen([sys.executable, "-c", PARENT, state], stdout=subprocess.PIPE, text=True)
    assert parent.stdout
    with parent.stdout:
        place, port = parent.stdout.readline().split()
    folder = Path(place).parent
    own = keeper.segments(folder)
    assert keeper.running_in(folder) and own and own <= segments()
    parent.send_signal(how)
    parent.wait(SECONDS)
    until(lambda: not folder.exists(), "the folder stays")
    assert not keeper.running_in(folder) and not own & segments()
    with contextlib.suppress(ConnectionRefusedError), socket.create_connection(("127.0.0.1", int(port)), 1):
        pytest.fail("it listens still")


def test_who_has_none_is_told_what_to_install() -> None:
    none = Programs(name="no-such", packages=("postgresql",), found="usr/lib/no-such/*/bin/postgres")
    with pytest.raises(AssertionError, match=r"no no-such: .* install Debian's postgresql"):
        none.needed()


def test_the_newest_is_taken(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in ("9.6", "15", "17"):
        file = tmp_path / "postgres/usr/lib/postgresql" / number / "bin/postgres"
        file.parent.mkdir(parents=True)
        file.touch()
    monkeypatch.setattr("tests.postgres.programs.LAB", tmp_path)  # a folder of the machine's, with no door
    assert "/17/" in str(POSTGRESQL.program())


def test_what_the_servers_user_can_not_reach_is_copied(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As below /root; pytest's folders are the user's alone as well."""
    monkeypatch.setattr("tests.postgres.programs.LAB", tmp_path)
    script = tmp_path / "postgres/usr/lib/postgresql/15/bin/postgres"
    script.parent.mkdir(parents=True)
    script.write_text("#!/bin/sh\nid --user", "utf-8")
    script.chmod(0o755)
    with Ground() as ground:
        program, environment = ground.program(POSTGRESQL)
        assert ground.run([program], environment) == f"{ground.account.pw_uid}\n"


def test_the_shell_s_own_server_is_not_spoken_of(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PGOPTIONS", "-c search_path=elsewhere")
    with running() as server:
        assert server.sql("SHOW search_path") == '"$user", public'


ASKS = """
import pathlib, sys
from tests.postgres import server
server.LAB = pathlib.Path(sys.argv[1])
with server.running() as one:
    print(one.sql("SELECT system_identifier FROM pg_control_system()"))
"""


async def test_the_first_of_several_makes_what_all_copy(tmp_path: Path) -> None:
    """As workers do that start at once."""

    async def asked() -> str:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", ASKS, str(tmp_path / "lab"), stdout=subprocess.PIPE
        )
        said, _ = await process.communicate()
        assert process.returncode == 0
        return said.decode()

    one, other = await asyncio.gather(asked(), asked())
    assert one == other != ""
