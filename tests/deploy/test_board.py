"""The board for Grafana, which is not at hand: its form, and that everything it asks can be asked."""

from __future__ import annotations

import itertools
import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from tests.deploy import board
from tests.deploy.monitored import run

KINDS = {"row", "stat", "timeseries", "heatmap", "table", "state-timeline"}  # of Grafana's own panels
UNITS = {"s", "d", "bytes", "reqps", "percentunit"}  # of Grafana's own names


def panels(language: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads(board.FILES[language].read_text("utf-8"))["panels"]
    return found


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_files_are_current(language: str) -> None:
    """``python -m tests.deploy.board`` writes them anew."""
    assert board.FILES[language].read_text("utf-8") == board.text(language)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_panel_lies_on_another(language: str) -> None:
    taken: dict[tuple[int, int], str] = {}
    for panel in panels(language):
        place = panel["gridPos"]
        assert place["x"] >= 0 and place["x"] + place["w"] <= 24 and place["h"] > 0
        for cell in itertools.product(
            range(place["x"], place["x"] + place["w"]), range(place["y"], place["y"] + place["h"])
        ):
            assert cell not in taken, (panel["title"], taken[cell])
            taken[cell] = panel["title"]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_its_form_is_grafanas(language: str) -> None:
    whole = json.loads(board.FILES[language].read_text("utf-8"))
    assert whole["schemaVersion"] == board.SCHEMA and whole["id"] is None
    source, instance = whole["templating"]["list"]
    assert (source["name"], source["type"], source["query"]) == ("datasource", "datasource", "prometheus")
    assert instance["type"] == "query" and instance["datasource"] == board.SOURCE
    assert len({panel["id"] for panel in whole["panels"]}) == len(whole["panels"])
    for panel in whole["panels"]:
        assert panel["type"] in KINDS and panel["title"]
        if panel["type"] == "row":
            continue
        assert panel["datasource"] == board.SOURCE
        assert panel["fieldConfig"]["defaults"].get("unit", "s") in UNITS
        refs = [target["refId"] for target in panel["targets"]]
        assert refs and len(set(refs)) == len(refs)
        for target in panel["targets"]:
            assert target["datasource"] == board.SOURCE
            assert target["instant"] is not target["range"]
            # Whoever chooses an instance sees no other's figures.
            for inside in re.findall(r"dialpact[:\w]+(?:\{([^}]*)\})?", target["expr"]):
                assert board.CHOSEN in inside, target["expr"]


def test_both_languages_are_one_board() -> None:
    first, second = (
        [(one["type"], one["gridPos"], [each["expr"] for each in one.get("targets", [])]) for one in found]
        for found in (panels("en"), panels("zh"))
    )
    assert first == second
    for language in ("en", "zh"):
        for one in panels(language):
            for text in filter(None, (one["title"], one.get("description"))):
                assert bool(re.search(r"[\u4e00-\u9fff]", text)) is (language == "zh"), text


def test_prometheus_understands_what_it_asks(tmp_path: Path) -> None:
    asked = [target["expr"] for panel in panels("en") for target in panel.get("targets", [])]
    rules = [
        {"record": f"asked:{number}", "expr": expr.replace("$__rate_interval", "5m")}
        for number, expr in enumerate(asked)
    ]
    assert len(rules) > 40
    file = tmp_path / "asked.yml"
    file.write_text(yaml.safe_dump({"groups": [{"name": "board", "rules": rules}]}), "utf-8")
    said = run("check", "rules", str(file))
    assert said.returncode == 0, said.stdout + said.stderr
