"""A refused and a recorded call through what the Debian package installs, beside an Asterisk from testing."""

from __future__ import annotations

import json
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.deploy.debian import Debian, built, command_of, fresh, source
from tests.lab.bootstrap import Installation
from tests.lab.carrier import Carrier
from tests.lab.mirror import machine_mirror
from tests.lab.pbx import Pbx
from tests.lab.phone import Phone

# alone: it builds a package and a Debian, on all the processors there are.
pytestmark = [
    *(pytest.mark.lab, pytest.mark.package, pytest.mark.long, pytest.mark.alone),
    pytest.mark.timeout(1800),
]
STATE = "/var/lib/dialpact"
SHARED = "/usr/share/dialpact"
SAMPLES = f"{SHARED}/samples"
RELEASE = "trixie"
CALL = {"campaign": "autumn-loans", "caller_id": "02788880007"}
REGISTERS = (
    "business add jianghan --name 江汉金融服务 --actor own-business",
    f"script add loans-7 --file {SAMPLES}/script.txt",
    "script approve loans-7 --by chen",
    "campaign add autumn-loans --business jianghan --industry loans --purpose marketing --script loans-7",
    f"caller-id import {SAMPLES}/caller-id.csv",
    f"consent import {SAMPLES}/consent.csv",
    f"dnc import {SAMPLES}/dnc.csv",
    f"leads import {SAMPLES}/leads.csv --campaign autumn-loans --partner bank --contract J4 --basis yes",
)
# The covenant, but for its hours: nobody can set the package's clock.
ANY_HOUR = {
    'windows = ["08:00-12:00", "14:00-18:30"]': 'windows = ["00:00-24:00"]',
    "guard_seconds = 60": "guard_seconds = 0",
    'kind = "working"': 'kind = "all"',
}


@pytest.fixture(scope="module")
def debian(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Debian]:
    """Debian 13: first the package, then Asterisk, and the folder of recordings is there when that is."""
    folder = tmp_path_factory.mktemp("package")
    package = built(source(folder / "source", "0.1.0"), folder)
    with fresh(RELEASE) as there:
        there.install(package)
        assert not there.path("/var/spool/asterisk/dialpact").exists()
        mirror = machine_mirror(suite="forky")
        apt = there.path("/etc/apt")
        (apt / "sources.list.d/testing.list").write_text(f"deb {mirror.url} forky main\n", "utf-8")
        (apt / "apt.conf.d/90release").write_text(f'APT::Default-Release "{RELEASE}";\n', "utf-8")
        there.run("apt-get", "update")
        there.run(
            *("apt-get", "install", "-y", "--no-install-recommends", "-t", "forky"),
            *("asterisk", "asterisk-core-sounds-en-gsm"),
            DEBIAN_FRONTEND="noninteractive",
        )
        recordings = there.path("/var/spool/asterisk/dialpact").stat()
        assert recordings.st_mode & 0o7777 == 0o2770
        yield there


@pytest.fixture(scope="module")
def pbx(debian: Debian, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pbx]:
    """With the dialplan that the package brings, and the password that it made."""
    dialplan = debian.path("/opt/dialpact/share/dialpact/dialplan")
    manager = tmp_path_factory.mktemp("conf") / "manager_dialpact.conf"
    secret = debian.path(f"{STATE}/ami.secret").read_text("ascii").strip()
    text = (dialplan / "manager_dialpact.conf").read_text("utf-8")
    assert "REPLACE-ME" in text
    manager.write_text(text.replace("REPLACE-ME", secret), "utf-8")
    with Pbx(
        dialplan=[dialplan / "extensions_dialpact.conf"],
        features=[dialplan / "features_dialpact.conf"],
        manager=[manager],
        variables={"DIALPACT_GATE": "127.0.0.1:@gate_port@"},
        installation=Installation(debian.root),
    ) as running:
        yield running


def configured(debian: Debian, pbx: Pbx) -> None:
    """What an administrator would write into it, and what makes it a test's."""
    (site,) = debian.path("/opt/dialpact/lib").glob("python3.13/site-packages")
    rules = (site / "dialpact/compliance/profiles/cn-hubei-2018.toml").read_text("utf-8")
    changes = {
        'listen = "127.0.0.1:4573"': f'listen = "127.0.0.1:{pbx.ports.gate}"',
        "port = 5038": f"port = {pbx.ports.ami}",
        'profiles = ["cn-hubei-2018"]': f'profiles = ["{STATE}/any-hour.toml"]',
    }
    file = debian.path(f"{STATE}/dialpact.toml")
    text = file.read_text("utf-8")
    for old, new in changes.items():
        assert old in text
        text = text.replace(old, new)
    file.write_text(text, "utf-8")
    for old, new in ANY_HOUR.items():
        assert old in rules
        rules = rules.replace(old, new)
    debian.path(f"{STATE}/any-hour.toml").write_text(rules, "utf-8")


def until(condition: Callable[[], bool], what: str, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, what
        time.sleep(0.1)


@pytest.fixture(scope="module")
def daemons(debian: Debian, pbx: Pbx, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Gate and listener as their units start them; where their logs are."""
    configured(debian, pbx)
    for line in REGISTERS:
        debian.run("dialpact", *line.split(), user="dialpact")
    logs = tmp_path_factory.mktemp("logs")
    running = []
    for unit in ("dialpact-gate", "dialpact-listener"):
        with (logs / unit).open("wb") as out:
            running.append(subprocess.Popen(command_of(debian, unit), stderr=out))
    try:
        until(
            lambda: '"gate listening"' in (logs / "dialpact-gate").read_text("utf-8"),
            (logs / "dialpact-gate").read_text("utf-8"),
        )
        until(
            lambda: "recorder" not in debian.run("dialpact", "status", user="dialpact", code=None),
            (logs / "dialpact-listener").read_text("utf-8"),
        )
        yield logs
    finally:
        for process in running:
            process.terminate()
        for process in running:
            process.wait(30)


def listed(debian: Debian, *words: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(debian.run("dialpact", *words, "--json", user="dialpact"))
    return found


async def test_one_is_refused_and_one_is_recorded(debian: Debian, pbx: Pbx, daemons: Path) -> None:
    with Carrier(pbx) as carrier:
        refused = await Phone(pbx).call("13800138111", **CALL)
        assert not refused.answered and carrier.invites() == []
        allowed = await Phone(pbx).call("13800138000", talk_seconds=2, **CALL)
        verdicts = listed(debian, "calls", "list")
        assert allowed.answered, (verdicts, daemons)
        assert [row["verdict"] for row in verdicts] == ["ALLOW", "BLOCK"]
        until(lambda: bool(listed(debian, "recordings", "list")[0]["sha256"]), "no recording")
    (kept,) = listed(debian, "recordings", "list")
    assert kept["path"].startswith("/var/spool/asterisk/dialpact/") and kept["state"] == "kept"
    assert kept["seconds"] == pytest.approx(2, abs=0.5)
    as_both = ("setpriv", "--reuid=dialpact", "--regid=asterisk", "--clear-groups")
    debian.run(*as_both, "dialpact", "recordings", "verify")
    debian.run("dialpact", "ledger", "verify", user="dialpact")
