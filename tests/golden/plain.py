"""Takes out of a command's answer what is another one in each run; everything else stays as it was said.

A value has one placeholder wherever it comes up in a group of commands, and the placeholder is as long as
the value, so that columns stay where they are.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

HOME = "/tmp/golden-HOME0000"  # as long as the path of every house
_KINDS = {
    "note": r"(?<=— dialpact/pbx1 )[A-Za-z0-9+/]{40,}={0,2}",
    "origin": r"(?<=/pbx1/)[0-9a-f]{12}\b",
    "key": r"(?<=\w\+)[0-9a-f]{8}\+[A-Za-z0-9+/]{40,}={0,2}",
    "sha": r"\b[0-9a-f]{64}\b",
    "id": r"\b[0-9a-f]{32}\b",
    "hash": r"(?:(?<=\\n)|(?<![A-Za-z0-9+/]))[A-Za-z0-9+/]{43}=(?![A-Za-z0-9+/=])",
    "id12": r"\b(?=[0-9]*[a-f])[0-9a-f]{12}\b",
    "sha12": r"(?<=sha256 )[0-9a-f]{12}\b",
    "size": r"\b\d{5,}(?= bytes)|(?<=\"bytes\": )\d{5,}|(?<=，)\d{5,}(?= 字节)",
    "lib": r"(?<=chinesecalendar )\d+(?:\.\d+)+|(?<=tzdata )\d+(?:\.\d+)+ ?[(（]\d{4}[a-z][)）]",
}
_ALL = re.compile("|".join(f"(?P<{kind}>{pattern})" for kind, pattern in _KINDS.items()))
# The time of day, where no clock of ours is asked: the database's triggers have their own.
_TIME = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z|[+-]\d\d:\d\d)")
_SLACK = timedelta(seconds=2)
_RULE = re.compile("─{8,}")


class Plain:
    """Of one group of commands."""

    def __init__(self, home: Path) -> None:
        self._home = str(home)
        self._since = datetime.now(UTC) - _SLACK
        self._names: dict[str, str] = {}
        self._count: dict[str, int] = {}

    def __call__(self, text: str) -> str:
        text = text.replace(self._home, HOME).replace(version("dialpact"), "VERSION")
        text = _TIME.sub(self._time, _ALL.sub(self._name, text))
        text = _RULE.sub(lambda rule: f"─ {len(rule[0])} times", text)
        return "\n".join(line.rstrip() for line in text.splitlines())

    def _time(self, found: re.Match[str]) -> str:
        now = self._since <= datetime.fromisoformat(found[0]) <= datetime.now(UTC) + _SLACK
        return "<now>".ljust(len(found[0]), "-") if now else found[0]

    def _name(self, found: re.Match[str]) -> str:
        value, kind = found[0], str(found.lastgroup)
        if kind in ("size", "lib"):  # their length is another one too
            return kind.upper()
        if value not in self._names:
            self._count[kind] = self._count.get(kind, 0) + 1
            self._names[value] = f"<{kind}-{self._count[kind]}>".ljust(len(value), "-")
        return self._names[value]
