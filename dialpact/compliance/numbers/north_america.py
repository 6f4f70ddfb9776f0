"""The North American numbering plan, as far as it is the United States; Canada and the islands are refused.

Where each area code lies, and which are newer than phonenumbers, is ``areas``.

Source: 47 CFR part 52 and the NANPA. Ten digits without exception; a 1 before them is the trunk prefix inside
and the country code outside, so both forms are one.
"""

from __future__ import annotations

import re

from dialpact.compliance.model import Callee
from dialpact.compliance.numbers.areas import KNOWN, Areas
from dialpact.compliance.numbers.foreign import assigned
from dialpact.compliance.numbers.form import Flaw, refused

_EMERGENCY = frozenset({"911", "112", "933"})  # 112 leads there from mobiles; 933 is the test of 911
_SERVICE = re.compile(r"[2-8]11|988|[2-9][0-9]{4,5}")  # 311, 811; the crisis line; short codes
_NUMBER = re.compile(r"1?([2-9][0-9]{2}([2-9][0-9]{2})([0-9]{4}))")
_LOCAL = re.compile(r"[2-9][0-9]{6}")
_TOLL_FREE = re.compile(r"8(?:00|33|44|55|66|77|88)")
_KINDS = ("fixed-line", "mobile", "fixed-or-mobile", "toll-free")


def judge(shown: str, digits: str, *, international: bool, areas: Areas | None = None) -> Callee:
    """Judge the digits behind +1 (``international``) or as dialled inside the United States."""
    if digits.removeprefix("1") in _EMERGENCY or digits in _EMERGENCY:
        return refused(shown, "emergency-number", Flaw.EMERGENCY)
    if _SERVICE.fullmatch(digits):
        return refused(shown, "protected-number", Flaw.SERVICE_CODE)
    if number := _NUMBER.fullmatch(digits):
        significant, exchange, line = number.groups()
        geographic = not _TOLL_FREE.match(significant)
        # Directory assistance is 555-1212 everywhere; behind an area code all of 555 is services and fiction.
        if exchange == "555" and (geographic or line == "1212"):
            return refused(shown, "protected-number", Flaw.SERVICE_CODE)
        # An exchange that ends in 11 is none: 911, 411 with digits around them.
        if exchange.endswith("11") and geographic:
            return refused(shown, "invalid-number", Flaw.LOOK_ALIKE)
        known = areas or KNOWN.get()
        return assigned(shown, 1, significant, region="US", kinds=_KINDS, zones=known.ring, newer=known.newer)
    if _LOCAL.fullmatch(digits) and not international:
        return refused(shown, "invalid-number", Flaw.AREA_CODE_MISSING)
    return refused(shown, "invalid-number", Flaw.LENGTH)
