"""The first five minutes: ``make first-call``. The lines of docs/try.md, in a bare Debian 12, with a watch.

The chroot is built before the watch starts (mmdebstrap, minbase). There is no systemd in it that runs, so a
``systemctl`` of four lines starts what its units start; all else is what a newcomer types.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.lab.bootstrap import APT_OPTIONS
from tests.lab.mirror import machine_mirror

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "try.md"
HEADING = "## From nothing, in five minutes"
LIMIT = 300.0  # seconds
CERTIFICATES = Path("/etc/ssl/certs/ca-certificates.crt")
SYSTEMCTL = """#!/bin/sh
case "$*" in
*asterisk*) umask 007; exec asterisk -U asterisk -G asterisk ;;
*"start dialpact"*) cd /var/lib/dialpact; umask 027
  runuser -u dialpact -G asterisk -- /opt/dialpact/bin/dialpact serve > /var/log/serve.log 2>&1 & ;;
esac
"""
SEEN = ("refused: 10000000000", "allowed: 13800138000", "recorded: /", "unchanged: SHA-256")


def lines() -> list[str]:
    """The blocks of the page's part, in their order."""
    part = PAGE.read_text("utf-8").split(HEADING, 1)[1].split("\n## ", 1)[0]
    return re.findall(r"^```sh\n(.*?)^```$", part, re.MULTILINE | re.DOTALL)


def build(root: Path) -> None:
    """A bare Debian 12 that knows testing, with this repository in /root/dialpact."""
    mirror = machine_mirror()
    options = [f"--aptopt={option}" for option in APT_OPTIONS]
    command = ["mmdebstrap", "--mode=root", "--variant=minbase", *options, "--include=systemd"]
    subprocess.run([*command, "bookworm", str(root), mirror.url], check=True)
    (root / "etc/apt/sources.list").write_text(
        f"deb {mirror.url} bookworm main\ndeb {mirror.url} testing main\n"
    )
    (root / "etc/apt/preferences.d/testing").write_text(
        "Package: *\nPin: release a=testing\nPin-Priority: 100\n"
    )
    if CERTIFICATES.exists():  # of this machine's way to the package index
        shutil.copy(CERTIFICATES, root / "etc/machine.crt")
    program = root / "usr/local/bin/systemctl"
    program.write_text(SYSTEMCTL)
    program.chmod(0o755)
    subprocess.run(["chroot", str(root), "apt-get", "-q", "update"], check=True)
    there = root / "root/dialpact"
    there.mkdir()
    tracked = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, check=True, capture_output=True).stdout
    subprocess.run(
        ["tar", "--create", "--null", "--files-from=-", "--file=-"],
        cwd=ROOT,
        check=True,
        input=tracked,
        stdout=(pack := (root / "root/pack.tar").open("wb")),
    )
    pack.close()
    subprocess.run(["tar", "--extract", "--file", str(root / "root/pack.tar")], cwd=there, check=True)


def run(root: Path) -> tuple[float, str]:
    """Seconds for all blocks in one shell, and what they said."""
    script = "set -e\ncd /root/dialpact\n" + "\n".join(lines())
    environment = {
        **{name: value for name, value in os.environ.items() if name.lower().endswith("_proxy")},
        "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
        "DEBIAN_FRONTEND": "noninteractive",
        "LC_ALL": "C.UTF-8",
        "HOME": "/root",
        **({"PIP_CERT": "/etc/machine.crt"} if CERTIFICATES.exists() else {}),
    }
    start = time.monotonic()
    with subprocess.Popen(
        ["chroot", str(root), "bash", "-c", script],
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        errors="replace",
    ) as process:
        said = []
        for line in process.stdout or ():
            said.append(line)
            print(f"{time.monotonic() - start:6.1f} s  {line.rstrip()}", flush=True)
            if line.startswith("Both are in the log"):
                break
        return time.monotonic() - start, "".join(said)


def end(root: Path) -> None:
    """Everything that runs in the chroot, and what was mounted."""
    for folder in Path("/proc").iterdir():
        try:
            inside = folder.name.isdigit() and (folder / "root").resolve() == root
            if inside:
                os.kill(int(folder.name), 9)
        except OSError:
            continue
    for mounted in ("proc", "dev"):
        subprocess.run(["umount", "--lazy", str(root / mounted)], check=False, capture_output=True)


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="first-call-", dir=ROOT / ".lab") as folder:
        root = Path(folder) / "root"
        build(root)
        for mounted in ("proc", "dev"):
            subprocess.run(["mount", "--bind", f"/{mounted}", str(root / mounted)], check=True)
        try:
            seconds, said = run(root)
        finally:
            end(root)
    missing = [text for text in SEEN if text not in said]
    print(f"{seconds:.0f} s from a bare Debian 12 to the first recorded call; {LIMIT:.0f} at most")
    if missing:
        print(f"not seen: {', '.join(missing)}", file=sys.stderr)
    return 1 if missing or seconds > LIMIT else 0


if __name__ == "__main__":
    sys.exit(main())
