"""The Chinese numbering plan, as the MIIT wrote it: phonenumbers calls an area code with a hotline valid."""

from __future__ import annotations

import re

from dialpact.compliance.model import Callee
from dialpact.compliance.numbers.form import Flaw, refused

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


def is_area_code(text: str) -> bool:
    """Whether ``text`` is a Chinese area code, with or without its 0: for the check of a configuration."""
    return bool(_AREA.fullmatch(text.removeprefix("0")))


def judge(shown: str, digits: str, *, international: bool, home: str = "") -> Callee:
    """Judge the digits behind +86 (``international``) or as dialled inside China.

    ``home`` is the area code in which a number without one is dialled; empty: none may be.
    """
    zero = digits.startswith("0")
    significant = digits[1:] if zero else digits
    area, rest = "", ""
    if (zero or international) and (match := _AREA.match(significant)):
        area, rest = match.group(), significant[match.end() :]

    if significant in _EMERGENCY or rest in _EMERGENCY:
        return refused(shown, "emergency-number", Flaw.EMERGENCY)
    if area and _SUBSCRIBER.fullmatch(rest):
        return _assigned(shown, significant, "fixed-line")
    if _CALL_PREFIX.fullmatch(significant):
        return refused(shown, "invalid-number", Flaw.CALL_PREFIX)
    if _MOBILE.fullmatch(significant):
        return _assigned(shown, significant, "mobile")
    if _SERVICE.fullmatch(significant) and not zero and not (area and _SERVICE.fullmatch(rest)):
        return refused(shown, "protected-number", Flaw.SERVICE_CODE)
    if _SERVICE.fullmatch(significant) or (area and _SERVICE.fullmatch(rest)):
        return refused(shown, "invalid-number", Flaw.AREA_SERVICE_CODE)
    if _SERVICE_START.fullmatch(significant) or rest.startswith(("1", "9")):
        return refused(shown, "invalid-number", Flaw.LOOK_ALIKE)
    if not zero and not international:
        if _SUBSCRIBER.fullmatch(significant):
            if home:
                return _assigned(shown, home + significant, "fixed-line")
            return refused(shown, "invalid-number", Flaw.AREA_CODE_MISSING)
        match = _AREA.match(significant)
        if match and _SUBSCRIBER.fullmatch(significant[match.end() :]):
            # A spreadsheet ate the zero, or half a number: to guess here is to call a stranger.
            return refused(shown, "invalid-number", Flaw.TRUNK_PREFIX_MISSING)
    return refused(shown, "invalid-number", Flaw.LENGTH)


def _assigned(shown: str, significant: str, wanted: str) -> Callee:
    """A callee, if phonenumbers knows the range and agrees on its kind.

    Without zones: all of China has one time, so a profile for it needs none (``basis = "fixed"``).
    """
    from dialpact.compliance.numbers import metadata  # which a command that reads no number need not wait for

    if metadata.kind(86, significant) != wanted:
        return refused(shown, "invalid-number", Flaw.UNASSIGNED)
    return Callee(
        given=shown,
        e164="+86" + significant,
        national=significant if wanted == "mobile" else "0" + significant,
        kind=wanted,
        region="CN",
    )
