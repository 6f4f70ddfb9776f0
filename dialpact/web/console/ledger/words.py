"""Words of the log, as people say them; as the log has them, where there are none."""

from __future__ import annotations

from typing import Any

from dialpact.web.console import texts
from dialpact.web.console.page import Asked


def register(asked: Asked[Any], name: str) -> str:
    return _said(asked, f"act-register.{name}", name)


def action(asked: Asked[Any], name: str) -> str:
    return _said(asked, f"act-action.{name}", name)


def kind(asked: Asked[Any], name: str) -> str:
    """Of a record, or of a register's row."""
    found = _said(asked, f"record-kind.{name}", name)
    return register(asked, name) if found == name else found


def _said(asked: Asked[Any], key: str, name: str) -> str:
    return asked.text(key) if texts.known(key) else name
