"""What the command line says, in Chinese and English: ``console/texts/{en,zh}.toml``, one catalogue each."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from functools import cache
from importlib.resources import files

from compliance.registers.fault import Fault
from compliance.texts import Language, reason_text
from compliance.texts import text as domain_text


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text by table and name: ``fault.bad-time``."""
    content = files("console.texts").joinpath(f"{language}.toml").read_text(encoding="utf-8")
    tables: dict[str, dict[str, str]] = tomllib.loads(content)
    return {f"{table}.{name}": text for table, texts in tables.items() for name, text in texts.items()}


def text(key: str, language: Language, **values: object) -> str:
    """The text of ``key`` with its placeholders filled; KeyError for an unknown key or a missing value."""
    return catalogue(language)[key].format(**values)


def fault_text(fault: Fault, language: Language) -> str:
    """Why a register refused an entry. What is wrong with a number is said in the gate's own words."""
    detail = dict(fault.detail)
    if fault.key == "number":
        detail["problem"] = reason_text(detail["problem"], language)
        detail["flaw"] = domain_text(f"why.{detail['flaw']}", language)
    return text(f"fault.{fault.key}", language, **detail)
