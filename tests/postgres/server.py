"""A PostgreSQL of a test's own: ``with running() as server``; the fixture ``postgres`` is one a worker has.

Its cluster is made once (``.lab/postgres-cluster-*``) and copied: that takes a tenth of the time. It syncs as
in production; ``running({"fsync": "off"})`` does not. Databases are the role ``dialpact``'s, which is no
superuser; the superuser is ``postgres``. Nobody is asked for a password.
"""

from __future__ import annotations

import contextlib
import fcntl
import hashlib
import itertools
import re
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from urllib.parse import quote

from tests.lab.unpacked import LAB
from tests.patience import WAIT
from tests.postgres import keeper
from tests.postgres.ground import Ground
from tests.postgres.programs import POSTGRESQL

ADMIN = "postgres"
ROLE = "dialpact"
SETTINGS = {
    "listen_addresses": "127.0.0.1",
    "max_connections": "60",
    "timezone": "UTC",
    "log_timezone": "UTC",
    "log_line_prefix": "%m [%p] %d %q%a ",
    "jit": "off",  # its compiler is not unpacked
    # In the data's folder: of a server that was killed nothing stays in /dev/shm.
    "dynamic_shared_memory_type": "mmap",
    "shared_buffers": "32MB",
}
INITDB = (
    *("-U", ADMIN, "--auth=trust", "--no-sync"),
    *("--encoding=UTF8", "--locale=C.UTF-8", "--lc-collate=C"),
)
INCLUDE = "include = 'dialpact.conf'\n"
# A standby needs as many as the primary had at the time that its data is of: so it may have what a test asks.
SINGLE = ("-c", "max_connections=10", "postgres")
FIRST = f"CREATE ROLE {ROLE} LOGIN\n"
LINE_OF_STATE = 7  # of postmaster.pid, from 0
LISTENING = "ready"


@dataclass(frozen=True)
class Database:
    """``url``: as its owner, over TCP; ``socket_url``: over the Unix socket."""

    server: Server
    name: str

    @property
    def url(self) -> str:
        return f"postgresql://{ROLE}@127.0.0.1:{self.server.port}/{self.name}"

    @property
    def socket_url(self) -> str:
        folder = quote(str(self.server.socket), safe="")
        return f"postgresql://{ROLE}@/{self.name}?host={folder}&port={self.server.port}"

    def sql(self, statement: str) -> str:
        """As the superuser; rows a line, columns apart by ``|``."""
        return self.server.sql(statement, self.name)

    def drop(self) -> None:
        """Whoever is connected is thrown out."""
        self.server.sql(f"DROP DATABASE IF EXISTS {self.name} WITH (FORCE)")

    def __enter__(self) -> Database:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.drop()


class Server:
    """One postmaster on ``ground``. ``settings``: of postgresql.conf, over those of all tests."""

    def __init__(
        self, ground: Ground, name: str = "server", settings: Mapping[str, str] | None = None
    ) -> None:
        self.ground = ground
        self.folder = ground.subfolder(name)
        self.socket = self.folder
        self.data = self.folder / "data"
        self.log = self.folder / "log"
        self.port = ground.port()
        self.settings = {**SETTINGS, **(settings or {})}
        self.program, self.environment = ground.program(POSTGRESQL)
        self._process: subprocess.Popen[bytes] | None = None
        self._numbers = itertools.count(1)

    @property
    def url(self) -> str:
        """Of the database ``postgres``, as the superuser."""
        return f"postgresql://{ADMIN}@127.0.0.1:{self.port}/postgres"

    def tool(self, name: str) -> Path:
        """Another program of the same PostgreSQL."""
        return self.program.with_name(name)

    def create(self) -> None:
        """A new cluster's data."""
        copy = ["cp", "-a", str(cluster(self.ground)), str(self.data)]
        subprocess.run(copy, check=True)

    def configure(self, **settings: str) -> None:
        """From the next start on, or `reload`."""
        self.settings |= settings
        lines = {**self.settings, "port": str(self.port), "unix_socket_directories": str(self.socket)}
        file = self.data / "dialpact.conf"
        file.write_text("".join(f"{name} = '{value}'\n" for name, value in lines.items()), "utf-8")
        self.ground.own(file)

    def start(self) -> None:
        """Returns when it answers."""
        self.configure()
        words: list[str | Path] = [self.program, "-D", self.data]
        self._process = self.ground.start(words, self.environment, self.data, self.log)
        deadline = time.monotonic() + WAIT
        while self.state() != LISTENING:
            ended = self._process.poll()
            assert ended is None and time.monotonic() < deadline, self.log.read_text("utf-8", "replace")
            time.sleep(0.005)

    def state(self) -> str:
        """``ready`` (a standby as well), or what else its postmaster tells; empty: none runs."""
        try:
            lines = (self.data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return ""
        mine = self._process is not None and lines[:1] == [str(self._process.pid)]
        return lines[LINE_OF_STATE].strip() if mine and len(lines) > LINE_OF_STATE else ""

    def reload(self) -> None:
        """Takes the settings of `configure` into use."""
        self.sql("SELECT pg_reload_conf()")

    def stop(self, how: signal.Signals = signal.SIGINT) -> None:
        """In order, with every session ended; SIGQUIT: at once, and recovered at the next start."""
        if self._process:
            self._process.send_signal(how)
            self._process.wait(WAIT)
            self._process = None

    def kill(self) -> None:
        """As the power goes: all its processes at once."""
        keeper.kill(self.data)
        if self._process:
            self._process.wait(WAIT)
            self._process = None

    def freeze(self) -> None:
        """As a machine that stands still: connections stay open, nothing answers."""
        keeper.freeze(self.data)

    def thaw(self) -> None:
        keeper.thaw(self.data)

    def sql(self, statement: str, database: str = "postgres") -> str:
        """As the superuser; rows a line, columns apart by ``|``."""
        words: list[str | Path] = [
            *(self.tool("psql"), "-XAtq", "-v", "ON_ERROR_STOP=1", "-h", self.socket, "-p", str(self.port)),
            *("-U", ADMIN, "-d", database, "-c", statement),
        ]
        done = subprocess.run(
            words,
            cwd="/",
            env=self.environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, f"{statement}: {done.stderr}"
        return str(done.stdout).removesuffix("\n")

    def database(self, template: str = "template0") -> Database:
        """A new one. ``template``: of another, which nobody is connected to, with all that is in it."""
        name = f"test_{next(self._numbers)}"
        self.sql(
            f"CREATE DATABASE {name} OWNER {ROLE} TEMPLATE {template} "
            "ENCODING 'UTF8' LC_COLLATE 'C' LC_CTYPE 'C.UTF-8'"
        )
        return Database(self, name)


@contextlib.contextmanager
def running(settings: Mapping[str, str] | None = None) -> Iterator[Server]:
    """Started, on a ground of its own."""
    with Ground() as ground:
        server = Server(ground, settings=settings)
        try:
            server.create()
            server.start()
            yield server
        finally:
            server.kill()  # nothing of it is wanted any more


def version(program: Path, environment: Mapping[str, str]) -> str:
    """The major one."""
    said = subprocess.run(
        [program, "--version"], env=environment, check=True, capture_output=True, text=True
    ).stdout
    (number,) = re.findall(r"\(PostgreSQL\) (\d+)", said)
    return str(number)


def cluster(ground: Ground) -> Path:
    """The data of a stopped one that never ran a test; made where there is none yet."""
    program, environment = ground.program(POSTGRESQL)
    recipe = hashlib.sha256(repr((INITDB, INCLUDE, SINGLE, FIRST)).encode()).hexdigest()[:8]
    kept = LAB / f"postgres-cluster-{version(program, environment)}-{recipe}"
    LAB.mkdir(exist_ok=True)
    with (LAB / "postgres-cluster.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not kept.exists():
            made = ground.folder / "cluster"
            ground.run([program.with_name("initdb"), "-D", made, *INITDB], environment)
            with (made / "postgresql.conf").open("a", encoding="utf-8") as file:
                file.write(INCLUDE)
            (made / "dialpact.conf").touch()
            ground.run([program, "--single", "-D", made, *SINGLE], environment, FIRST)
            # Aside and renamed, so that an interrupted copy is never taken for a good one.
            aside = kept.with_suffix(".making")
            shutil.rmtree(aside, ignore_errors=True)
            subprocess.run(["cp", "-a", str(made), str(aside)], check=True)
            shutil.rmtree(made)
            aside.rename(kept)
    return kept
