"""The number of a row: a callee's in E.164, a caller ID as the exact string that was assigned."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from functools import cache

from phonenumbers import PhoneMetadata

from dialpact.compliance import numbers
from dialpact.compliance.model import Callee
from dialpact.compliance.numbers import Flaw
from dialpact.compliance.registers.fault import Fault, shown
from dialpact.compliance.registers.guarded import ascii_like, unguarded
from dialpact.compliance.registers.sheet import NumberCell


def _assigned(kind: str) -> str:
    """The pattern that phonenumbers itself asks; a million rows can not afford its 10 us each."""
    described = getattr(PhoneMetadata.metadata_for_region("CN"), kind)
    return str(described.national_number_pattern)


# Exactly the forms of which numbers.parse makes this number, and never one that it refuses: a test holds the
# two together. Whatever does not match goes the long way.
PLAIN_MOBILE = re.compile(rf"(?:\+?86)?(?=1[3-9][0-9]{{9}}\Z)({_assigned('mobile')})")
_EXPONENT = re.compile(r"[0-9]+(?:[.,][0-9]+)?[eE][+-]?[0-9]+")
_DECIMAL = re.compile(r"[0-9]+[.,]0+")
_CALLER_ID = re.compile(r"\+?[0-9]{3,20}")
_BRACKET = re.compile(r"\(\+ ?([0-9]{1,3})\) ?-?")
_DOTTED = re.compile(r"\+?[0-9]{1,4}(?:\.[0-9]{1,4}){2,5}")
_APART = re.compile(r"[^0-9+() -]+")
SHORTEST = 7  # digits of what is a number of its own


@cache
def plain_fixed() -> re.Pattern[str]:
    """The same of fixed lines. Made when it is asked for: it is long, and most programs never need it."""
    others = "|".join(_assigned(kind) for kind in ("premium_rate", "toll_free", "shared_cost"))
    return re.compile(
        r"(?:\+86|0)(?=(?:10|2[0-57-9]|(?!400|700|800)[3-9][0-9]{2})[2-8][0-9]{6,7}\Z)"
        rf"(?!(?:{others})\Z)(?=(?:{_assigned('general_desc')})\Z)({_assigned('fixed_line')})"
    )


def callee(text: str, regions: Sequence[str] = numbers.REGIONS) -> str:
    """E.164 of a number that some profile could let be called; one from abroad needs its +.

    ``regions``: the policy's; the first is home. Fault: no number of a person, with what is wrong with it; a
    spreadsheet's leftovers with what to do.
    """
    return _short(text, regions) or _e164(numbers.read, text, regions)


def person(text: str, regions: Sequence[str] = numbers.REGIONS) -> str:
    """E.164 of whoever opted out or complains, also if he could never be called. Else as ``callee``."""
    return _short(text, regions) or _e164(numbers.anybody, text, regions)


def any_person(text: str, regions: Sequence[str] = numbers.REGIONS) -> str:
    """Of a filter: nothing stays nothing."""
    return person(text, regions) if text.strip() else ""


def dialled(text: str, regions: Sequence[str], parse: Callable[[str], Callee]) -> Callee:
    """Who is called when what is in a cell is dialled, good or not, as ``parse`` knows it.

    ``regions``: the ones that it takes, home first. Fault for what is more or less than one number, or is
    what a spreadsheet has left of one: nobody can know which it was.
    """
    if regions[0] == "CN" and not (isinstance(text, NumberCell) and text.rounded):
        plain = str(text)  # in one of the forms that most rows have
        if mobile := PLAIN_MOBILE.fullmatch(plain):
            return _chinese(plain, mobile[1], mobile[1], "mobile")
        if fixed := plain_fixed().fullmatch(plain):
            return _chinese(plain, fixed[1], f"0{fixed[1]}", "fixed-line")
    given = _dialled(_not_from_a_spreadsheet(text))
    found = parse(given)
    if found.problem:
        _refuse_misread(text, given, found, regions)
    return found


def _chinese(given: str, significant: str, national: str, kind: str) -> Callee:
    return Callee(given=given, e164=f"+86{significant}", national=national, kind=kind, region="CN")


def _short(text: str, regions: Sequence[str]) -> str:
    """Of the forms that most rows have; empty: go the long way."""
    if isinstance(text, NumberCell) or (regions[0] != "CN" and not text.startswith("+86")):
        return ""
    quick = PLAIN_MOBILE.fullmatch(text) or plain_fixed().fullmatch(text)
    return "+86" + quick[1] if quick else ""


def _e164(read: Callable[[str, Sequence[str]], Callee], text: str, regions: Sequence[str]) -> str:
    given = _dialled(_not_from_a_spreadsheet(text))
    found = read(given, regions)
    if not found.problem:
        return found.e164
    _refuse_misread(text, given, found, regions)
    raise Fault("number", value=shown(given), problem=found.problem, flaw=found.detail)


def _refuse_misread(text: str, given: str, found: Callee, regions: Sequence[str]) -> None:
    """Fault where a cell that is no number is what was made of one, or of two."""
    if _several(given):
        raise Fault("two-numbers", value=shown(given))
    if isinstance(text, NumberCell) and _lost_zero(given, found.detail, regions):
        raise Fault("zero-lost", value=shown(given))


def _lost_zero(given: str, flaw: str, regions: Sequence[str]) -> bool:
    """Whether it would be a number with a 0 before it."""
    chinese = regions[0] == "CN" and plain_fixed().fullmatch(f"0{given}")
    return flaw == Flaw.TRUNK_PREFIX_MISSING or bool(chinese)


def caller_id(text: str, *, as_written: bool = True) -> str:
    """Not E.164: 95xxx and 400 numbers are exact strings. Without its 0 a fixed line's is another string, and
    taken only ``as_written``, when somebody said so.
    """
    given = _not_from_a_spreadsheet(text)
    if not _CALLER_ID.fullmatch(given):
        if _several(given):
            raise Fault("two-numbers", value=shown(given))
        raise Fault("bad-caller-id", value=shown(given))
    if not as_written and plain_fixed().fullmatch(f"0{given}"):
        raise Fault("zero-missing", value=given)
    return given


def _dialled(given: str) -> str:
    """With brackets around a country's plus, and with dots, as ``parse`` knows them."""
    plain = given if given.isascii() else ascii_like(given)
    if bracket := _BRACKET.match(plain):
        return f"+{bracket[1]} {plain[bracket.end() :]}"
    return plain.replace(".", " ") if _DOTTED.fullmatch(plain) else given if given.isascii() else plain


def _several(given: str) -> bool:
    """Whether two parts of a text are each as long as a number."""
    parts = _APART.split(given)
    return any(
        sum(len(digits) >= SHORTEST for digits in found) > 1
        for found in ([re.sub("[^0-9]", "", part) for part in parts], re.findall("[0-9]+", given))
    )


def spellings(text: str, regions: Sequence[str] = numbers.REGIONS) -> tuple[str, ...]:
    """As which exact strings a caller ID may be registered that somebody writes so; the text itself first."""
    found = numbers.anybody(text, regions)
    digits = found.e164.removeprefix("+")
    given = text.strip()
    written = (given, given.translate(numbers.SEPARATORS), found.national, found.e164, digits)
    return tuple(dict.fromkeys(form for form in written if _CALLER_ID.fullmatch(form)))


def _not_from_a_spreadsheet(text: str) -> str:
    """Without guards. Fault for what a spreadsheet made of a number."""
    given = unguarded(text)
    if _EXPONENT.fullmatch(given):
        raise Fault("excel-exponent", value=shown(given))
    if _DECIMAL.fullmatch(given):
        raise Fault("excel-decimal", value=shown(given))
    if isinstance(text, NumberCell) and text.rounded:
        raise Fault("zeros-at-end", value=shown(given))
    return given
