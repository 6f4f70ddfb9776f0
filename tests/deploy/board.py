"""``python -m tests.deploy.board``: writes the board in ``deploy/grafana``, in both languages.

``board.toml`` says what is on it. It is of Grafana's classic form, which every version imports.
"""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tests.deploy.rules import ROOT

TABLE = Path(__file__).with_name("board.toml")
FOLDER = ROOT / "deploy" / "grafana"
FILES = {"en": FOLDER / "dialpact.json", "zh": FOLDER / "dialpact.zh-CN.json"}
SCHEMA = 39  # of Grafana 11; later ones bring it up to date as they import it
WIDTH, HEIGHT = 24, 7
SOURCE = {"type": "prometheus", "uid": "${datasource}"}
CHOSEN = 'instance=~"$instance"'
WORDS = {
    "en": {"yes": "yes", "no": "no", "source": "Data source", "instance": "Instance"},
    "zh": {"yes": "是", "no": "否", "source": "数据源", "instance": "实例"},
}
STATES = (("0", "green"), ("1", "yellow"), ("2", "red"))
OF_KIND: dict[str, dict[str, Any]] = {
    "stat": {
        "colorMode": "background",
        "graphMode": "none",
        "justifyMode": "auto",
        "orientation": "auto",
        "percentChangeColorMode": "standard",
        "reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False},
        "showPercentChange": False,
        "textMode": "auto",
        "wideLayout": True,
    },
    "timeseries": {
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "heatmap": {
        "calculate": False,
        "cellGap": 1,
        "color": {
            "exponent": 0.5,
            "fill": "dark-orange",
            "mode": "scheme",
            "reverse": False,
            "scheme": "Oranges",
            "steps": 64,
        },
        "exemplars": {"color": "rgba(255,0,255,0.7)"},
        "legend": {"show": True},
        "rowsFrame": {"layout": "auto"},
        "showValue": "never",
        "tooltip": {"mode": "single", "showColorScale": False, "yHistogram": False},
        "yAxis": {"axisPlacement": "left", "reverse": False, "unit": "s"},
    },
    "table": {"cellHeight": "sm", "frameIndex": 0, "showHeader": True},
    "state-timeline": {
        "alignValue": "left",
        "mergeValues": True,
        "rowHeight": 0.9,
        "showValue": "never",
        "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "single", "sort": "none"},
    },
}


def table() -> dict[str, Any]:
    return tomllib.loads(TABLE.read_text("utf-8"))


def board(language: str) -> dict[str, Any]:
    words, found = WORDS[language], table()
    return {
        "annotations": {"list": []},
        "description": "docs/monitoring.md" if language == "en" else "docs/monitoring.zh-CN.md",
        "editable": True,
        "fiscalYearStartMonth": 0,
        "graphTooltip": 1,
        "id": None,
        "links": [],
        "panels": list(_panels(found["row"], language)),
        "refresh": "30s",
        "schemaVersion": SCHEMA,
        "tags": ["dialpact"],
        "templating": {"list": [_source(words), _instance(words)]},
        "time": {"from": "now-6h", "to": "now"},
        "timepicker": {},
        "timezone": "browser",
        "title": found["title"][language],
        "uid": "dialpact" if language == "en" else "dialpact-zh",
        "version": 1,
        "weekStart": "",
    }


def _source(words: dict[str, str]) -> dict[str, Any]:
    return {
        "hide": 0,
        "includeAll": False,
        "label": words["source"],
        "multi": False,
        "name": "datasource",
        "options": [],
        "query": "prometheus",
        "refresh": 1,
        "regex": "",
        "skipUrlSync": False,
        "type": "datasource",
    }


def _instance(words: dict[str, str]) -> dict[str, Any]:
    asked = "label_values(dialpact_build_info, instance)"
    return {
        "allValue": ".*",
        "current": {"text": ["All"], "value": ["$__all"]},
        "datasource": SOURCE,
        "definition": asked,
        "hide": 0,
        "includeAll": True,
        "label": words["instance"],
        "multi": True,
        "name": "instance",
        "options": [],
        "query": asked,
        "refresh": 2,
        "regex": "",
        "skipUrlSync": False,
        "sort": 1,
        "type": "query",
    }


def _panels(rows: list[dict[str, Any]], language: str) -> Iterator[dict[str, Any]]:
    """From left to right, and the next line below the highest of this one."""
    y, id = 0, 0
    for row in rows:
        id += 1
        place = {"h": 1, "w": WIDTH, "x": 0, "y": y}
        yield {
            "collapsed": False,
            "gridPos": place,
            "id": id,
            "panels": [],
            "title": row[language],
            "type": "row",
        }
        x, y, line = 0, y + 1, 0
        for one in row["panel"]:
            high = one.get("h", 4 if one["kind"] == "stat" else HEIGHT)
            if x + one["w"] > WIDTH:
                x, y, line = 0, y + line, 0
            id += 1
            yield _panel(one, language, id, {"h": high, "w": one["w"], "x": x, "y": y})
            x, line = x + one["w"], max(line, high)
        y += line


def _panel(one: dict[str, Any], language: str, id: int, place: dict[str, int]) -> dict[str, Any]:
    kind = one["kind"]
    made = {
        "datasource": SOURCE,
        "description": one.get(f"about_{language}", ""),
        "fieldConfig": {"defaults": _defaults(one, language), "overrides": []},
        "gridPos": place,
        "id": id,
        "options": OF_KIND[kind],
        "targets": [
            _target(kind, expr.replace("{I", f"{{{CHOSEN}"), legend, chr(ord("A") + place))
            for place, (expr, legend) in enumerate(one["asks"])
        ],
        "title": one[language],
        "type": kind,
    }
    if kind == "table":  # rows of labels: when and how much is the same in all
        hidden = {"excludeByName": {"Time": True, "Value": True}, "indexByName": {}, "renameByName": {}}
        made["transformations"] = [{"id": "organize", "options": hidden}]
    return made


def _target(kind: str, expr: str, legend: str, ref: str) -> dict[str, Any]:
    now = kind in ("stat", "table")
    return {
        "datasource": SOURCE,
        "editorMode": "code",
        "expr": expr,
        "format": {"table": "table", "heatmap": "heatmap"}.get(kind, "time_series"),
        "instant": now,
        "legendFormat": legend or "__auto",
        "range": not now,
        "refId": ref,
    }


def _defaults(one: dict[str, Any], language: str) -> dict[str, Any]:
    words, made = WORDS[language], {"color": {"mode": "palette-classic"}, "mappings": []}
    steps = one.get("steps", [])
    if one.get("yes"):
        steps, told = [[0, "red"], [1, "green"]], ((words["no"], "red"), (words["yes"], "green"))
        shown = {
            str(at): {"color": color, "index": at, "text": text} for at, (text, color) in enumerate(told)
        }
        made["mappings"] = [{"type": "value", "options": shown}]
    elif one["kind"] == "state-timeline":
        steps = [[at, color] for at, (_, color) in enumerate(STATES)]
    if steps:
        made["color"] = {"mode": "thresholds"}
    made["thresholds"] = {
        "mode": "absolute",
        "steps": [{"color": "green", "value": None}, *({"color": c, "value": v} for v, c in steps)],
    }
    if one["kind"] == "timeseries":
        mode = "normal" if one.get("stack") else "none"
        made["custom"] = {
            "drawStyle": "line",
            "fillOpacity": 30 if one.get("stack") else 0,
            "lineWidth": 1,
            "showPoints": "never",
            "spanNulls": False,
            "stacking": {"group": "A", "mode": mode},
        }
        made["min"] = 0
    if unit := one.get("unit"):
        made["unit"] = unit
    return made


def text(language: str) -> str:
    return json.dumps(board(language), ensure_ascii=False, indent=1) + "\n"


def main() -> None:
    for language, file in FILES.items():
        file.write_text(text(language), "utf-8")


if __name__ == "__main__":
    main()
