"""Text that came from outside, made fit for a log: no telephone number, no secret, no forged line.

1. A run of ten digits or more is a number, whatever surrounds it: in a SIP URI, a channel's name, a dial
   string, in the digits of any script. So is what a plus sign, an area code, or the groups in which people
   write numbers announce. Seven digits are one only where they are called (``Local/62345678@``, ``sip:``).
2. What only looks like one is left as it is: instants, Asterisk's unique ids (epoch.serial), hexadecimal ids
   and hashes with a letter in them, addresses, fractions, and counts that say "bytes".
3. Integers are measures, and stay; except those of the form of a mobile number under a name that is no
   measure's.
4. Control characters are written out: a value can not begin a new line or move a terminal's cursor.

Every line of every call comes through here, so what can be told at a glance to hold no number is not searched
for one. A glance decides nothing else than the search would: see ``_holds_none``.
"""

from __future__ import annotations

import re
import traceback
from collections.abc import Mapping
from datetime import date, datetime, timedelta
from functools import lru_cache
from typing import Any, NamedTuple

from dialpact.compliance.numbers.dial import masked

MAX_TEXT = 2_000  # characters of one value
MAX_TRACE = 16_000
MAX_ITEMS = 100
MAX_DEPTH = 6
MAX_WINDOW = 8  # groups of digits that may be one number
HIDDEN = "****"
_SECRET_NAMES = re.compile(r"secret|password|passwd|private_key|token", re.IGNORECASE)
_MEASURES = re.compile(r"bytes|size|free|count|leaves|_ns$|_us$|_ms$|seconds|epoch|id$", re.IGNORECASE)
_MOBILE = re.compile(r"(?:(?:00|\+)?86)?0?1[3-9]\d{9}")
_SEPARATOR = r"(?:[ \u00a0\u2009\u202f.()\-‐‑–—]{1,3})"
_OCTET = r"(?:25[0-5]|2[0-4][0-9]|1[0-9]{2}|[1-9]?[0-9])"
_HARMLESS = (
    r"(?<![0-9A-Za-z])(?=[0-9a-f]*[a-f])"
    r"(?:[0-9a-f]{128}|[0-9a-f]{64}|[0-9a-f]{40}|[0-9a-f]{32})(?![0-9A-Za-z])",
    r"(?<![0-9A-Za-z])[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-(?=[0-9a-f]*[a-f])[0-9a-f]{12}(?![0-9A-Za-z])",
    r"(?<![0-9])(?:19|20)[0-9]{2}-[01][0-9]-[0-3][0-9]"
    r"(?:[T ][0-2][0-9]:[0-5][0-9](?::[0-6][0-9](?:[.,][0-9]{1,9})?)?"
    r"(?:Z|[+-][01][0-9]:?[0-5][0-9])?)?(?![0-9])",
    r"(?<![0-9.+])1[4-9][0-9]{8}(?:\.[0-9]{1,7})?(?![0-9.@])",  # epoch, or epoch.serial
    rf"(?<![0-9.]){_OCTET}(?:\.{_OCTET}){{3}}(?::[0-9]{{1,5}})?(?![0-9]|\.[0-9])",
    r"(?<![0-9.+])0\.[0-9]{1,20}(?![0-9.])",
    r"(?<![0-9.+])[0-9]{1,20} bytes\b",
)
_CALLED = r"(?:(?<=sip:)|(?<=sips:)|(?<=tel:)|(?<=Local/)|(?<=PJSIP/)|(?<=SIP/))\+?\d{7,9}(?=@|;|,|/|>|$)"
_GROUPS = rf"(?:\+\(?)?\d+(?:{_SEPARATOR}(?!{'|'.join(_HARMLESS)})\d+)*"
_CANDIDATE = re.compile("|".join([f"(?P<harmless>{'|'.join(_HARMLESS)})", f"(?P<called>{_CALLED})", _GROUPS]))
_RUN = re.compile(r"\d+")
_CUT = re.compile(r"[\d \u00a0.()\-+]+\Z")
# What the search leaves as it is: a decision's id, Asterisk's unique id, a number masked already.
_LEFT = re.compile(r"(?=[0-9a-f]*[a-f])[0-9a-f]{32}|1[4-9][0-9]{8}\.[0-9]{1,7}|\+?[0-9]{0,6}\*{4}[0-9]{0,6}")
_SEVEN_DIGITS = re.compile(r"(?:\d\D*+){7}")  # no number has fewer: see _CALLED and _is_number
_PLAIN = (bool, float, datetime, date, timedelta, type(None))
MAX_NAME = 200
_secrets: list[str] = []  # the longest first: of one that lies in another no rest may be shown


def hide(secret: str) -> None:
    """From now on ``secret`` is not shown in any log of this process."""
    if len(secret) >= 4 and secret not in _secrets:  # a shorter one would spoil every text, and hides nothing
        _secrets.append(secret)
        _secrets.sort(key=len, reverse=True)
        _named.cache_clear()


def text(given: str, most: int = MAX_TEXT) -> str:
    """``given`` without numbers and secrets, printable, at most ``most`` characters.

    >>> text("Local/13800138000@out-00000012;1 at 1764100000.12")
    'Local/138****8000@out-00000012;1 at 1764100000.12'
    """
    if len(given) > 4 * most:  # (a number may not be cut into something that looks like none)
        given = _CUT.sub("", given[: 4 * most]) + "…"
    for secret in _secrets:
        given = given.replace(secret, HIDDEN)
    shown = given if _holds_none(given) else _CANDIDATE.sub(_judged, given)
    if not shown.isprintable():
        shown = "".join(c if c.isprintable() else _escaped(c) for c in shown)
    return shown if len(shown) <= most else shown[:most] + "…"


def _holds_none(given: str) -> bool:
    """True only where the search for numbers would change nothing: False is dearer, and always safe."""
    return len(given) < 7 or _LEFT.fullmatch(given) is not None or _SEVEN_DIGITS.search(given) is None


class Named(NamedTuple):
    """What a field's name says: ``shown`` is the name as a log may show it."""

    shown: str
    secret: bool
    measure: bool


def named(name: str) -> Named:
    """Of names there are few, and each of them comes with every line."""
    return _named(name) if len(name) <= MAX_NAME else _named.__wrapped__(name)


@lru_cache(maxsize=512)
def _named(name: str) -> Named:
    secret = _SECRET_NAMES.search(name) is not None and not name.endswith("_file")
    return Named(text(name, MAX_NAME), secret, _MEASURES.search(name) is not None)


def value(given: Any, name: str = "", depth: int = 0) -> Any:
    """``given`` as a log may show it, and what is nested in it. Instants, truths and measures stay."""
    if type(given) is str:  # most are
        return HIDDEN if named(name).secret else text(given)
    if isinstance(given, _PLAIN):
        return given
    if named(name).secret:
        return HIDDEN
    if isinstance(given, int):
        like_mobile = _MOBILE.fullmatch(str(given)) and not named(name).measure
        return masked(str(given)) if like_mobile else given
    if isinstance(given, str):
        return text(given)
    if isinstance(given, bytes | bytearray):
        return text(bytes(given[: 4 * MAX_TEXT]).decode("utf-8", "backslashreplace"))
    if isinstance(given, BaseException):
        return text(f"{type(given).__name__}: {given}")
    if isinstance(given, Mapping | list | tuple | set | frozenset):
        return _nested(given, name, depth)
    return text(str(given))


def _nested(given: Any, name: str, depth: int) -> Any:
    if depth >= MAX_DEPTH:
        return text(repr(given)[: 4 * MAX_TEXT], 200)
    if isinstance(given, Mapping):
        pairs = list(given.items())[:MAX_ITEMS]
        return {named(str(key)).shown: value(item, str(key), depth + 1) for key, item in pairs}
    items = [value(item, name, depth + 1) for item in list(given)[:MAX_ITEMS]]
    return tuple(items) if isinstance(given, tuple) else items


def trace(error: BaseException) -> str:
    """Its traceback, each line behind a bar, so that no text in it can pass for a line of the log."""
    lines = "".join(traceback.format_exception(error)).splitlines()
    told = "\n".join(f"  | {text(line, 500)}" for line in lines)
    return told if len(told) <= MAX_TRACE else f"{told[: MAX_TRACE // 2]}\n  | …\n{told[-MAX_TRACE // 2 :]}"


def _escaped(character: str) -> str:
    code = ord(character)
    return f"\\x{code:02x}" if code < 0x100 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def _judged(found: re.Match[str]) -> str:
    if found["called"] is not None:
        return HIDDEN
    if found["harmless"] is not None:
        return found[0]
    return _without_numbers(found[0])


def _without_numbers(groups: str) -> str:
    """``groups`` of digits and what separates them; looked at from the left, the longest first."""
    runs = list(_RUN.finditer(groups))
    shown, at, first = [], 0, 0
    while first < len(runs):
        for last in range(min(len(runs), first + MAX_WINDOW), first, -1):
            start = runs[first].start()
            plus = groups[:start].rstrip("( ").endswith("+") and start <= 3
            if _is_number([run[0] for run in runs[first:last]], plus):
                digits = _ascii("".join(run[0] for run in runs[first:last]))
                shown += [groups[at:start], masked(digits)]
                at, first = runs[last - 1].end(), last
                break
        else:
            first += 1
    return "".join(shown) + groups[at:]


def _ascii(digits: str) -> str:
    """Digits of any script as 0 to 9."""
    return "".join(str(int(digit)) for digit in digits)


def _is_number(runs: list[str], plus: bool) -> bool:
    digits = _ascii("".join(runs))
    if plus and 7 <= len(digits) <= 18:
        return True
    if len(runs) == 1:
        return len(digits) >= 10
    if len(runs[0]) < 2 or (len(runs[0]) == 2 and digits[:2] != "86"):
        return False
    if digits[:4] == "0086" or digits[:2] == "86":
        digits = digits.removeprefix("00").removeprefix("86")
        return bool(re.fullmatch(r"(?:\(?0)?(?:1[3-9]\d{9}|[1-9]\d{8,10})", digits))
    mobile = re.fullmatch(r"0?1[3-9]\d{9}", digits)
    area = re.fullmatch(r"0[1-9]\d{1,2}", _ascii(runs[0])) and 10 <= len(digits) <= 12
    service = _ascii(runs[0]) in ("400", "800") and len(digits) == 10
    abroad = digits[:2] == "00" and digits[2:3] != "0" and 10 <= len(digits) <= 18
    return bool(mobile or area or service or abroad)
