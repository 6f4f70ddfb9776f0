"""The words of what the doctor, or a look at everything, has found."""

from __future__ import annotations

from dialpact.application.doctor.finding import DoctorFinding
from dialpact.compliance import masking
from dialpact.compliance.texts import Language
from dialpact.presentation import texts


def said(item: DoctorFinding, language: Language) -> str:
    """Without a number: an error's text may quote what it was about."""
    table = "status" if f"status.{item.key}" in texts.catalogue(language) else "doctor"
    return masking.text(texts.text(f"{table}.{item.key}", language, **values(item, language)))


def values(item: DoctorFinding, language: Language) -> dict[str, str]:
    """What is put into the words; a reason that is a key, or a common one of the system's, in the reader's
    language.
    """
    found = dict(item.values)
    if (error := found.get("error")) is not None:
        found["error"] = texts.system_reason(error, language)
    if (reason := found.get("reason", "")) in texts.catalogue(language):
        found["reason"] = texts.text(reason, language, **found)
    return found


def advice(item: DoctorFinding, language: Language) -> str:
    """What to do; empty for what is well, and where there is nothing to be said."""
    if item.result not in ("warn", "fail") or f"advice.{item.key}" not in texts.catalogue(language):
        return ""
    return masking.text(texts.text(f"advice.{item.key}", language, **item.values))


def check_name(name: str, language: Language) -> str:
    """Of a check, as people call it."""
    return texts.text(f"check.{name}", language)
