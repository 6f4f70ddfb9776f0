"""Debian's PostgreSQL, Patroni and etcd, as files: where they lie, and what they need to run.

As root they are unpacked below ``.lab`` where the machine has none: an installed PostgreSQL would start a
cluster of its own, an installed etcd a service. What is installed is taken where it is. Other users need it
to be.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.lab.unpacked import LAB

MACHINE = Path("/")
PYTHON = Path("/usr/bin/python3")
TOLD = ("PG", "PATRONI_", "ETCD_")
# Of what these depend on: what is in every Debian, what a server that is only unpacked does not ask for,
# and the compiler of its expressions (120 MB), which tests leave off.
LEFT_OUT = (
    "libc6",
    "libc-bin",
    "libllvm",
    "locales",
    "perl",
    "libperl",
    "ssl-cert",
    "ucf",
    "logrotate",
    "sysstat",
)


@dataclass(frozen=True, kw_only=True)
class Programs:
    """``found``: the pattern of the program that tells whether they are there. ``asks``: what it answers
    with 0 wherever it can run. ``script``: it is one of Python's.
    """

    name: str
    packages: Sequence[str]
    found: str
    asks: str = "--version"
    script: bool = False

    @property
    def folder(self) -> Path:
        return LAB / self.name

    def program(self) -> Path | None:
        """The newest one, or None."""
        for root in (self.folder, MACHINE):
            if there := sorted(root.glob(self.found), key=_numbers):
                return there[-1]
        return None

    def needed(self) -> Path:
        """Fails, and says what to do, where there is none."""
        there = self.program()
        assert there, (
            f"no {self.name}: as root run python -m tests.lab.bootstrap, "
            f"or install Debian's {' '.join(self.packages)}"
        )
        return there

    def environment(self, root: Path | None = None) -> dict[str, str]:
        """What to run them with. ``root``: where they are, if not in the folder."""
        # A shell that works with a server of its own says so to all of PostgreSQL's programs.
        clean = {name: value for name, value in os.environ.items() if not name.startswith(TOLD)}
        root = root or self.folder
        if root == MACHINE:
            return clean
        libraries = [str(path) for path in (*root.glob("usr/lib/*-linux-*"), *root.glob("lib/*-linux-*"))]
        modules = root / "usr/lib/python3/dist-packages"
        return {
            **clean,
            **({"LD_LIBRARY_PATH": ":".join(libraries)} if libraries else {}),
            **({"PYTHONPATH": str(modules)} if modules.exists() else {}),
        }

    def words(self, program: Path) -> list[str | Path]:
        """How it is started: a script by Debian's Python, which its modules are compiled for."""
        if not self.script:
            return [program]
        own = program.with_name("python3")
        return [own if own.exists() else PYTHON, program]

    def unpack(self) -> bool:
        """Fetches and unpacks them with what they need and the machine has not; apt's lists must be there."""
        LAB.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=LAB) as aside:
            names = self._missing()
            done = subprocess.run(["apt-get", "download", "-qq", *names], cwd=aside, check=False)
            if done.returncode or not names:
                return False
            # Built aside and renamed, so that an interrupted unpacking is never taken for a good one.
            made = Path(aside) / "made"
            for file in sorted(Path(aside).glob("*.deb")):
                subprocess.run(["dpkg-deb", "-x", file, made], check=True)
            there = sorted(made.glob(self.found))
            if (
                not there
                or subprocess.run(
                    [*self.words(there[-1]), self.asks],
                    env=self.environment(made),
                    check=False,
                    capture_output=True,
                ).returncode
            ):
                return False
            shutil.rmtree(self.folder, ignore_errors=True)
            made.rename(self.folder)
        return True

    def _missing(self) -> list[str]:
        """The packages that an installation would bring: apt resolves, nothing is installed."""
        asked = ["apt-get", "install", "--simulate", "--no-install-recommends", *self.packages]
        said = subprocess.run(asked, check=False, capture_output=True, text=True).stdout
        names = re.findall(r"^Inst (\S+)", said, re.MULTILINE)
        return [name for name in names if not name.startswith(LEFT_OUT)]


def _numbers(path: Path) -> list[int]:
    """9.6 is older than 15."""
    return [int(number) for number in re.findall(r"\d+", path.parent.parent.name)]


POSTGRESQL = Programs(name="postgres", packages=("postgresql",), found="usr/lib/postgresql/*/bin/postgres")
PATRONI = Programs(name="patroni", packages=("patroni", "python3-etcd"), found="usr/bin/patroni", script=True)
ETCD = Programs(name="etcd", packages=("etcd-server",), found="usr/bin/etcd")
ALL = (POSTGRESQL, PATRONI, ETCD)
