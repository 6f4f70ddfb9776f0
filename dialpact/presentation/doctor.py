"""What a doctor's check found, in words, and what to do."""

from __future__ import annotations

from typing import Any

from dialpact.application.doctor.finding import DoctorFinding
from dialpact.compliance.texts import Language
from dialpact.presentation.finding import values
from dialpact.presentation.texts import text

WANT = ("warn", "fail")  # a person


def told(check: str, item: DoctorFinding, language: Language) -> dict[str, Any]:
    """``code`` is the same in every language. ``advice``: empty where all is well. ``place``: of what is in
    the dialplan.
    """
    row: dict[str, Any] = {
        "check": check,
        "result": item.result,
        "code": item.key,
        "text": text(f"doctor.{item.key}", language, **values(item, language)),
        "advice": text(f"advice.{item.key}", language, **item.values) if item.result in WANT else "",
    }
    return row | ({"place": item.place} if item.place else {})
