"""Where a test's servers run: a folder, a user that is not root, ports that are nobody else's."""

from __future__ import annotations

import os
import pwd
import shutil
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any

from tests.patience import WAIT
from tests.postgres import keeper
from tests.postgres.programs import MACHINE, Programs

UNPRIVILEGED = "nobody"  # in every Debian; PostgreSQL refuses root
# Above the labs' blocks (tests/lab/ports.py) and below the kernel's ephemeral ports.
PORTS = range(32000, 32768)


class Ground:
    """All of it is gone when this is closed, or when this process has ended in whatever way."""

    def __init__(self) -> None:
        # Not below pytest's folder: only root may pass that, and a socket's path is short.
        self.folder = Path(tempfile.mkdtemp(prefix="dialpact-pg-"))
        self._keeper = subprocess.Popen(
            [sys.executable, "-IS", keeper.__file__, str(self.folder)],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            cwd="/",
            start_new_session=True,  # what interrupts the tests is not for it
        )
        self._claims: list[socket.socket] = []
        self._copies: dict[str, Path] = {}
        self.own(self.folder)

    @property
    def account(self) -> pwd.struct_passwd:
        """Whom the servers run as."""
        return pwd.getpwnam(UNPRIVILEGED) if os.geteuid() == 0 else pwd.getpwuid(os.getuid())

    def own(self, path: Path) -> None:
        """Gives it to the servers."""
        if os.geteuid() == 0:
            os.chown(path, self.account.pw_uid, self.account.pw_gid)

    def subfolder(self, name: str) -> Path:
        """A new one, the servers' own."""
        made = self.folder / name
        made.mkdir(mode=0o700)
        self.own(made)
        return made

    def port(self) -> int:
        """One on the loopback that is this ground's until it is closed, also while no server listens.

        Who holds it for UDP owns it, so a dead process's are free at once.
        """
        for number in PORTS:
            claim = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            with socket.socket() as probe:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)  # as servers do
                try:
                    claim.bind(("127.0.0.1", number))
                    probe.bind(("127.0.0.1", number))
                except OSError:
                    claim.close()
                    continue
            self._claims.append(claim)
            return number
        raise OSError(f"no free port in {PORTS}")

    def program(self, programs: Programs) -> tuple[Path, dict[str, str]]:
        """The one that tells of these programs, and the environment they run in.

        A copy where the servers' user can not reach what was unpacked, as in a checkout below /root.
        """
        found = programs.needed()
        if not found.is_relative_to(programs.folder):
            return found, {**programs.environment(MACHINE), **self._home}
        if os.geteuid() != 0 or all(part.stat().st_mode & 0o001 for part in found.parents):
            return found, {**programs.environment(), **self._home}
        copy = self._copies.get(programs.name)
        if copy is None:
            copy = self._copies[programs.name] = self.folder / f"programs-{programs.name}"
            shutil.copytree(programs.folder, copy, symlinks=True)
        return copy / found.relative_to(programs.folder), {**programs.environment(copy), **self._home}

    @property
    def _home(self) -> Mapping[str, str]:
        # (that user's home does not exist)
        return {"HOME": str(self.folder), "LC_ALL": "C.UTF-8"}

    def start(
        self, words: Sequence[str | Path], environment: Mapping[str, str], folder: Path, log: Path
    ) -> subprocess.Popen[bytes]:
        """A server that runs in ``folder``, so that it is found there at the end."""
        with log.open("ab") as file:
            return subprocess.Popen(
                words,
                cwd=folder,
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=file,
                start_new_session=True,
                umask=0o077,
                **self.user,
            )

    def run(self, words: Sequence[str | Path], environment: Mapping[str, str], said: str = "") -> str:
        """A command of theirs, to its end; what it answers. ``said``: to it."""
        done = subprocess.run(
            words,
            cwd=self.folder,
            env=environment,
            input=said,
            capture_output=True,
            text=True,
            umask=0o077,
            check=False,
            **self.user,
        )
        assert done.returncode == 0, f"{words}: {done.stdout}{done.stderr}"
        return str(done.stdout)

    @property
    def user(self) -> dict[str, Any]:
        if os.geteuid() != 0:
            return {}
        return {"user": self.account.pw_uid, "group": self.account.pw_gid, "extra_groups": []}

    def close(self) -> None:
        for claim in self._claims:
            claim.close()
        assert self._keeper.stdin
        self._keeper.stdin.close()
        self._keeper.wait(WAIT)

    def __enter__(self) -> Ground:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
