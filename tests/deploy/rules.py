"""The files of rules in ``deploy/prometheus`` as they stand, and what they ask for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).parents[2]
FOLDER = ROOT / "deploy" / "prometheus"
ALERTS = (FOLDER / "alerts.yml", FOLDER / "alerts-web.yml")
RECORDING = FOLDER / "recording.yml"
LANGUAGES = ("", "_zh")  # of the names of annotations
SELECTOR = re.compile(r"\b(dialpact_[a-z0-9_]+)(?:\{([^}]*)\})?")
RELABELLED = re.compile(r', "metric", "[a-z0-9_]+", "", ""')
MATCHER = re.compile(r'([a-z_]+)\s*(=~|!~|!=|=)\s*"((?:[^"\\]|\\.)*)"')


@dataclass(frozen=True)
class Alert:
    file: Path
    name: str
    expr: str
    severity: str
    waits: str  # "5m"; empty: for nothing
    annotations: dict[str, str]

    def text(self, language: str) -> str:
        """``language``: as the names of annotations end."""
        return f"{self.annotations[f'summary{language}']} {self.annotations[f'description{language}']}"


def groups(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = yaml.safe_load(file.read_text("utf-8"))["groups"]
    return found


@cache
def alerts() -> tuple[Alert, ...]:
    """In the files' order."""
    return tuple(
        Alert(
            file,
            rule["alert"],
            rule["expr"],
            rule["labels"]["severity"],
            rule.get("for", ""),
            rule["annotations"],
        )
        for file in ALERTS
        for group in groups(file)
        for rule in group["rules"]
    )


def recorded() -> dict[str, str]:
    """Expressions of the recording rules by their names."""
    return {rule["record"]: rule["expr"] for group in groups(RECORDING) for rule in group["rules"]}


def selectors(expr: str) -> Iterator[tuple[str, list[tuple[str, str, str]]]]:
    """Each metric that is asked for, and label, operator and value of what is asked of it."""
    for name, inside in SELECTOR.findall(RELABELLED.sub("", expr)):
        yield name, MATCHER.findall(inside)
