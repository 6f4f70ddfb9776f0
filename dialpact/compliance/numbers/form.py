"""What a text must look like before anybody asks which number it is, and how a refused one is shown."""

from __future__ import annotations

import re
from enum import StrEnum
from typing import Literal
from unicodedata import category

from dialpact.compliance.model import Callee

LONGEST = 32  # characters; a number with country code, area code, blanks and brackets stays below 24
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
SEPARATORS = {ord(character): None for character in " -()"}

# One bracket pair at most, around an area code; no nested quantifier, so the match is linear.
_FORM = re.compile(r"(?:\+ ?)?(?:(?:[0-9]{1,4}[ -]?)?\([0-9]{1,5}\)[ -]{0,3})?[0-9]+(?:[ -]{1,3}[0-9]+)*")


def plain(given: str) -> str | Flaw:
    """The text in ASCII if it has the form of one telephone number."""
    if not given.strip(" "):
        return Flaw.EMPTY
    if len(given) > LONGEST:
        return Flaw.TOO_LONG
    # The dialplan hands over URI-encoded text when it saw dangerous characters; never decode it.
    if "%" in given or "?" in given:
        return Flaw.ENCODED
    if not given.isprintable() and any(category(character) == "Cc" for character in given):
        return Flaw.CONTROL_CHARACTERS
    text = given.translate(_FULL_WIDTH).strip(" ")
    if _FORM.fullmatch(text):
        return text
    if any(character.isascii() and character.isalpha() for character in text):
        return Flaw.LETTERS
    return Flaw.PUNCTUATION if re.fullmatch(r"[0-9+() -]*", text) else Flaw.CHARACTERS


def refused(shown: str, problem: Problem, flaw: Flaw) -> Callee:
    return Callee(given=shown, problem=problem, detail=flaw.value)


def printable(given: str) -> str:
    r"""``given`` for people to read, bounded: controls, bidi marks, backslashes as ``\xNN``, ``\uNNNN``."""
    if len(given) <= SHOWN and given.isprintable() and "\\" not in given:
        return given
    shown = "".join(
        character if character.isprintable() and character != "\\" else _escaped(character)
        for character in given[:SHOWN]
    )
    return shown if len(shown) <= SHOWN and len(given) <= SHOWN else shown[: SHOWN - 1] + "…"


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
