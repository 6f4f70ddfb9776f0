"""From what was dialled to the one number that is checked, registered and dialled.

phonenumbers parses, it does not vouch: it maps letters to keys, drops what it does not know and calls an area
code with a bank's hotline behind it a fixed line. So the text must have the form of a telephone number first
(``form``), the digits must fit the numbering plan as it is written here, one file for each, and only then is
phonenumbers asked whether the range is assigned (``metadata``). Everything else is refused, each with its own
key of :class:`Flaw`. A country needs such a plan before it can be called: see :data:`REGIONS`.

What may not be called can still opt out and complain: :func:`anybody` knows more numbers than :func:`parse`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache

from dialpact.compliance.model import Callee
from dialpact.compliance.numbers import australia, china, france, north_america
from dialpact.compliance.numbers.areas import Areas
from dialpact.compliance.numbers.china import is_area_code
from dialpact.compliance.numbers.dial import DIAL_FORMATS, Shape, dial_string, masked, shape
from dialpact.compliance.numbers.form import SEPARATORS, SHOWN, Flaw, Problem, plain, printable, refused
from dialpact.compliance.zones import version, zone

__all__ = [
    "DIAL_FORMATS",
    "HOME",
    "REGIONS",
    "SEPARATORS",
    "SHOWN",
    "Flaw",
    "Problem",
    "Shape",
    "anybody",
    "dial_string",
    "is_area_code",
    "is_emergency",
    "masked",
    "parse",
    "printable",
    "read",
    "shape",
    "warm",
]


@dataclass(frozen=True)
class _Plan:
    code: str  # the country's, without the plus
    abroad: str  # what is dialled inside the country before a country code
    e164_digits: re.Pattern[str]  # our own dial format, as CDRs give it back; no national number looks so
    trunk: str  # what a national number has in front, and E.164 has not
    judge: Callable[..., Callee]


_PLANS = {
    # Behind +86; no number dialled inside China is as long.
    "CN": _Plan("86", "00", re.compile(r"86[0-9]{10,}"), "0", china.judge),
    "US": _Plan("1", "011", re.compile(r"1[2-9][0-9]{9}"), "1", north_america.judge),
    "FR": _Plan("33", "00", re.compile(r"33[1-9][0-9]{8}"), "0", france.PLAN.judge),
    "AU": _Plan("61", "0011", re.compile(r"61[2-578][0-9]{8}"), "0", australia.PLAN.judge),
}
REGIONS: tuple[str, ...] = tuple(_PLANS)
HOME: tuple[str, ...] = ("CN",)  # where a number is taken to be when nobody says
# What is no callee for one of these is one number all the same, if its digits are enough for a telephone's: a
# range that nobody is allotted yet, a country without a plan here, a hotline.
_UNDOUBTED = frozenset({Flaw.UNASSIGNED, Flaw.FOREIGN_REGION, Flaw.SERVICE_CODE})
_SHORTEST = 7  # digits behind the country code: 95588 and 12321 are nobody's telephone
_LONGEST = 15  # digits with the country code: E.164
_SLIP = re.compile(r"\+86(?:10|2[0-9])[2-8][0-9]{6}")  # a digit is missing: cities of two digits have eight
_WITH_CODE = 12  # digits: no number that is dialled at home in a country with a plan has as many


def parse(
    given: str, *, regions: Sequence[str] = HOME, area_code: str = "", areas: Areas | None = None
) -> Callee:
    """Normalise ``given``; the result carries either a canonical number or a problem, never both.

    ``regions`` are the permitted ones (ISO 3166). The first is home: there a number without a country code
    is, and its prefix leads abroad. ``area_code`` is the trunk's own (``027`` or ``27``), which makes local
    numbers of 7 or 8 digits callable in China. ``areas``: what is known of area codes behind +1, by default
    ``areas.KNOWN``. ValueError on a region without a plan or an area code that is none: settings, not input.
    """
    area = area_code.removeprefix("0")
    if area_code and not is_area_code(area_code):
        raise ValueError(f"not a Chinese area code: {area_code!r}")
    if not regions or not set(regions) <= set(REGIONS):
        raise ValueError(f"no numbering plan for {', '.join(regions) or 'an empty list of regions'}")
    shown = printable(given)
    text = plain(given)
    if isinstance(text, Flaw):
        return refused(shown, "invalid-number", text)
    digits = text.translate(SEPARATORS)
    home = _PLANS[regions[0]]
    for prefix in ("+", home.abroad):
        if digits.startswith(prefix):
            return _international(shown, digits.removeprefix(prefix), regions, areas)
    if home.e164_digits.fullmatch(digits):
        return _international(shown, digits, regions[:1], areas)
    if home.judge is china.judge:
        return china.judge(shown, digits, international=False, home=area)
    return home.judge(shown, digits, international=False, areas=areas)


def _international(shown: str, digits: str, regions: Sequence[str], areas: Areas | None) -> Callee:
    """By its country code, which must be one of the ``regions``; no code is the start of another."""
    for region in regions:
        plan = _PLANS[region]
        if digits.startswith(plan.code):
            behind = digits.removeprefix(plan.code)
            if plan.judge is china.judge:
                return china.judge(shown, behind, international=True)
            return plan.judge(shown, behind, international=True, areas=areas)
    return refused(shown, "invalid-number", Flaw.FOREIGN_REGION)


def read(given: str, regions: Sequence[str] = REGIONS, area_code: str = "") -> Callee:
    """As a register reads it: of every country that has a plan, at home in the first of the ``regions``.

    Whether it may be called is the profile's matter. 00 leads abroad wherever no number begins with it, and
    86 leads to China where nothing that is dialled has as many digits. ``area_code``: as for ``parse``.
    """
    wanted = _everywhere(tuple(regions))
    found = parse(given, regions=wanted, area_code=area_code)
    if found.problem == "emergency-number":  # Australia's is 000, which leads nowhere
        return found
    digits = _digits(given) if found.problem else ""
    if digits.startswith("00") and not digits.startswith(_PLANS[regions[0]].abroad):
        return parse(f"+{digits[2:]}", regions=wanted)
    if len(digits) >= _WITH_CODE and any(plan.e164_digits.fullmatch(digits) for plan in _PLANS.values()):
        return parse(f"+{digits}", regions=wanted)
    return found


def anybody(given: str, regions: Sequence[str] = REGIONS) -> Callee:
    """Whose number it is, whether or not it could ever be called: he may have opted out, or complain.

    As :func:`read`, and with ``e164`` (without kind and region) also where the text leaves no doubt which
    number is meant. What is no number, or could be two, stays refused, and so does an emergency number.
    """
    found = read(given, regions)
    if found.detail not in _UNDOUBTED:
        return found
    home = _PLANS[regions[0]]
    whole = _abroad(given, regions[0])
    if not whole:
        significant = _digits(given).removeprefix(home.trunk)
        whole = home.code + significant if len(significant) >= _SHORTEST else ""
    elif plan := next((plan for plan in _PLANS.values() if whole.startswith(plan.code)), None):
        significant = whole.removeprefix(plan.code).removeprefix(plan.trunk)
        whole = plan.code + significant if len(significant) >= _SHORTEST else ""
    else:
        whole = _elsewhere(whole)
    if not _SHORTEST <= len(whole) <= _LONGEST or _SLIP.fullmatch(f"+{whole}"):
        return found
    return Callee(given=found.given, e164=f"+{whole}")


@cache
def _everywhere(regions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys((*regions, *REGIONS)))


def _digits(given: str) -> str:
    text = plain(given)
    return "" if isinstance(text, Flaw) else text.translate(SEPARATORS)


def _abroad(given: str, home: str) -> str:
    """The digits from the country code on; empty for a number as it is dialled at home."""
    digits, plan = _digits(given), _PLANS[home]
    for prefix in ("+", plan.abroad, "00"):
        if digits.startswith(prefix):
            return digits.removeprefix(prefix)
    plans = _PLANS.values() if len(digits) >= _WITH_CODE else (plan,)
    return digits if any(each.e164_digits.fullmatch(digits) for each in plans) else ""


def _elsewhere(digits: str) -> str:
    from dialpact.compliance.numbers import metadata  # which a command that reads no number need not wait for

    return metadata.e164(digits)


def is_emergency(given: str, area_code: str = "") -> bool:
    """Whether it is an emergency number anywhere we know: nobody's emergency call is held against him."""
    return any(
        parse(given, regions=(region,), area_code=area_code if region == "CN" else "").problem
        == "emergency-number"
        for region in REGIONS
    )


def warm() -> None:
    """Load the metadata of numbers and zones now (tens of milliseconds), not during the first call."""
    chinese, american = ("+8613800138000", "+862787654321"), ("+12122345678", "+18002345678")
    for given in (*chinese, *american, "+33142345678", "+61412345678"):
        for name in parse(given, regions=REGIONS).zones:
            zone(name)
    version()
