"""Debian's programs that a test starts and nobody else: the nginx of what is documented in front of
``dialpact web``, Prometheus' promtool for the alerts, and spin for the model (``make model`` alone).

Unpacked beside the lab: an installed package would start a server of its own. Other users than root get by
with ones that are installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

LAB = Path(__file__).resolve().parents[2] / ".lab"
SBIN = "/usr/sbin"  # not in the path of every user


@dataclass(frozen=True, kw_only=True)
class Unpacked:
    """``path``: in the package. ``packages``: the first that has it is taken. ``asks``: what it answers with
    0 wherever it can run.
    """

    path: str
    packages: Sequence[str]
    asks: str

    @property
    def name(self) -> str:
        return Path(self.path).name

    @property
    def folder(self) -> Path:
        return LAB / self.name

    def program(self) -> Path | None:
        """The one to start, or None."""
        own = self.folder / self.path
        if own.exists():
            return own
        found = shutil.which(self.name, path=f"{os.environ.get('PATH', '')}:{SBIN}")
        return Path(found) if found else None

    def unpack(self) -> bool:
        """Fetches and unpacks it; apt's lists must be there. False: no package has one that starts."""
        LAB.mkdir(exist_ok=True)
        for package in self.packages:
            with tempfile.TemporaryDirectory(dir=LAB) as aside:
                done = subprocess.run(
                    ["apt-get", "download", "-qq", package], cwd=aside, check=False, stderr=subprocess.DEVNULL
                )
                (*_, file) = [None, *Path(aside).glob("*.deb")]
                if done.returncode or file is None:
                    continue
                # Built aside and renamed, so that an interrupted unpacking is never taken for a good one.
                made = Path(aside) / "made"
                subprocess.run(["dpkg-deb", "-x", file, made], check=True)
                if not (made / self.path).exists():
                    continue
                if subprocess.run([made / self.path, self.asks], check=False, capture_output=True).returncode:
                    continue
                shutil.rmtree(self.folder, ignore_errors=True)
                made.rename(self.folder)
                return True
        return False

    def needed(self) -> Path:
        """Fails, and says what to do, where there is none."""
        found = self.program()
        package = self.packages[0]
        assert found, (
            f"no {self.name}: as root run python -m tests.lab.bootstrap, or install Debian's {package}"
        )
        return found


# (Debian 12 and later have it in the first; others still cut it into flavours.)
NGINX = Unpacked(path="usr/sbin/nginx", packages=("nginx", "nginx-light"), asks="-v")
PROMTOOL = Unpacked(path="usr/bin/promtool", packages=("prometheus",), asks="--version")
SPIN = Unpacked(path="usr/bin/spin", packages=("spin",), asks="-V")
ALL = (NGINX, PROMTOOL)  # what the lab needs
