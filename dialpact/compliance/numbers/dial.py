"""How a canonical number is written for a trunk, and for a log."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from dialpact.compliance.model import Callee

DIAL_FORMATS: tuple[str, ...] = ("national", "e164", "e164-digits", "zero-mobile")
AROUND = 16  # characters before or after the number: a technical prefix has a few
_TEMPLATE = re.compile(r"(?P<before>[^{}]*)\{(?P<form>[^{}]*)\}(?P<after>[^{}]*)")
_AROUND = re.compile(rf"[0-9*#+]{{0,{AROUND}}}")


class Shape(NamedTuple):
    """How a trunk wants its numbers: one of the forms, and what is put around it."""

    form: str
    before: str = ""
    after: str = ""

    def around(self, number: str) -> str:
        """``number`` with it."""
        return f"{self.before}{number}{self.after}"

    def bare(self, dialled: str) -> str:
        """What was dialled without it; as it is where it has none."""
        inside = dialled[len(self.before) : len(dialled) - len(self.after)]
        return inside if inside and self.around(inside) == dialled else dialled


@lru_cache(256)
def shape(dial_format: str) -> Shape:
    """``national``, or a template with one number in it: ``9{national}``. Raises ValueError with the reason.

    >>> shape("9{national}").around("13800138000"), shape("9{national}").bare("913800138000")
    ('913800138000', '13800138000')
    """
    if dial_format in DIAL_FORMATS:
        return Shape(dial_format)
    forms = ", ".join("{" + form + "}" for form in DIAL_FORMATS)
    found = _TEMPLATE.fullmatch(dial_format)
    if not found:
        what = "no number" if "{" not in dial_format else "not exactly one number"
        known = ", ".join(DIAL_FORMATS)
        raise ValueError(
            f"{dial_format!r} has {what} in it: one of {known}, or a template with one of {forms}"
        )
    if found["form"] not in DIAL_FORMATS:
        raise ValueError(f"{dial_format!r}: unknown form of a number {{{found['form']}}}; known: {forms}")
    for part in (found["before"], found["after"]):
        if not _AROUND.fullmatch(part):
            raise ValueError(
                f"{dial_format!r}: around the number only digits, * # and +, {AROUND} at most, not {part!r}"
            )
    return Shape(found["form"], found["before"], found["after"])


def dial_string(callee: Callee, dial_format: str) -> str:
    """What the trunk wants to hear; ValueError on an unknown format or a callee without a canonical number.

    ``zero-mobile`` is the national form with a 0 before Chinese mobile numbers, as some exchanges want them.
    """
    if not callee.e164 or callee.problem:
        raise ValueError("only a canonical number can be dialled")
    wanted = shape(dial_format)
    return wanted.around(_written(callee, wanted.form))


def _written(callee: Callee, form: str) -> str:
    match form:
        case "e164":
            return callee.e164
        case "e164-digits":
            return callee.e164.removeprefix("+")
        case "zero-mobile":
            chinese_mobile = callee.region == "CN" and callee.kind == "mobile"
            return "0" + callee.national if chinese_mobile else callee.national
    return callee.national


def masked(number: str) -> str:
    """``number`` for a log: 138****8000, +86138****8000, +336****5678.

    Whatever is short or no number is masked whole.
    """
    country = "+86" if number.startswith("+86") else ""
    digits = number.removeprefix(country).removeprefix("+")
    if len(digits) < 10 or not (digits.isascii() and digits.isdigit()):
        return "****" if number else ""
    head = min(3, len(digits) - 8)
    return f"{country or ('+' if number.startswith('+') else '')}{digits[:head]}****{digits[-4:]}"
