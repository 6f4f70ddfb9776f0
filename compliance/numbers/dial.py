"""How a canonical number is written for a trunk, and for a log."""

from __future__ import annotations

from compliance.model import Callee

DIAL_FORMATS: tuple[str, ...] = ("national", "e164", "e164-digits", "zero-mobile")


def dial_string(callee: Callee, dial_format: str) -> str:
    """What the trunk wants to hear; ValueError on an unknown format or a callee without a canonical number.

    ``zero-mobile`` is the national form with a 0 before Chinese mobile numbers, as some exchanges want them.
    """
    if not callee.e164 or callee.problem:
        raise ValueError("only a canonical number can be dialled")
    match dial_format:
        case "national":
            return callee.national
        case "e164":
            return callee.e164
        case "e164-digits":
            return callee.e164.removeprefix("+")
        case "zero-mobile":
            chinese_mobile = callee.region == "CN" and callee.kind == "mobile"
            return "0" + callee.national if chinese_mobile else callee.national
    raise ValueError(f"unknown dial format {dial_format!r}; known: {', '.join(DIAL_FORMATS)}")


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
