"""Which Asterisk is installed on this host. ``docs/asterisk-versions.md`` tells what older ones lack."""

from __future__ import annotations

import re
import shutil
import subprocess
from collections.abc import Iterator

from dialpact.application.doctor.finding import DoctorFinding, Site, fail, ok, skip

OLDEST = 18  # the oldest that dialplan and listener are written for
NEWEST = 22  # the newest that the tests run on
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
    else:
        yield ok("version", version=number[1], oldest=OLDEST, newest=NEWEST)


def _asked(program: str) -> str:
    try:
        done = subprocess.run(  # noqa: S603 - a program of the host's own path, and no word from outside
            [program, "-V"], capture_output=True, check=False, timeout=SECONDS
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return done.stdout.decode("utf-8", "replace")
