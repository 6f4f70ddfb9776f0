"""What the command line says, in Chinese and English: ``presentation/texts/*.en.toml`` and ``*.zh.toml``,
and what all commands share in ``en.toml`` and ``zh.toml``. Why a register refuses an entry, what a rule
looked at, and what kinds of incident there are, is in ``compliance/texts``.
"""

from __future__ import annotations

import os
import tomllib
from collections.abc import Mapping
from functools import cache
from pathlib import Path

from dialpact.compliance.registers.fault import Fault
from dialpact.compliance.texts import Language, faults, incidents, looked
from dialpact.compliance.texts import fault_text as domain_fault_text


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text by table and name: ``fault.bad-time``."""
    found = {**faults(language), **looked(language), **incidents(language)}
    for file in Path(__file__).parent.iterdir():
        if file.name == f"{language}.toml" or file.name.endswith(f".{language}.toml"):
            tables: dict[str, dict[str, str]] = tomllib.loads(file.read_text(encoding="utf-8"))
            for table, texts in tables.items():
                for name, text in texts.items():
                    assert f"{table}.{name}" not in found, f"{file.name}: {table}.{name} is there already"
                    found[f"{table}.{name}"] = text
    return found


def text(key: str, language: Language, **values: object) -> str:
    """The text of ``key`` with its placeholders filled; KeyError for an unknown key or a missing value."""
    return catalogue(language)[key].format(**values)


def fault_text(fault: Fault, language: Language) -> str:
    """Why a register refused an entry, or that a file can not be read: by the options, where they have
    names of their own for what was asked.
    """
    if fault.key == "file":
        error = system_reason(fault.detail["error"], language)
        fault = Fault("file", file=fault.detail["file"], error=error)
    known = catalogue(language)
    if by_options := known.get(f"by-options.{fault.key}"):
        known = {f"fault.{fault.key}": by_options}
    return domain_fault_text(fault, language, known)


def os_error_text(error: OSError, language: Language) -> str:
    """``FILE: reason``. What is no common reason, or is of no file, is said in the system's own words."""
    reason = system_reason(error.strerror or str(error), language)
    if error.filename is None:
        return reason
    return text("os-error.of-file", language, file=os.fsdecode(error.filename), reason=reason)


def system_reason(said: str, language: Language) -> str:
    """The English texts are the system's own words, by which a common reason is known."""
    known = {text: key for key, text in catalogue("en").items() if key.startswith("os-error.")}
    return catalogue(language).get(known.get(said, ""), said)
