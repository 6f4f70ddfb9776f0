"""The systemd units and the alert rules: each directive is there, and names something that exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.main import get_command

from dialpact.cli.app import app
from dialpact.cli.incidents import kinds
from dialpact.compliance.config import Config, Trunk
from dialpact.compliance.meters import Meters
from dialpact.web import metrics
from tests.cli.test_outside import NOW, WITNESSED, full_look

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
HARDENING = {
    "NoNewPrivileges": "true",
    "CapabilityBoundingSet": "",
    "AmbientCapabilities": "",
    "ProtectSystem": "strict",
    "ProtectHome": "true",
    "PrivateTmp": "true",
    "PrivateDevices": "true",
    "ProtectKernelTunables": "true",
    "ProtectKernelModules": "true",
    "ProtectKernelLogs": "true",
    "ProtectControlGroups": "true",
    "ProtectClock": "true",
    "ProtectHostname": "true",
    "RestrictNamespaces": "true",
    "RestrictRealtime": "true",
    "RestrictAddressFamilies": "AF_UNIX AF_INET AF_INET6",
    "LockPersonality": "true",
    "MemoryDenyWriteExecute": "true",
    "SystemCallArchitectures": "native",
    "Restart": "always",
    "Type": "notify",
    "Group": "dialpact",
    "UMask": "0027",
}


def directives(file: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in file.read_text("utf-8").splitlines():
        if line and line[0] not in "#[":
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def test_there_is_a_unit_for_each_daemon() -> None:
    assert [unit.name for unit in UNITS] == [
        "dialpact-gate.service",
        "dialpact-listener.service",
        "dialpact-web.service",
        "dialpact.service",
    ]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_unit_is_hardened_and_starts_what_exists(unit: Path) -> None:
    found = directives(unit)
    assert {name: found[name] for name in HARDENING} == {name: [value] for name, value in HARDENING.items()}
    assert found["SystemCallFilter"][:2] == ["@system-service", "~@privileged @resources"]
    (command,) = found["ExecStart"]
    program, name = command.split()
    assert program.endswith("/bin/dialpact") and name in get_command(app).commands  # type: ignore[attr-defined]
    web = unit.stem == "dialpact-web"  # reads what its group may, and writes nothing
    assert found["User"] == ["dialpact-web" if web else "dialpact"]
    assert ("ReadWritePaths" not in found) is web
    folders = found.get("ReadWritePaths", [""])[0].split()
    listed = (ROOT / "deploy" / "systemd" / "dialpact.tmpfiles.conf").read_text("utf-8")
    assert all(re.search(rf"^d {folder} ", listed, re.MULTILINE) for folder in folders)
    gate = unit.stem == "dialpact-gate"
    assert ("SupplementaryGroups" in found) is not (gate or web)  # these see no recording
    assert ("/var/spool/asterisk/dialpact" in folders) is not (gate or web)
    # What a stop may take at most: 2.5 s deadline, thrice 0.5 s confirmation, 5 s of writing, and the ledger.
    assert int(found["TimeoutStopSec"][0]) >= 15 and int(found["WatchdogSec"][0]) >= 5


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_systemd_itself_finds_nothing(unit: Path, tmp_path: Path) -> None:
    """Where there is a systemd; the test above does not need it."""
    program = shutil.which("systemd-analyze")
    if program is None:
        return
    copy = tmp_path / unit.name
    copy.write_text(unit.read_text("utf-8").replace("/opt/dialpact/bin/dialpact", "/bin/true"), "utf-8")
    said = subprocess.run([program, "verify", copy], capture_output=True, text=True, timeout=60)
    assert (said.returncode, said.stderr) == (0, ""), said.stderr


def test_alerts_name_metrics_that_exist() -> None:
    rules = (ROOT / "deploy" / "prometheus" / "alerts.yml").read_text("utf-8")
    exposed = {sample.name for sample in samples()}
    asked = set(re.findall(r"\bdialpact_[a-z_]+\b", " ".join(re.findall(r"expr: '(.*)'", rules))))
    assert len(asked) > 10
    assert asked <= exposed, asked - exposed
    for command in re.findall(r"`dialpact ([a-z]+)", rules):
        assert command in get_command(app).commands  # type: ignore[attr-defined]


@pytest.mark.parametrize("name", ["operations.md", "operations.zh-CN.md"])
def test_page_has_a_line_for_each_metric_and_no_other(name: str) -> None:
    told = set(
        re.findall(r"^\| `(dialpact_[a-z_]+)`", (ROOT / "docs" / name).read_text("utf-8"), re.MULTILINE)
    )
    exposed = {re.sub("_(bucket|count|sum)$", "", sample.name) for sample in samples()}
    assert told == exposed


def samples():  # type: ignore[no-untyped-def]
    config = Config(trunks={"carrier": Trunk(endpoint="carrier")}, ledger=WITNESSED)
    page = metrics.page(config, Meters(), full_look(), NOW, kinds()).decode()
    return [sample for family in text_string_to_metric_families(page) for sample in family.samples]
