"""A setting in words: as a profile's file has it; and what a reload would change of it."""

from __future__ import annotations

import json
import re
from datetime import date
from typing import Any

from dialpact.application.active_config import SettingChange
from dialpact.compliance.texts import Language
from dialpact.presentation.texts import text

HASH = re.compile(r"\b([0-9a-f]{12})[0-9a-f]{52}\b")  # the beginning is enough for a reader


def toml(value: Any) -> str:
    """A setting as a profile's file may have it; what is empty inside a table is left out."""
    match value:
        case list() | tuple():
            return f"[{', '.join(map(toml, value))}]"
        case dict():
            pairs = (f"{key} = {toml(item)}" for key, item in value.items() if item not in (None, "", [], ()))
            return f"{{ {', '.join(pairs)} }}"
        case date():
            return value.isoformat()
    return json.dumps(value, ensure_ascii=False)


def before_and_after(change: SettingChange, language: Language) -> tuple[str, str]:
    """What it is, and what it would be."""
    none = text("reload.none", language)
    old, new = (HASH.sub(r"\1", value) or none for value in (change.old, change.new))
    return old, new
