"""From what was dialled to the one number that is checked, registered and dialled.

phonenumbers parses, it does not vouch: it maps letters to keys, drops what it does not know and calls an area
code with a bank's hotline behind it a fixed line. So the text must have the form of a telephone number first
(``form``), the digits must fit the numbering plan as it is written here, one file for each, and only then is
phonenumbers asked whether the range is assigned (``metadata``). Everything else is refused, each with its own
key of :class:`Flaw`. A country needs such a plan before it can be called: see :data:`REGIONS`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass

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
    "SHOWN",
    "Flaw",
    "Problem",
    "Shape",
    "dial_string",
    "is_area_code",
    "is_emergency",
    "masked",
    "parse",
    "shape",
    "warm",
]


@dataclass(frozen=True)
class _Plan:
    code: str  # the country's, without the plus
    abroad: str  # what is dialled inside the country before a country code
    e164_digits: re.Pattern[str]  # our own dial format, as CDRs give it back; no national number looks so
    judge: Callable[..., Callee]


_PLANS = {
    # Behind +86; no number dialled inside China is as long.
    "CN": _Plan("86", "00", re.compile(r"86[0-9]{10,}"), china.judge),
    "US": _Plan("1", "011", re.compile(r"1[2-9][0-9]{9}"), north_america.judge),
    "FR": _Plan("33", "00", re.compile(r"33[1-9][0-9]{8}"), france.PLAN.judge),
    "AU": _Plan("61", "0011", re.compile(r"61[2-578][0-9]{8}"), australia.PLAN.judge),
}
REGIONS: tuple[str, ...] = tuple(_PLANS)
HOME: tuple[str, ...] = ("CN",)  # where a number is taken to be when nobody says


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
