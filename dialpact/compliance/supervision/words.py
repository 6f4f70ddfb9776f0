"""What a supervisor's people read, in Chinese and English: ``words/*.toml``. For the shell and for the
page.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from dialpact.compliance.texts import Language


@cache
def words(language: Language) -> Mapping[str, str]:
    """Every text by table and name: ``log-state.late``."""
    file = Path(__file__).with_suffix("") / f"{language}.toml"
    tables: dict[str, dict[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
    return {f"{table}.{name}": text for table, texts in tables.items() for name, text in texts.items()}


def word(key: str, language: Language, **values: object) -> str:
    """KeyError for an unknown key or a missing value."""
    return words(language)[key].format(**values)


def why(code: str, language: Language) -> str:
    """A refusal's code in words. What the machine said of it, behind a colon, stays as it is."""
    name, _, said = code.partition(": ")
    told = words(language).get(f"refusal.{name}", name)
    return f"{told} ({said})" if said else told
