"""What a number cell of a workbook shows: a day, a number with its zeros, or the plain digits.

The number is the same; its style says what it means. Excel itself keeps 15 digits of a number, so a longer
one has lost its last ones, whoever wrote the file.
"""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import lru_cache

from dialpact.compliance.registers.sheet import NumberCell, Unread

DIGITS = 15  # of a number, in Excel
LONGEST = 400  # characters of a number as a file writes it
# Formats that a file names by their number alone: those of 27 to 36 and 50 to 58 are the Chinese ones.
_DAYS = frozenset({*range(14, 23), *range(27, 37), 45, 47, *range(50, 59)})
_LITERAL = re.compile(r'"[^"]*"|\\.|_.|\*.|\[[^\]]*\]')
_ELAPSED = re.compile(r"\[[hms]+\]", re.IGNORECASE)
_TOKEN = re.compile(r'"([^"]*)"|\\(.)|_.|([-+ ()])|([0#?])')

_Mask = tuple[tuple[str, str], ...]  # a place for a digit (0: always shown), or a text


class Style:
    """What a cell's number format makes of a number. ``code`` as in Excel, in English: ``yyyy-mm-dd``."""

    def __init__(self, number: int, code: str = "") -> None:
        self.day = is_day(code) if code else number in _DAYS
        self._mask = () if self.day else _mask(code)

    def shown(self, text: str, *, since_1904: bool) -> str:
        """A cell's text: a day as ISO writes it, else a NumberCell; Unread if its last digits are lost."""
        found = _digits(text)
        if isinstance(found, Unread):
            return found
        cell = NumberCell(_filled(self._mask, found), found, since_1904=since_1904)
        return (cell.day or cell) if self.day else cell


@lru_cache(1 << 16)
def _digits(text: str) -> str:
    """Without an exponent, and without the decimals of a whole number."""
    if text.isdecimal() and text.isascii() and len(text) <= DIGITS:
        return text
    try:
        number = Decimal(text.strip()) if len(text) <= LONGEST else Decimal("NaN")
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite() or abs(number.adjusted()) > LONGEST:
        return Unread(text, "cell-error")
    if number == number.to_integral_value():
        whole = str(int(number))
        return whole if len(whole.lstrip("-")) <= DIGITS else Unread(text, "digits-lost")
    return format(number.normalize(), "f")


def is_day(code: str) -> bool:
    """Whether a format shows a day or a time of day; hours that went by (``[h]:mm``) are a number."""
    first = code.partition(";")[0]
    if _ELAPSED.search(first):
        return False
    plain = _LITERAL.sub("", first).lower()
    return "general" not in plain and bool(re.search("[ymdhs]", plain))


def _mask(code: str) -> _Mask:
    """Of a format that shows digits, some of them always, and texts between them; empty for any other."""
    first, place = code.partition(";")[0], 0
    mask: list[tuple[str, str]] = []
    while place < len(first):
        found = _TOKEN.match(first, place)
        if not found:
            return ()
        quoted, escaped, plain, digit = found.groups()
        mask.append((digit or "", quoted or escaped or plain or ""))
        place = found.end()
    places = [digit for digit, _ in mask if digit]
    return tuple(mask) if places.count("0") > 1 or (places and any(text for _, text in mask)) else ()


def _filled(mask: _Mask, digits: str) -> str:
    """``000-0000`` and 12345 are 001-2345; digits that find no place stand before the first."""
    if not mask or not digits.isdecimal():
        return digits
    left, shown = list(digits), []
    places = sum(bool(digit) for digit, _ in mask)
    for digit, text in reversed(mask):
        if not digit:
            shown.append(text)
            continue
        places -= 1
        shown.append(left.pop() if left else "0" if digit == "0" else "")
        if not places:
            shown += reversed(left)
    return "".join(reversed(shown)).strip()
