"""A page's shell lines, run one after the other, and what it shows of their answers held against what comes.

A block of ``sh`` is run by bash, in one folder for the whole page. A block of ``json``, ``http`` or ``text``
behind it is what it must say: ``…`` stands for anything within a text, ``"…"`` alone for any value, a field
``"…"`` for any further fields, and a list that ends in ``"…"`` for any further items. Of ``http`` the headers
that are shown must be there, others may.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.DOTALL | re.MULTILINE)
SHOWN = ("json", "http", "text")
ANY = "…"
BOM = "\ufeff"  # of a CSV file that Excel is to open


@dataclass(frozen=True)
class Step:
    """``shown``: kind and text of what is to come; empty where the page shows nothing."""

    command: str
    kind: str = ""
    shown: str = ""


def steps(page: str) -> list[Step]:
    """Of the page's text, in order."""
    found: list[Step] = []
    for kind, text in FENCE.findall(page):
        if kind == "sh":
            found.append(Step(text))
        elif kind in SHOWN and found and not found[-1].kind:
            found[-1] = Step(found[-1].command, kind, text)
    return found


def differs(step: Step, said: str) -> str:
    """What came that was not shown, or the other way round; empty: as the page says."""
    if step.kind == "json":
        return unlike(json.loads(step.shown), _parsed(said), "$")
    if step.kind == "text":
        came = said.removeprefix(BOM).replace("\r\n", "\n")
        return _text(step.shown.rstrip(), came.rstrip(), "text")
    if step.kind == "http":
        (head, body), (came_head, came_body) = _parts(step.shown), _parts(said)
        lines, came = head.split("\n"), came_head.split("\n")
        wrong = [_text(lines[0].split()[1], came[0].split()[1], "status")]
        headers = dict(_header(line) for line in came[1:])
        for name, value in map(_header, lines[1:]):
            wrong.append(_text(value, headers.get(name, ""), name))
        if body.strip():
            wrong.append(unlike(json.loads(body), _parsed(came_body), "$"))
        return "; ".join(filter(None, wrong))
    return ""


def unlike(shown: Any, came: Any, place: str) -> str:
    """The first place where they part."""
    if shown == ANY:
        return ""
    if isinstance(shown, dict) and isinstance(came, dict):
        more = ANY in shown
        wanted = {name: value for name, value in shown.items() if name != ANY}
        if (wanted.keys() - came.keys()) or (not more and came.keys() - wanted.keys()):
            return f"{place}: {sorted(wanted)}, came {sorted(came)}"
        return next(
            filter(None, (unlike(wanted[name], came[name], f"{place}.{name}") for name in wanted)), ""
        )
    if isinstance(shown, list) and isinstance(came, list):
        more = bool(shown) and shown[-1] == ANY
        wanted_ = shown[:-1] if more else shown
        if len(came) < len(wanted_) or (not more and len(came) != len(wanted_)):
            return f"{place}: {len(wanted_)} items, came {len(came)}: {came}"
        pairs = enumerate(zip(wanted_, came, strict=False))
        return next(filter(None, (unlike(one, other, f"{place}[{n}]") for n, (one, other) in pairs)), "")
    if isinstance(shown, str) and isinstance(came, str):
        return _text(shown, came, place)
    return "" if shown == came and type(shown) is type(came) else f"{place}: {shown!r}, came {came!r}"


def _text(shown: str, came: str, place: str) -> str:
    pattern = ".*".join(map(re.escape, shown.split(ANY)))
    return "" if re.fullmatch(pattern, came, re.DOTALL) else f"{place}: {shown!r}, came {came!r}"


def _parsed(said: str) -> Any:
    try:
        return json.loads(said)
    except ValueError:
        return said


def _parts(text: str) -> tuple[str, str]:
    head, _, body = text.replace("\r\n", "\n").partition("\n\n")
    return head, body


def _header(line: str) -> tuple[str, str]:
    name, _, value = line.partition(":")
    return name.strip().lower(), value.strip()
