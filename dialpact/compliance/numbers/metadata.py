"""What phonenumbers knows of a number that a plan has already accepted: kind, region, time zones."""

from __future__ import annotations

import phonenumbers
from phonenumbers import PhoneNumber, PhoneNumberFormat, PhoneNumberType, number_type, region_code_for_number
from phonenumbers.timezone import UNKNOWN_TIMEZONE, time_zones_for_number

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


def kind(code: int, significant: str) -> str:
    """Of ``Callee.kind``, or "service" for premium, shared-cost and personal numbers; empty: unassigned."""
    return _KINDS.get(number_type(_number(code, significant)), "service")


def region(code: int, significant: str) -> str:
    """ISO 3166; calling codes 1 and 61 serve several. Empty when the range is assigned to nobody."""
    return region_code_for_number(_number(code, significant)) or ""


def zones(code: int, significant: str) -> tuple[str, ...]:
    """Every time zone (IANA) in which the phone may ring; empty when that is unknown."""
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


def _number(code: int, significant: str) -> PhoneNumber:
    return PhoneNumber(country_code=code, national_number=int(significant))
