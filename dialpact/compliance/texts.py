"""What people read, in Chinese and English. The catalogues are ``dialpact/compliance/texts/*.toml``."""

from __future__ import annotations

import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from dialpact.compliance.model import Finding
    from dialpact.compliance.registers.fault import Fault

Language = Literal["zh", "en"]
LANGUAGES: tuple[Language, ...] = ("zh", "en")


@cache
def catalogue(language: Language) -> Mapping[str, str]:
    """Every text by its key: table and name, ``reason.do-not-call``."""
    return _read(f"{language}.toml")


@cache
def faults(language: Language) -> Mapping[str, str]:
    """Why a register refuses an entry: ``fault.bad-time``."""
    return _read(f"fault.{language}.toml")


@cache
def looked(language: Language) -> Mapping[str, str]:
    """What a rule looked at: ``looked.opt-outs``."""
    return _read(f"looked.{language}.toml")


@cache
def incidents(language: Language) -> Mapping[str, str]:
    """What kind of incident it is: ``incident.no-decision``, ``cdr-kind.without-decision``."""
    return _read(f"incident.{language}.toml")


def _read(name: str) -> Mapping[str, str]:
    import tomllib  # not for the sake of ``Language`` alone

    content = (Path(__file__).with_suffix("") / name).read_text(encoding="utf-8")
    tables: dict[str, dict[str, str]] = tomllib.loads(content)
    return {f"{table}.{name}": text for table, texts in tables.items() for name, text in texts.items()}


def text(key: str, language: Language, /, **values: str) -> str:
    """The text of ``key`` with its placeholders filled; KeyError for an unknown key or a missing value."""
    return catalogue(language)[key].format(**values)


def reason_text(code: str, language: Language) -> str:
    """One line for a reason code, for the agent's phone. A code of another version speaks for itself."""
    return catalogue(language).get(f"reason.{code}", code)


def fault_text(fault: Fault, language: Language, told: Mapping[str, str] | None = None) -> str:
    """Why a register refused an entry, in one line. What is wrong with a number is said in the gate's words.

    ``told``: the texts of a door that has faults of its own.
    """
    detail = dict(fault.detail)
    if fault.key == "number":
        detail["problem"] = reason_text(detail["problem"], language)
        detail["flaw"] = text(f"why.{detail['flaw']}", language)
    return (told or faults(language))[f"fault.{fault.key}"].format(**detail)


def finding_text(finding: Finding, language: Language) -> str:
    """What a rule found, with the particulars. Never fails: stored findings may be of another version."""
    detail = dict(finding.detail)
    key = detail.pop("key", "")
    if purpose := detail.get("purpose"):
        detail["purpose"] = catalogue(language).get(f"purpose.{purpose}", purpose)
    try:
        particulars = text(f"why.{key}", language, **detail)
    except (KeyError, TypeError):
        particulars = key
    reason = reason_text(finding.code, language) if finding.code else ""
    if reason and not particulars:
        return reason
    return text(f"finding.{finding.result}", language, reason=reason, why=particulars)


def incident_text(kind: str, language: Language) -> str:
    """What kind of incident it is, in words; a kind of another version speaks for itself."""
    told = incidents(language)
    return told.get(f"incident.{kind}") or told.get(kind.replace("cdr-", "cdr-kind.", 1), kind)


def language_from_env(environ: Mapping[str, str] | None = None) -> Language:
    """The language of LC_ALL, LC_MESSAGES or LANG, the first that is set; English by default."""
    environ = os.environ if environ is None else environ
    for name in ("LC_ALL", "LC_MESSAGES", "LANG"):
        if value := environ.get(name):
            return "zh" if value.lower().startswith("zh") else "en"
    return "en"
