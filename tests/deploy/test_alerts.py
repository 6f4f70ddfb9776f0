"""The alerts: each fires in the state that it is for and in no other, and says what a person needs.

Firing is judged by Debian's promtool, over what the product itself shows in that state (``alert_scenes``).
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
from typer.main import get_command

from dialpact.cli.app import app
from dialpact.compliance.config import MetricsConfig
from tests.deploy.alert_scenes import SCENES
from tests.deploy.monitored import JOBS, house, judged, parsed, run
from tests.deploy.rules import ALERTS, FOLDER, LANGUAGES, RECORDING, ROOT, alerts, selectors
from tests.test_docs import anchors

NAMES = [one.name for one in alerts()]


@pytest.mark.parametrize("name", SCENES)
async def test_just_these_alerts_fire(name: str, tmp_path: Path) -> None:
    making, firing, settings = SCENES[name]
    async with house(tmp_path, **settings) as made_here:
        targets = await making(made_here)
    found = judged(tmp_path, targets, firing)
    assert found.returncode == 0, found.stdout + found.stderr
    if firing:  # what is said then has no number in it, and nothing that could not be filled in
        said = judged(tmp_path, targets, firing, texts=True)
        heard = said.stdout + said.stderr
        assert said.returncode
        assert set(re.findall(r"alertname: (\w+)", heard)) == firing, heard
        got = "".join(re.findall(r"got:\s*\[(.*?)\n\s*\]", heard, re.DOTALL))
        assert got.count("summary_zh=") >= len(firing), heard
        assert not re.search(r"<no value>|<error|\{\{|\d{7,}", got), got


def test_every_alert_is_fired_and_none_is_twice() -> None:
    assert len(set(NAMES)) == len(NAMES)
    assert set().union(*(firing for _, firing, _ in SCENES.values())) == set(NAMES)


def test_promtool_finds_nothing(tmp_path: Path) -> None:
    said = run("check", "rules", *map(str, (*ALERTS, RECORDING)))
    assert said.returncode == 0, said.stdout + said.stderr
    for file in (*ALERTS, RECORDING):
        (tmp_path / file.name).write_bytes(file.read_bytes())
    sample = (FOLDER / "prometheus.yml").read_text("utf-8")
    offered = re.sub(r"^#(?=alerting|  )", "", sample, flags=re.MULTILINE)
    assert "\nalerting:" in offered and offered.count("\n  - job_name") == 3
    for text in (sample, offered):
        (tmp_path / "prometheus.yml").write_text(text, "utf-8")
        said = run("check", "config", str(tmp_path / "prometheus.yml"))
        assert said.returncode == 0, text + said.stdout + said.stderr


def test_the_sample_asks_where_the_configuration_answers() -> None:
    sample = (FOLDER / "prometheus.yml").read_text("utf-8")
    for role, job in (("gate", "dialpact"), ("listener", JOBS["listener"]), ("web", JOBS["web"])):
        host, port = MetricsConfig().of(role)
        assert host == "127.0.0.1"
        assert re.search(
            rf'job_name: {job}\n#?    static_configs:\n#?      - targets: \["{host}:{port}"\]', sample
        )


@pytest.mark.parametrize("alert", alerts(), ids=lambda alert: alert.name)
def test_an_alert_says_what_is_wrong_what_to_do_and_where_it_is_written(alert: Any) -> None:
    kinds = [f"{kind}{language}" for kind in ("summary", "description", "runbook") for language in LANGUAGES]
    assert sorted(alert.annotations) == sorted(kinds)
    assert alert.severity in ("critical", "warning")
    for language in LANGUAGES:
        chinese = [
            bool(re.search(r"[\u4e00-\u9fff]", alert.annotations[f"{kind}{language}"]))
            for kind in ("summary", "description")
        ]
        assert chinese == [bool(language)] * 2
        page, _, anchor = alert.annotations[f"runbook{language}"].partition("#")
        assert page.endswith(".zh-CN.md") is bool(language)
        assert (ROOT / page).is_file()
        assert not anchor or anchor in anchors(ROOT / page)
        # Both languages are filled in from the same, and name the same commands.
        for found in (r"\{\{.*?\}\}", r"`dialpact [^`]*`"):
            both = (
                "".join(alert.annotations[f"{kind}{one}"] for kind in ("summary", "description"))
                for one in LANGUAGES
            )
            first, second = (sorted(re.findall(found, text)) for text in both)
            assert first == second
    for command in re.findall(r"`dialpact ([a-z-]+)", " ".join(alert.annotations.values())):
        assert command in get_command(app).commands, command  # type: ignore[attr-defined]


def test_every_way_round_the_gate_is_told_at_once() -> None:
    """The kinds of the docs' first table are the alert's, but what is let be."""
    page = (ROOT / "docs" / "incidents.md").read_text("utf-8")
    table = page.partition("## Calls that went round")[2].partition("\n## ")[0]
    kinds = set(re.findall(r"^\| `([a-z-]+)`", table, re.MULTILINE)) - {"emergency-unusual"}
    (bypass,) = (one for one in alerts() if one.name == "DialpactBypass")
    asked = set(next(selectors(bypass.expr))[1][0][2].split("|"))
    assert asked - {"supervisor-unrecorded"} == kinds


async def test_each_process_tells_its_own(tmp_path: Path) -> None:
    async with house(tmp_path) as made_here:
        pages = {
            role: {name for name, _ in parsed(await made_here.page(role))}  # type: ignore[arg-type]
            for role in ("serve", "gate", "listener", "web")
        }
    assert pages["gate"] | pages["listener"] == pages["serve"]
    assert "dialpact_ami_up" not in pages["gate"] and "dialpact_gate_connections" not in pages["listener"]
    assert "dialpact_ready" not in pages["web"] and "dialpact_jobs" not in pages["serve"]
    assert "dialpact_decisions_total" in pages["web"], "who asks before the dial is decided on there"
