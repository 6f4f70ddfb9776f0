"""Debian packages as ``make deb`` makes them, and fresh Debians to install them in: root file systems below
``.deb/chroot``, which are gone at the end.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.lab.bootstrap import APT_OPTIONS, LabError
from tests.lab.mirror import machine_mirror

ROOT = Path(__file__).parents[2]
TOOLS = ROOT / ".deb/venv"
CHROOTS = ROOT / ".deb/chroot"
EPOCH = "1764374400"
SOURCES = ("agi", "ami_listener", "dialpact", "dialplan", "deploy", "tests/lab/samples")
FILES = ("pyproject.toml", "requirements.lock", "README.md", "LICENSE", "CHANGELOG.md")
# A Debian that a PBX is put on has these; what else the package needs, it must say.
PACKAGES = ("python3", "systemd", "debconf", "bash-completion")


def source(folder: Path, version: str) -> Path:
    """A copy of what a package is made of, as of this version."""
    for name in SOURCES:
        shutil.copytree(ROOT / name, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
    for name in FILES:
        shutil.copy(ROOT / name, folder / name)
    project = folder / "pyproject.toml"
    text, changed = re.subn(
        r'(?m)^version = ".*"$', f'version = "{version}"', project.read_text("utf-8"), count=1
    )
    assert changed
    project.write_text(text, "utf-8")
    return folder


def built(folder: Path, into: Path, mask: int = 0o022) -> Path:
    """The package of this copy, larger than the real one and sooner there."""
    if not (TOOLS / ".ready").exists():
        raise LabError("no tools to build with: make deb-test")
    words = ("--tools", str(TOOLS), "--into", str(into), "--quick")
    environment = os.environ | {
        "SOURCE_DATE_EPOCH": EPOCH,
        "PYTHONPATH": str(folder),
        "PYTHONDONTWRITEBYTECODE": "1",
    }
    done = subprocess.run(
        [sys.executable, str(folder / "deploy/debian/build.py"), *words],
        env=environment,
        umask=mask,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return Path(done.stdout.splitlines()[-1])


@dataclass(frozen=True)
class Debian:
    """A root file system. What runs in it has no systemd."""

    release: str
    root: Path

    def run(
        self, *words: str, user: str = "", code: int | None = 0, given: str = "", **environment: str
    ) -> str:
        """What it says, on both streams; asserts its exit code, but for None."""
        who = ["runuser", f"--user={user}", "--"] if user else []
        done = subprocess.run(
            ["chroot", str(self.root), *who, *words],
            env={"PATH": "/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin", "LANG": "C.UTF-8", **environment},
            input=given,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=600,
        )
        assert code in (None, done.returncode), f"{words}: {done.returncode}\n{done.stdout}"
        return done.stdout

    def dpkg(self, *words: str, code: int = 0, **environment: str) -> str:
        # (the disk need not have it before the test goes on)
        return self.run(
            "dpkg", "--force-unsafe-io", *words, code=code, DEBIAN_FRONTEND="noninteractive", **environment
        )

    def install(self, package: Path, code: int = 0, **environment: str) -> str:
        shutil.copy(package, self.root / "root" / package.name)
        return self.dpkg("--install", f"/root/{package.name}", code=code, **environment)

    def path(self, name: str) -> Path:
        return self.root / name.lstrip("/")


@contextmanager
def fresh(release: str, *packages: str) -> Iterator[Debian]:
    """A Debian with nothing but its essentials; nobody's process is left in it at the end."""
    if os.geteuid() != 0:
        raise LabError("a chroot is root's")
    mirror = machine_mirror(suite=release)
    root = CHROOTS / f"{release}.{os.getpid()}"
    root.parent.mkdir(parents=True, exist_ok=True)
    command = [
        *("mmdebstrap", "--quiet", "--mode=root", "--variant=minbase"),
        *(f"--aptopt={option}" for option in APT_OPTIONS),
        f"--include={','.join((*PACKAGES, *packages))}",
        *(release, str(root), mirror.url),
    ]
    try:
        done = subprocess.run(command, stdin=subprocess.DEVNULL, capture_output=True, text=True)
        if done.returncode:
            raise LabError(done.stderr)
        subprocess.run(["mount", "--bind", "/proc", str(root / "proc")], check=True)
        shutil.copy("/etc/resolv.conf", root / "etc/resolv.conf")
        yield Debian(release, root)
    finally:
        for process in inside(root):
            os.kill(process, 9)
        if os.path.ismount(root / "proc"):
            subprocess.run(["umount", str(root / "proc")], check=True)
        shutil.rmtree(root, ignore_errors=True)


def inside(root: Path) -> list[int]:
    """The processes that have it for theirs."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        try:
            if (process / "root").readlink() == root:
                found.append(int(process.name))
        except OSError:
            continue
    return found


def command_of(debian: Debian, unit: str) -> Sequence[str]:
    """As the unit says it: user, groups, environment and program."""
    lines = debian.path(f"/usr/lib/systemd/system/{unit}.service").read_text("utf-8").splitlines()
    said = dict(line.split("=", 1) for line in lines if "=" in line and line[0] not in "#[")
    groups = said.get("SupplementaryGroups", "")
    return (
        *("chroot", str(debian.root), "setpriv", "--pdeathsig=KILL"),
        *(f"--reuid={said['User']}", f"--regid={said['Group']}"),
        *((f"--groups={groups}",) if groups else ("--clear-groups",)),
        *("env", said["Environment"], "sh", "-c", f'umask {said["UMask"]}; exec "$@"', "sh"),
        *said["ExecStart"].split(),
    )
