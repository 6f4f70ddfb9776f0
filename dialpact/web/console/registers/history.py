"""An act on an entry in words: who, when, what, what it changed, why, and its leaf."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime
from typing import Any, NamedTuple

from dialpact.compliance.registers.change import Sealed
from dialpact.presentation import texts as shared
from dialpact.web.console import texts
from dialpact.web.console.page import Asked
from dialpact.web.console.registers.shown import word
from dialpact.web.console.registers.within import told

WORDS = {
    "purpose": "purpose",
    "purposes": "purpose",
    "scope": "inspection-scope",
    "actor": "inspection-actor",
    "holder": "register",
}
LONGEST = 300  # characters of a value
# Long ones.
UNTOLD = frozenset({"finding", "replaced", "entries", "digest", "met", "checked", "policy", "columns"})


class ActShown(NamedTuple):
    """``said``: pairs of heading and words; ``changed``: of heading, before, after."""

    at: datetime
    by: str
    action: str
    key: str
    reason: str
    said: list[tuple[str, str]]
    changed: list[tuple[str, str, str]]
    leaf: int | None


def line(asked: Asked[Any], act: Sealed) -> ActShown:
    detail = act.detail if isinstance(act.detail, dict) else {}
    before, after = _pair(detail)
    if before is not None and after is not None:
        said: list[tuple[str, str]] = []
        changed = list(_changed(asked, before, after))
    else:
        every = {**detail, **(after or before or {})}
        said, changed = list(_said(asked, every)), []
    return ActShown(
        at=act.at,
        by=act.by,
        action=_action(asked, act.action),
        key=act.key,
        reason=_told(asked, "reason", detail.get("reason")),
        said=said,
        changed=changed,
        leaf=act.leaf,
    )


def _pair(detail: Mapping[str, Any]) -> tuple[Mapping[str, Any] | None, Mapping[str, Any] | None]:
    """What it was and what it is, where an act says both; of lists of one that one."""
    return _one(detail.get("from")), _one(detail.get("to"))


def _one(value: object) -> Mapping[str, Any] | None:
    if isinstance(value, list) and len(value) == 1:
        value = value[0]
    return value if isinstance(value, dict) else None


def _changed(
    asked: Asked[Any], before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, str, str]]:
    for name, value in after.items():
        if name in before and before[name] != value:
            yield _heading(asked, name), _told(asked, name, before[name]), _told(asked, name, value)


def _said(asked: Asked[Any], every: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    for name, value in every.items():
        if name in ("reason", "from", "to", "id") or name in UNTOLD or value in (None, "", [], {}):
            continue
        yield _heading(asked, name), _told(asked, name, value)


def _heading(asked: Asked[Any], name: str) -> str:
    known = shared.catalogue(asked.language).get(f"column.{name}")
    return known or texts.own(asked.language).get(f"registers-field.{name}", name)


def _action(asked: Asked[Any], action: str) -> str:
    return texts.own(asked.language).get(f"registers-done.{action}", action)


def _told(asked: Asked[Any], name: str, value: object) -> str:
    """Of a field of ours by its words."""
    if table := WORDS.get(name):
        several = value if isinstance(value, list) else [value]
        return ", ".join(word(asked.language, table, str(one)) for one in several)
    return str(told(asked, name, _words(asked, value)))


def _words(asked: Asked[Any], value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return asked.text("say.yes" if value else "say.no")
    if isinstance(value, list):
        return ", ".join(_words(asked, one) for one in value)[:LONGEST]
    if isinstance(value, dict):
        return ", ".join(f"{name}: {_words(asked, one)}" for name, one in value.items())[:LONGEST]
    text = str(value)
    if len(text) > 18 and text[4:5] == "-" and "T" in text[:11]:
        text = _moment(asked, text)
    return text if len(text) <= LONGEST else text[: LONGEST - 1] + "…"


def _moment(asked: Asked[Any], text: str) -> str:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        return text
    return at.astimezone(asked.zone).isoformat(" ", "seconds") if at.tzinfo else text
