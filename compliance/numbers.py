"""From what was dialled to the one number that is checked, registered and dialled.

phonenumbers parses, it does not vouch: it maps letters to keys, drops what it does not know and calls an area
code with a bank's hotline behind it a fixed line. So the text must have the form of a telephone number first
(:func:`_plain`), the digits must fit the Chinese numbering plan as it is written here, and only then is
phonenumbers asked whether the range is assigned. Everything else is refused, each with its own key of
:class:`Flaw`. A country needs such a plan before it can be called: see :data:`REGIONS`.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from enum import StrEnum
from typing import Literal
from unicodedata import category

from phonenumbers import PhoneNumber, PhoneNumberType, number_type

from compliance.model import Callee

REGIONS: tuple[str, ...] = ("CN",)
DIAL_FORMATS: tuple[str, ...] = ("national", "e164", "e164-digits", "zero-mobile")
LONGEST = 32  # characters; +86 with area code, extension blanks and brackets stays below 24
SHOWN = 64  # characters of ``Callee.given``

Problem = Literal["invalid-number", "emergency-number", "protected-number"]


class Flaw(StrEnum):
    """Why a text is no callee: ``Callee.detail``, and the key of the explaining text."""

    EMPTY = "empty"
    TOO_LONG = "too-long"
    CONTROL_CHARACTERS = "control-characters"
    ENCODED = "encoded"
    LETTERS = "letters"
    CHARACTERS = "characters"
    PUNCTUATION = "punctuation"
    LENGTH = "length"
    LOOK_ALIKE = "look-alike"
    CALL_PREFIX = "call-prefix"
    AREA_CODE_MISSING = "area-code-missing"
    TRUNK_PREFIX_MISSING = "trunk-prefix-missing"
    UNASSIGNED = "unassigned"
    FOREIGN_REGION = "foreign-region"
    EMERGENCY = "emergency"
    SERVICE_CODE = "service-code"
    AREA_SERVICE_CODE = "area-service-code"


# Full-width forms that Chinese input methods produce. Other digits (二, 〇, ①, Arabic-Indic) stay refused.
_FULL_WIDTH = {
    ord(full): plain for full, plain in zip("０１２３４５６７８９＋（）－", "0123456789+()-", strict=True)
}
_SEPARATORS = {ord(character): None for character in " -()"}

# One bracket pair at most, around an area code; no nested quantifier, so the match is linear.
_FORM = re.compile(r"(?:\+ ?)?(?:(?:[0-9]{1,4}[ -]?)?\([0-9]{1,5}\)[ -]{0,3})?[0-9]+(?:[ -]{1,3}[0-9]+)*")
_EMERGENCY = frozenset({"110", "119", "120", "122", "999", "12110"})
# 026 was never assigned; 400, 700 and 800 are services, not areas.
_AREA = re.compile(r"10|2[0-57-9]|(?!400|700|800)[3-9][0-9]{2}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")
# Subscribers' numbers start with 2 to 8: 1 and 9 lead to services in every area.
_SUBSCRIBER = re.compile(r"[2-8][0-9]{6,7}")
_CALL_PREFIX = re.compile(r"179[0-9]{2,}|(?:12593|10193|11808)[0-9]{3,}")
_SERVICE = re.compile(
    r"1[0-2][0-9]{1,5}"  # 114, 10086, 12321, 12345, 118114, 1008611
    r"|106[0-9]{5,17}"  # short-message ports
    r"|16[0-9]{3,6}"  # information lines
    r"|9[56][0-9]{3,4}"  # 95119, 95588, 96xxx, 951xxx
    r"|[48]00[0-9]{7}"
    r"|700[0-9]{9,12}"
)
_SERVICE_START = re.compile(r"(?:1[0-2]|9[56])[0-9]*")


def parse(given: str, *, regions: Sequence[str] = REGIONS, area_code: str = "") -> Callee:
    """Normalise ``given``; the result carries either a canonical number or a problem, never both.

    ``regions`` are the permitted ones (ISO 3166); ``area_code`` is the trunk's own (``027`` or ``27``), which
    makes local numbers of 7 or 8 digits callable. ValueError on a region without a plan or an area code that
    is none: settings, not input. Source: the numbering plan of the MIIT.
    """
    area = area_code.removeprefix("0")
    if area_code and not is_area_code(area_code):
        raise ValueError(f"not a Chinese area code: {area_code!r}")
    if not regions or not set(regions) <= set(REGIONS):
        raise ValueError(f"no numbering plan for {', '.join(regions) or 'an empty list of regions'}")
    shown = _printable(given)
    plain = _plain(given)
    if isinstance(plain, Flaw):
        return _refused(shown, "invalid-number", plain)
    digits = plain.translate(_SEPARATORS)
    if digits.startswith(("+", "00")):
        digits = digits[1:] if digits.startswith("+") else digits[2:]
        if not digits.startswith("86"):
            return _refused(shown, "invalid-number", Flaw.FOREIGN_REGION)
        return _chinese(shown, digits[2:], international=True, home="")
    if len(digits) >= 12 and digits.startswith("86"):
        # Our own e164-digits form, as CDRs give it back; no number dialled inside China is as long.
        return _chinese(shown, digits[2:], international=True, home="")
    return _chinese(shown, digits, international=False, home=area)


def is_area_code(text: str) -> bool:
    """Whether ``text`` is a Chinese area code, with or without its 0: for the check of a configuration."""
    return bool(_AREA.fullmatch(text.removeprefix("0")))


def _plain(given: str) -> str | Flaw:
    """The text in ASCII if it has the form of one telephone number."""
    if not given.strip(" "):
        return Flaw.EMPTY
    if len(given) > LONGEST:
        return Flaw.TOO_LONG
    # The dialplan hands over URI-encoded text when it saw dangerous characters; never decode it.
    if "%" in given or "?" in given:
        return Flaw.ENCODED
    if any(category(character) == "Cc" for character in given):
        return Flaw.CONTROL_CHARACTERS
    text = given.translate(_FULL_WIDTH).strip(" ")
    if _FORM.fullmatch(text):
        return text
    if any(character.isascii() and character.isalpha() for character in text):
        return Flaw.LETTERS
    return Flaw.PUNCTUATION if re.fullmatch(r"[0-9+() -]*", text) else Flaw.CHARACTERS


def _chinese(shown: str, digits: str, *, international: bool, home: str) -> Callee:
    """Judge the digits behind +86 (``international``) or as dialled inside China."""
    zero = digits.startswith("0")
    significant = digits[1:] if zero else digits
    area, rest = "", ""
    if (zero or international) and (match := _AREA.match(significant)):
        area, rest = match.group(), significant[match.end() :]

    if significant in _EMERGENCY or rest in _EMERGENCY:
        return _refused(shown, "emergency-number", Flaw.EMERGENCY)
    if area and _SUBSCRIBER.fullmatch(rest):
        return _assigned(shown, significant, PhoneNumberType.FIXED_LINE)
    if _CALL_PREFIX.fullmatch(significant):
        return _refused(shown, "invalid-number", Flaw.CALL_PREFIX)
    if _MOBILE.fullmatch(significant):
        return _assigned(shown, significant, PhoneNumberType.MOBILE)
    if _SERVICE.fullmatch(significant) and not zero and not (area and _SERVICE.fullmatch(rest)):
        return _refused(shown, "protected-number", Flaw.SERVICE_CODE)
    if _SERVICE.fullmatch(significant) or (area and _SERVICE.fullmatch(rest)):
        return _refused(shown, "invalid-number", Flaw.AREA_SERVICE_CODE)
    if _SERVICE_START.fullmatch(significant) or rest.startswith(("1", "9")):
        return _refused(shown, "invalid-number", Flaw.LOOK_ALIKE)
    if not zero and not international:
        if _SUBSCRIBER.fullmatch(significant):
            if home:
                return _assigned(shown, home + significant, PhoneNumberType.FIXED_LINE)
            return _refused(shown, "invalid-number", Flaw.AREA_CODE_MISSING)
        match = _AREA.match(significant)
        if match and _SUBSCRIBER.fullmatch(significant[match.end() :]):
            # A spreadsheet ate the zero, or half a number: to guess here is to call a stranger.
            return _refused(shown, "invalid-number", Flaw.TRUNK_PREFIX_MISSING)
    return _refused(shown, "invalid-number", Flaw.LENGTH)


def _assigned(shown: str, significant: str, wanted: int) -> Callee:
    """A callee, if phonenumbers knows the range and agrees on its kind."""
    number = PhoneNumber(country_code=86, national_number=int(significant))
    if number_type(number) != wanted:
        return _refused(shown, "invalid-number", Flaw.UNASSIGNED)
    mobile = wanted == PhoneNumberType.MOBILE
    return Callee(
        given=shown,
        e164="+86" + significant,
        national=significant if mobile else "0" + significant,
        kind="mobile" if mobile else "fixed-line",
        region="CN",
    )


def _refused(shown: str, problem: Problem, flaw: Flaw) -> Callee:
    return Callee(given=shown, problem=problem, detail=flaw.value)


def _printable(given: str) -> str:
    r"""``given`` for people to read, bounded: controls, bidi marks, backslashes as ``\xNN``, ``\uNNNN``."""
    shown = "".join(
        character if character.isprintable() and character != "\\" else _escaped(character)
        for character in given[:SHOWN]
    )
    return shown if len(shown) <= SHOWN and len(given) <= SHOWN else shown[: SHOWN - 1] + "…"


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def dial_string(callee: Callee, dial_format: str) -> str:
    """What the trunk wants to hear; ValueError on an unknown format or a callee without a canonical number.

    ``zero-mobile`` is the national form with a 0 before mobile numbers, as some exchanges want them.
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
            return "0" + callee.national if callee.kind == "mobile" else callee.national
    raise ValueError(f"unknown dial format {dial_format!r}; known: {', '.join(DIAL_FORMATS)}")


def masked(number: str) -> str:
    """``number`` for a log: 138****8000, +86138****8000. Whatever is short or no number is masked whole."""
    country = "+86" if number.startswith("+86") else ""
    digits = number.removeprefix(country).removeprefix("+")
    if len(digits) < 10 or not (digits.isascii() and digits.isdigit()):
        return "****" if number else ""
    head = min(3, len(digits) - 8)
    return f"{country or ('+' if number.startswith('+') else '')}{digits[:head]}****{digits[-4:]}"


def warm() -> None:
    """Load the number metadata now (tens of milliseconds), not during the first call."""
    for given in ("13800138000", "02787654321"):
        parse(given)
