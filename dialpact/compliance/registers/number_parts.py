"""A telephone number that a file has in pieces: the country's code, the area code and the rest in columns of
their own. What does not surely make one number is put together so that it is none, and is refused as a row.
"""

from __future__ import annotations

import re

PARTS = ("country_code", "area_code")
_AREA = re.compile(r"[2-9][0-9]{2}")
_LOCAL = re.compile(r"[0-9]{3}[ .-]?[0-9]{4}")
_MOBILE = re.compile(r"1[3-9][0-9]{9}")  # of China: its area code only tells where it is from
_SEPARATORS = re.compile(r"[ .\-()]")
_PLUS = ("+", "00")
_SUBSCRIBER = 9  # digits behind a country's code that make a number with it


def whole(number: str, area_code: str = "", country_code: str = "", *, chinese: bool = False) -> str:
    """The number as if it stood in one cell. What is no code, as a city's name, says nothing of it.

    ``chinese``: the area code is one of China, with or without its zero.

    >>> whole("2345678", "312"), whole("87654321", "027"), whole("13800138000", "027")
    ('+13122345678', '02787654321', '13800138000')
    >>> whole("(312) 234-5678", country_code="+1")
    '+13122345678'
    """
    country = country_code.removeprefix("+").removeprefix("00")
    area = f"0{area_code.lstrip('0')}" if chinese else area_code
    found = _with_area(area, number) if area_code.isdecimal() else number
    return _with_country(country, found) if country.isdecimal() else found


def _with_area(area: str, number: str) -> str:
    """Only North America writes an area code in three digits beside seven. A Chinese one has its zero."""
    digits = _SEPARATORS.sub("", number)
    if not digits or digits.startswith((area, *_PLUS)) or _MOBILE.fullmatch(digits):
        return number
    if _AREA.fullmatch(area) and _LOCAL.fullmatch(number):
        return f"+1{area}{digits}"
    return f"{area}{digits}" if area.startswith("0") else f"{area}, {number}"


def _with_country(code: str, number: str) -> str:
    digits = _SEPARATORS.sub("", number)
    if not number or number.startswith(_PLUS):
        return number
    if digits.startswith(code) and len(digits) - len(code) >= _SUBSCRIBER:
        return f"+{digits}"
    return f"+{code}{digits.removeprefix('0')}"
