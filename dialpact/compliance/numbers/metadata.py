"""What phonenumbers knows of a number that a plan has already accepted: kind, region, time zones."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, number_type, region_code_for_number
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number
from phonenumbers.tzdata import TIMEZONE_DATA

VERSION = f"phonenumbers {phonenumbers.__version__}"
"""Of the metadata: stored with every decision."""

_KINDS = {
    PhoneNumberType.FIXED_LINE: "fixed-line",
    PhoneNumberType.MOBILE: "mobile",
    PhoneNumberType.FIXED_LINE_OR_MOBILE: "fixed-or-mobile",
    PhoneNumberType.TOLL_FREE: "toll-free",
    PhoneNumberType.VOIP: "voip",
    PhoneNumberType.UNKNOWN: "",
}
_GEOGRAPHIC = ("fixed-line", "mobile", "fixed-or-mobile")
_SAMPLE = "2345678"  # behind an area code of ten digits: a number of every area of the US and Canada


def kind(code: int, significant: str) -> str:
    """Of ``Callee.kind``, or "service" for premium, shared-cost and personal numbers; empty: unassigned."""
    return _KINDS.get(number_type(_number(code, significant)), "service")


def region(code: int, significant: str) -> str:
    """ISO 3166; calling codes 1 and 61 serve several. Empty when the range is assigned to nobody."""
    return region_code_for_number(_number(code, significant)) or ""


def zones(code: int, significant: str) -> tuple[str, ...]:
    """Every time zone (IANA) that the library has for this number; empty when that is unknown."""
    found = time_zones_for_number(_number(code, significant))
    return () if UNKNOWN_TIMEZONE in found else tuple(found)


def e164(digits: str) -> str:
    """The digits of a telephone's number in some country, as the world dials it: without a trunk prefix.

    ``digits`` begin with the country's code. Empty where no telephone of that country has as many, and for
    zeros that leave another number each time that they are read.
    """
    found = _world(digits)
    return found if found and _world(found) == found else ""


def _world(digits: str) -> str:
    try:
        number = phonenumbers.parse(f"+{digits}")
    except phonenumbers.NumberParseException:
        return ""
    kinds = (PhoneNumberType.FIXED_LINE, PhoneNumberType.MOBILE)
    if not any(phonenumbers.is_possible_number_for_type(number, kind) for kind in kinds):
        return ""
    return phonenumbers.format_number(number, PhoneNumberFormat.E164).removeprefix("+")


def everywhere(code: int) -> tuple[str, ...]:
    """Every zone in which a number behind this country code may ring."""
    return tuple(TIMEZONE_DATA.get(str(code), ()))


def area_zones(code: str) -> tuple[str, ...]:
    """Of an area code behind +1: every zone that the library has for any number in it."""
    return _areas().get(code, ())


def area_region(code: str) -> str:
    """Of an area code behind +1: ``US``, ``CA``, ``elsewhere`` for another's or what is no place (500, 800).

    Empty when the library does not know it.
    """
    what = kind(1, code + _SAMPLE)
    if not what:
        return "elsewhere" if area_zones(code) else ""  # (small countries have not every exchange)
    found = region(1, code + _SAMPLE)
    return found if found in ("US", "CA") and what in _GEOGRAPHIC else "elsewhere"


@cache
def _areas() -> Mapping[str, tuple[str, ...]]:
    found: dict[str, set[str]] = {}
    for prefix, names in TIMEZONE_DATA.items():
        if prefix.startswith("1") and len(prefix) > 3:
            found.setdefault(prefix[1:4], set()).update(names)
    return {area: tuple(sorted(names)) for area, names in found.items()}


def _number(code: int, significant: str) -> PhoneNumber:
    return PhoneNumber(country_code=code, national_number=int(significant))
