"""Debian's MariaDB, for what VICIdial's database really makes of a statement. Unpacked as nginx is."""

from __future__ import annotations

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / ".lab" / "mariadb"
PACKAGES = (
    *("mariadb-server-core", "mariadb-client-core", "mariadb-common", "libmariadb3", "mysql-common"),
    *("libaio1", "libaio1t64", "liburing2", "libsnappy1v5", "libpmem1", "libndctl6"),
)
LIBRARIES = ("usr/lib/x86_64-linux-gnu", "lib/x86_64-linux-gnu", "usr/lib/aarch64-linux-gnu")


@dataclass(frozen=True)
class Database:
    """``mysql``: the folder with that program, and what it needs to run."""

    port: int
    mysql: Path
    environment: dict[str, str]

    def run(self, statement: str) -> str:
        """As its administrator."""
        words = [self.mysql / "mariadb", "--no-defaults", "-h127.0.0.1", f"-P{self.port}", "-uroot", "-N"]
        done = subprocess.run(
            words, input=statement, capture_output=True, text=True, env=self.environment, check=False
        )
        assert done.returncode == 0, done.stderr
        return done.stdout


def unpacked() -> Path:
    """The folder it lies in; fetched the first time."""
    if not (FOLDER / "usr/sbin/mariadbd").exists():
        FOLDER.parent.mkdir(exist_ok=True)
        subprocess.run(["apt-get", "update", "-qq"], check=False, stderr=subprocess.DEVNULL)
        with tempfile.TemporaryDirectory(dir=FOLDER.parent) as aside:
            for package in PACKAGES:  # not each is in every Debian
                subprocess.run(
                    ["apt-get", "download", "-qq", package],
                    cwd=aside,
                    check=False,
                    stderr=subprocess.DEVNULL,
                )
            made = Path(aside) / "made"
            for file in Path(aside).glob("*.deb"):
                subprocess.run(["dpkg-deb", "-x", file, made], check=True)
            assert (made / "usr/sbin/mariadbd").exists(), "no mariadb-server-core: apt-get update, as root"
            shutil.rmtree(FOLDER, ignore_errors=True)
            made.rename(FOLDER)
    return FOLDER


@contextlib.contextmanager
def running(folder: Path) -> Iterator[Database]:
    """A server of its own in ``folder``, on the loopback, with VICIdial's lax mode; gone at the end."""
    root, data = unpacked(), folder / "data"
    libraries = ":".join(str(root / name) for name in LIBRARIES)
    environment = {**os.environ, "LD_LIBRARY_PATH": libraries}
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = root / "usr/sbin/mariadbd"
    options = [
        "--no-defaults",
        f"--basedir={root / 'usr'}",
        f"--datadir={data}",
        f"--lc-messages-dir={root / 'usr/share/mysql'}",
        "--user=root",
    ]
    install = [
        *(root / "usr/bin/mariadb-install-db", *options[:3], "--user=root", "--skip-name-resolve"),
        *("--auth-root-authentication-method=normal", f"--srcdir={root / 'usr'}"),
    ]
    made = subprocess.run(
        [word for word in install if not str(word).startswith("--srcdir")],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert made.returncode == 0, made.stdout + made.stderr
    with (folder / "log").open("wb") as log:
        process = subprocess.Popen(
            [
                *("setpriv", "--pdeathsig=KILL", server, *options),
                *(f"--port={port}", "--bind-address=127.0.0.1", f"--socket={folder / 'sock'}", "--sql-mode="),
            ],
            env=environment,
            stdout=log,
            stderr=log,
        )
    try:
        _wait(port, process, folder / "log")
        yield Database(port, root / "usr/bin", environment)
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait(port: int, process: subprocess.Popen[bytes], log: Path) -> None:
    until = time.monotonic() + 60
    while True:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            assert process.poll() is None and time.monotonic() < until, log.read_text(errors="replace")
            time.sleep(0.05)
        else:
            return
