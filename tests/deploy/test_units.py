"""The systemd units, and the page of the metrics: each names something that exists."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path

import pytest
from prometheus_client.parser import text_string_to_metric_families
from typer.main import get_command
from typer.testing import CliRunner

from dialpact.application.incidents import kinds
from dialpact.cli.app import app
from dialpact.compliance.config import Config, Trunk
from dialpact.compliance.jobs import JobsWaiting
from dialpact.compliance.meters import Meters
from dialpact.web import metrics
from tests.cli.test_outside import HOOKS, NOW, WITNESSED, full_look

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
        "dialpact-supervise.service",
        "dialpact-web.service",
        "dialpact.service",
    ]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.stem)
def test_unit_is_hardened_and_starts_what_exists(unit: Path) -> None:
    found = directives(unit)
    supervise = unit.stem == "dialpact-supervise"  # shares nothing with an operator's daemons
    wanted = HARDENING | ({"Group": "dialpact-supervise", "UMask": "0077"} if supervise else {})
    assert {name: found[name] for name in wanted} == {name: [value] for name, value in wanted.items()}
    assert found["SystemCallFilter"][:2] == ["@system-service", "~@privileged @resources"]
    (command,) = found["ExecStart"]
    program, *words = command.split()
    assert program.endswith("/bin/dialpact")
    if supervise:  # its configuration is looked for in no environment
        assert words[:2] == ["--config", f"/var/lib/{unit.stem}/supervise.toml"]
        words = words[2:]
    assert words[0] in get_command(app).commands  # type: ignore[attr-defined]
    asked = CliRunner().invoke(app, [*words, "--help"])
    assert asked.exit_code == 0, "there is no such command"
    web = unit.stem == "dialpact-web"  # writes to the database as its group may
    assert found["User"] == [unit.stem if web or supervise else "dialpact"]
    assert ("ReadWritePaths" not in found) is supervise
    assert ("StateDirectory" in found) is supervise
    if supervise:
        assert (found["StateDirectory"], found["StateDirectoryMode"]) == ([unit.stem], ["0700"])
        assert any("-/var/lib/dialpact" in paths.split() for paths in found["InaccessiblePaths"])
        users = (unit.parent / f"{unit.stem}.sysusers.conf").read_text("utf-8")
        assert re.search(rf"^u {unit.stem} .* /var/lib/{unit.stem}$", users, re.MULTILINE)
    folders = found.get("ReadWritePaths", [""])[0].split()
    listed = (ROOT / "deploy" / "systemd" / "dialpact.tmpfiles.conf").read_text("utf-8")
    assert all(re.search(rf"^d {folder} ", listed, re.MULTILINE) for folder in folders)
    gate = unit.stem == "dialpact-gate"
    assert ("SupplementaryGroups" in found) is not (gate or web or supervise)  # these see no recording
    assert ("/var/spool/asterisk/dialpact" in folders) is not (gate or web or supervise)
    # What a stop may take at most: 2.5 s deadline, thrice 0.5 s confirmation, 5 s of writing, and the ledger.
    assert int(found["TimeoutStopSec"][0]) >= 15 and int(found["WatchdogSec"][0]) >= 5


@pytest.mark.parametrize("name", ["dialpact", "dialpact-gate", "dialpact-listener"])
def test_who_answers_calls_may_ask_for_short_slices(name: str) -> None:
    """(Of @resources, which the line before takes away.)"""
    assert (
        "sched_setattr" in directives(ROOT / f"deploy/systemd/{name}.service")["SystemCallFilter"][2].split()
    )


def test_what_asks_over_the_network_is_behind_the_gate() -> None:
    """In its share of processor and disk, and in what it may open; its worker may give way further."""
    web, gate = (directives(ROOT / "deploy/systemd" / f"dialpact-{name}.service") for name in ("web", "gate"))
    for name in ("CPUWeight", "IOWeight"):
        assert int(web[name][0]) < 100 and name not in gate  # (100: what is not said)
    assert int(web["Nice"][0]) > 0 and "Nice" not in gate
    assert {"sched_setscheduler", "sched_setaffinity", "setpriority"} <= set(
        web["SystemCallFilter"][2].split()
    )
    assert web["ReadWritePaths"] == ["/var/lib/dialpact"]
    hidden = web["InaccessiblePaths"][0].split()
    assert {"-/var/lib/dialpact/ledger.key", "-/var/spool/asterisk"} <= set(hidden)
    (line,) = re.findall(
        r"^d /var/lib/dialpact (\d+)",
        (ROOT / "deploy" / "systemd" / "dialpact.tmpfiles.conf").read_text("utf-8"),
        re.MULTILINE,
    )
    # By the group it may write beside the database; by the sticky bit it replaces nobody else's files.
    assert line == "3770"


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


@pytest.mark.parametrize("name", ["operations.md", "operations.zh-CN.md"])
def test_page_has_a_line_for_each_metric_and_no_other(name: str) -> None:
    told = set(
        re.findall(r"^\| `(dialpact_[a-z_]+)`", (ROOT / "docs" / name).read_text("utf-8"), re.MULTILINE)
    )
    exposed = {re.sub("_(bucket|count|sum)$", "", sample.name) for sample in samples()}
    assert told == exposed


def samples():  # type: ignore[no-untyped-def]
    config = Config(trunks={"carrier": Trunk(endpoint="carrier")}, ledger=WITNESSED, webhooks=HOOKS)
    pages = (
        metrics.page(config, Meters(), full_look(), NOW, kinds()),
        metrics.page_of_web(config, Meters(), JobsWaiting(0, 0, None), NOW),
    )
    return [
        sample
        for page in pages
        for family in text_string_to_metric_families(page.decode())
        for sample in family.samples
    ]
