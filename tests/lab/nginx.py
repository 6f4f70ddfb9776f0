"""Debian's nginx, for the tests of what is documented in front of ``dialpact web``.

Unpacked beside the lab and started by nobody but a test: an installed package would start a server of its
own. Other users than root get by with one that is installed.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

FOLDER = Path(__file__).resolve().parents[2] / ".lab" / "nginx"
# The first that has the program in it: Debian 12 and later, and what others still cut into flavours.
PACKAGES = ("nginx", "nginx-light")
SBIN = "/usr/sbin"  # not in the path of every user


def program() -> Path | None:
    """The one to start, or None."""
    own = FOLDER / "usr/sbin/nginx"
    if own.exists():
        return own
    found = shutil.which("nginx", path=f"{os.environ.get('PATH', '')}:{SBIN}")
    return Path(found) if found else None


def unpack() -> bool:
    """Fetches and unpacks it; apt's lists must be there. False: no package has it, or it does not start."""
    FOLDER.parent.mkdir(exist_ok=True)
    for package in PACKAGES:
        with tempfile.TemporaryDirectory(dir=FOLDER.parent) as aside:
            done = subprocess.run(
                ["apt-get", "download", "-qq", package], cwd=aside, check=False, stderr=subprocess.DEVNULL
            )
            (*_, file) = [None, *Path(aside).glob("*.deb")]
            if done.returncode or file is None:
                continue
            # Built aside and renamed, so that an interrupted unpacking is never taken for a good one.
            made = Path(aside) / "made"
            subprocess.run(["dpkg-deb", "-x", file, made], check=True)
            if not (made / "usr/sbin/nginx").exists():
                continue
            if subprocess.run([made / "usr/sbin/nginx", "-v"], check=False, capture_output=True).returncode:
                continue
            shutil.rmtree(FOLDER, ignore_errors=True)
            made.rename(FOLDER)
            return True
    return False


def needed() -> Path:
    """Fails, and says what to do, where there is none."""
    found = program()
    assert found, "no nginx: as root run python -m tests.lab.bootstrap, or install Debian's nginx"
    return found
