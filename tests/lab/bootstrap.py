"""Make ready what the lab needs: ``python -m tests.lab.bootstrap``.

As root this installs SIPp, curl, Chromium, mmdebstrap and what PDF needs where they are missing, unpacks an
nginx, Prometheus' promtool, PostgreSQL, Patroni and etcd into ``.lab``, and builds a small root file system
with Asterisk in ``.lab/pbx``. Nothing of it is left running and nothing but packages is installed outside
``.lab``. Other users get by with an Asterisk (18 or later), a SIPp, an nginx, a promtool and a PostgreSQL
that are installed already.

``--release bullseye`` builds Debian 11's Asterisk 16, the oldest that is looked at, in ``.lab16/pbx``; tests
and captures take it when ``DIALPACT_LAB_RELEASE=bullseye`` is set. ``DIALPACT_LAB_ROOT=FOLDER``: they take
the root file system there, with an Asterisk that was built by hand (docs/asterisk-versions.md).
"""

from __future__ import annotations

import argparse
import ctypes
import fcntl
import hashlib
import os
import re
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from dialpact.presentation.page.paper import has_chinese_font
from tests.lab import unpacked
from tests.lab.mirror import Mirror, machine_mirror
from tests.postgres import programs

LAB = Path(__file__).resolve().parents[2] / ".lab"
ROOT = LAB / "pbx"
OLDEST = "bullseye"  # Debian 11, with Asterisk 16
RELEASE = "DIALPACT_LAB_RELEASE"  # names it, or is not set
OWN = "DIALPACT_LAB_ROOT"  # a root file system of one's own, or is not set
STAMP = "dialpact-lab-recipe"
# python3-minimal has neither json nor tomllib, which a classic AGI script needs. The bench compares
# with the ODBC driver.
PACKAGES = ("asterisk", "asterisk-core-sounds-en-gsm", "python3", "libsqliteodbc")
# A frozen mirror's Release file may be past its date; its signature is checked all the same.
APT_OPTIONS = ('Acquire::Check-Valid-Until "false"', 'Acquire::Languages "none"')
LEFT_OUT = ("/usr/share/doc/*", "/usr/share/man/*", "/usr/share/locale/*")
TOOLS = {
    "mmdebstrap": "mmdebstrap",
    "sipp": "sip-tester",
    "setpriv": "util-linux",
    "pdftoppm": "poppler-utils",
    "curl": "curl",  # of the commands in docs/api.md
    "chromium": "chromium",  # of the console's pages
}
# Of reports as PDF: no program tells whether they are there.
LIBRARIES = {
    "libpango-1.0.so.0": "libpango-1.0-0",
    "libpangoft2-1.0.so.0": "libpangoft2-1.0-0",
    "libharfbuzz-subset.so.0": "libharfbuzz-subset0",
}
FONT = "fonts-wqy-microhei"


ENDS_WITH_PARENT = (
    "import ctypes, os, signal, sys;"
    "ctypes.CDLL(None).prctl(1, signal.SIGKILL);"
    "os.execvp(sys.argv[1], sys.argv[1:])"
)


class LabError(Exception):
    """The lab cannot be made ready."""


@dataclass(frozen=True)
class Installation:
    """Where Asterisk is: under ``root`` as in a chroot, or on the machine itself (``root`` is None)."""

    root: Path | None

    def command(self, *words: str, service: bool = False) -> list[str]:
        """Return the host's command line; a ``service`` is unprivileged and ends with its parent."""
        drop = ["setpriv", "--pdeathsig=KILL"] if service else []
        if self.root is None:
            return [*drop, *words]
        if not service:
            return ["chroot", str(self.root), *words]
        uid, gid = self.owner
        # Debian 11's setpriv wants a /proc, which the chroot has not. The signal is set inside, after the
        # change of user, since that change clears it.
        user = [f"--userspec={uid}:{gid}", "--groups="]
        return ["chroot", *user, str(self.root), "python3", "-Ic", ENDS_WITH_PARENT, *words]

    @property
    def owner(self) -> tuple[int, int]:
        """User and group id that Asterisk runs under."""
        if self.root is None:
            return os.getuid(), os.getgid()
        for line in (self.root / "etc/passwd").read_text().splitlines():
            name, _, uid, gid, *_ = line.split(":")
            if name == "asterisk":
                return int(uid), int(gid)
        raise LabError(f"{self.root} has no user asterisk")


def mmdebstrap_command(mirror: Mirror, target: Path) -> list[str]:
    """Return the command that builds the root file system in ``target``."""
    return [
        "mmdebstrap",
        "--mode=root",
        "--variant=minbase",
        *(f"--aptopt={option}" for option in APT_OPTIONS),
        *(f"--dpkgopt=path-exclude={pattern}" for pattern in LEFT_OUT),
        f"--components={','.join(mirror.components)}",
        f"--include={','.join(PACKAGES)}",
        mirror.suite,
        str(target),
        mirror.url,
    ]


def chosen() -> str:
    """The release that the environment asks for; empty for the usual one."""
    release = os.environ.get(RELEASE, "")
    if release not in ("", OLDEST):
        raise LabError(f"{RELEASE}={release}: only {OLDEST} can be chosen")
    return release


def root_of(release: str) -> Path:
    """Where this release's root file system is."""
    return LAB.with_name(".lab16") / "pbx" if release == OLDEST else ROOT


def captured_as() -> str:
    """The release whose transcripts a capture writes: ``16``, ``22``; of a root of one's own, its own."""
    if own := os.environ.get(OWN):
        said = subprocess.run(["chroot", own, "asterisk", "-V"], check=True, capture_output=True, text=True)
        return said.stdout.split()[1].partition(".")[0]
    return "16" if chosen() == OLDEST else "22"


def locate() -> Installation:
    """Return the Asterisk that tests may use; LabError says what to do when there is none."""
    if own := os.environ.get(OWN):
        return Installation(Path(own))
    release = chosen()
    if os.geteuid() == 0:
        root = root_of(release)
        if not (root / STAMP).exists():
            more = f" --release {release}" if release else ""
            raise LabError(f"no lab yet: run python -m tests.lab.bootstrap{more}")
        return Installation(root)
    if release:
        raise LabError(f"not root, so {release} can not be built")
    found = shutil.which("asterisk")
    version = (
        subprocess.run([found, "-V"], check=False, capture_output=True, text=True).stdout if found else ""
    )
    number = re.search(r"\d+", version)
    if number and int(number[0]) >= 18 and shutil.which("sipp") and shutil.which("setpriv"):
        return Installation(None)
    raise LabError(
        "not root, so nothing can be installed. Either run as root: python -m tests.lab.bootstrap\n"
        "or install these packages: asterisk (18 or later) asterisk-core-sounds-en-gsm sip-tester "
        "curl nginx prometheus postgresql chromium and, for reports as PDF: "
        f"poppler-utils {' '.join(LIBRARIES.values())} {FONT}"
    )


def bootstrap(release: str = "") -> Installation:
    """Install and build what is missing; well under a second when nothing is."""
    if os.environ.get(OWN):
        return locate()
    if os.geteuid() != 0:
        return locate()
    release = release or chosen()
    root = root_of(release)
    with _only_one():
        missing = missing_packages()
        absent = [one for one in (*unpacked.ALL, *programs.ALL) if not one.program()]
        environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
        if missing or absent:
            _run(["apt-get", "update"], environment)
        if missing:
            _run(["apt-get", "install", "-y", "--no-install-recommends", *missing], environment)
        for one in absent:
            if not one.unpack():
                raise LabError(f"no {one.name} could be unpacked: install Debian's {one.packages[0]}")
        mirror = machine_mirror(suite=release)
        recipe = hashlib.sha256("\n".join(mmdebstrap_command(mirror, Path("ROOT"))).encode()).hexdigest()
        stamp = root / STAMP
        if not stamp.exists() or stamp.read_text() != recipe:
            _build(mirror, recipe, root)
    return Installation(root)


def missing_packages() -> list[str]:
    """The Debian packages of what the tests need on the machine itself and do not find."""
    packages = {package for tool, package in TOOLS.items() if not shutil.which(tool)}
    packages |= {package for library, package in LIBRARIES.items() if not _loads(library)}
    return sorted(packages if has_chinese_font() else packages | {FONT})


def _loads(library: str) -> bool:
    try:
        ctypes.CDLL(library)
    except OSError:
        return False
    return True


def _build(mirror: Mirror, recipe: str, root: Path) -> None:
    # Built aside and renamed, so that an interrupted build is never taken for a good one.
    building = root.with_name("pbx.building")
    root.parent.mkdir(exist_ok=True)
    for old in (building, root):
        shutil.rmtree(old, ignore_errors=True)
    _run(mmdebstrap_command(mirror, building))
    (building / STAMP).write_text(recipe)
    building.rename(root)


def _run(command: list[str], environment: dict[str, str] | None = None) -> None:
    """Run ``command``, printing its lines with the seconds since its start."""
    start = time.monotonic()
    print(f"{0:6.1f} s  {' '.join(command)}", flush=True)
    with subprocess.Popen(
        command,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    ) as process:
        for line in process.stdout or ():
            print(f"{time.monotonic() - start:6.1f} s  {line.rstrip()}", flush=True)
    if process.returncode:
        raise LabError(f"{command[0]} failed with exit code {process.returncode}")


@contextmanager
def _only_one() -> Iterator[None]:
    LAB.mkdir(exist_ok=True)
    with (LAB / "lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def main(words: Sequence[str] | None = None) -> int:
    """Make the lab ready; 0 when it is."""
    parser = argparse.ArgumentParser(prog="python -m tests.lab.bootstrap", description="Make the lab ready.")
    parser.add_argument("--release", choices=[OLDEST], default="", help="Debian 11's Asterisk 16 instead")
    release = parser.parse_args(words).release
    start = time.monotonic()
    try:
        installation = bootstrap(release)
    except LabError as error:
        print(error, file=sys.stderr)
        return 1
    print(f"{time.monotonic() - start:6.1f} s  lab ready: {installation.root or 'installed Asterisk'}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
