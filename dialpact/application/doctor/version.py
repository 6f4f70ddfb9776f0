"""Which Asterisk is installed on this host. ``docs/asterisk-versions.md`` tells what older ones lack."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, skip

OLDEST = 18  # the oldest that dialplan and listener are written for
NEWEST = 22  # the newest that the tests run on
# The first release of each that heeds a MixMonitor's id, by Asterisk's source (commits c8c528e9, e00eaa74,
# 03da795e: "res_mixmonitor: MixMonitorMute by MixMonitor ID"). What comes later has it from its beginning.
HEEDS = {18: (18,), 20: (3,)}
CERTIFIED_HEEDS = {18: (9, 5)}  # certified/18.9-cert5
NEVER = 19  # its last release is older than that
SECONDS = 5.0


def installed(site: Site) -> Iterator[DoctorFinding]:
    """``asterisk -V`` of the program on the path; it only prints, and asks no running Asterisk."""
    program = shutil.which("asterisk") or shutil.which("asterisk", path="/usr/sbin:/usr/local/sbin")
    said = _asked(program) if program else ""
    # "Asterisk 22.10.1~dfsg+~cs6", "Asterisk GIT-18-abc", "Asterisk certified/18.9-cert5"
    number = re.match(r"Asterisk (?:certified/|GIT-)?(\d{1,3})\b", said)
    if number is None:
        yield skip("version-unknown", oldest=OLDEST, newest=NEWEST)
    elif int(number[1]) < OLDEST:
        yield fail("version-old", version=number[1], oldest=OLDEST, newest=NEWEST)
    elif (since := _since(said)) is not None:
        yield fail("version-mute", version=_full(said), since=since)
    else:
        yield ok("version", version=number[1], oldest=OLDEST, newest=NEWEST)


def _full(said: str) -> str:
    """``18.17.1``, ``certified/18.9-cert4``."""
    return said.split()[1].partition("~")[0].partition("+")[0]


def _since(said: str) -> str | None:
    """Which release to install in place of one that takes no notice of a MixMonitor's id; None: it does, or
    nobody can tell by its name (a build from Git): then the listener's own question decides.
    """
    if found := re.match(r"Asterisk certified/(\d+)\.(\d+)-cert(\d+)", said):
        major, *rest = map(int, found.groups())
        first = CERTIFIED_HEEDS.get(major)
        return f"certified/{major}.{first[0]}-cert{first[1]}" if first and tuple(rest) < first else None
    if found := re.match(r"Asterisk (\d+)\.(\d+)\b", said):
        major, minor = map(int, found.groups())
        if major == NEVER:
            return f"20.{HEEDS[20][0]}"
        if major in HEEDS and (minor,) < HEEDS[major]:
            return f"{major}.{HEEDS[major][0]}"
    return None


def _asked(program: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a program of the host's own path, and no word from outside
            [program, "-V"], capture_output=True, check=False, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")
