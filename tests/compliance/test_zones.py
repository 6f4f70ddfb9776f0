"""Zones are those of the pinned package, in every process, whatever the system has."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from importlib.metadata import version as installed
from pathlib import Path

import pytest

from dialpact.compliance.zones import release, version, zone

ROOT = Path(__file__).parents[2]
PLACES = ("America/Vancouver", "America/Edmonton", "America/Winnipeg", "Asia/Shanghai", "America/Chicago")
# What each of the programs imports, and what a program that uses the library does.
PROCESSES = (
    "dialpact.cli.app",
    "dialpact.cli.daemons",
    "dialpact.compliance.profile",
    "dialpact.application.decide",
    "agi.service",
    "ami_listener.listener",
    "dialpact.testing.plugin",
)
ASKED = """
import sys, zoneinfo
from datetime import datetime, UTC
zoneinfo.ZoneInfo("America/Chicago")  # somebody was here before
__import__(sys.argv[1])
from dialpact.compliance.zones import zone
at = datetime(2026, 12, 1, tzinfo=UTC)
for place in sys.argv[2:]:
    print(at.astimezone(zoneinfo.ZoneInfo(place)).isoformat(), at.astimezone(zone(place)).isoformat())
"""


@pytest.fixture(scope="module")
def old_system(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A system whose clocks are all wrong: each place has the time of Kiritimati."""
    import tzdata

    wrong = (Path(tzdata.__file__).parent / "zoneinfo/Pacific/Kiritimati").read_bytes()
    folder = tmp_path_factory.mktemp("zoneinfo")
    for place in PLACES:
        file = folder / place
        file.parent.mkdir(exist_ok=True)
        file.write_bytes(wrong)
    (folder / "tzdata.zi").write_text("# version 2099z\n")
    return folder


@pytest.mark.parametrize("process", PROCESSES)
def test_an_old_system_does_not_tell_the_time(process: str, old_system: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-c", ASKED, process, *PLACES],
        env={**os.environ, "PYTHONTZPATH": str(old_system)},
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    at = datetime(2026, 12, 1, tzinfo=UTC)
    expected = [f"{at.astimezone(zone(place)).isoformat()}" for place in PLACES]
    assert done.stdout.split() == [text for text in expected for _ in range(2)]
    assert "+14:00" not in done.stdout


def test_the_version_is_the_packages() -> None:
    assert version() == f"tzdata {installed('tzdata')}"
    assert re.fullmatch(r"20[0-9]{2}[a-z]", release())


@pytest.mark.parametrize(
    "name", ["Mars/Olympus", "", "../etc", "/etc/localtime", "America", "Asia/Wuhan", "\0"]
)
def test_what_is_no_zone_is_none(name: str) -> None:
    assert zone(name) is None
