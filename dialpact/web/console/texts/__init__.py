"""What the console says, in Chinese and English: ``texts/*.zh.toml`` and ``*.en.toml``; and what it shares
with the command line, from ``presentation/texts``.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from dialpact.compliance.errors import DialpactError
from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import Language, fault_text
from dialpact.presentation import texts as shared


@cache
def own(language: Language) -> Mapping[str, str]:
    """Every text of the console alone, by table and name: ``nav.now``."""
    found: dict[str, str] = {}
    for file in sorted(Path(__file__).parent.glob(f"*.{language}.toml")):
        tables: dict[str, dict[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
        for table, lines in tables.items():
            for name, line in lines.items():
                assert f"{table}.{name}" not in found, f"{file.name}: {table}.{name} is there already"
                found[f"{table}.{name}"] = line
    return found


def known(key: str) -> bool:
    return key in own("zh")


def said(key: str, language: Language) -> str:
    """Of what an address names; empty: there is none such, or it is none that is said by itself."""
    line = own(language).get(key, "")
    return "" if "{" in line else line


def text(key: str, language: Language, **values: object) -> str:
    """The text of ``key`` with its placeholders filled; KeyError for an unknown key or a missing value."""
    line = own(language).get(key)
    if line is None:
        return shared.text(key, language, **values)
    return line.format(**values)


def fault(error: DialpactError, language: Language) -> str:
    """Why it can not be done, in words."""
    if not isinstance(error, Fault):
        return str(error)
    try:
        return fault_text(error, language, {**shared.catalogue(language), **own(language)})
    except KeyError:
        return str(error)
