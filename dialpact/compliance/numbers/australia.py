"""The Australian numbering plan: the Telecommunications Numbering Plan of the ACMA.

Fixed lines begin with 02, 03, 07, 08, mobiles with 04. Christmas Island and the Cocos Islands share +61 and
08 and are regions of their own. The zones of each area code are data/australia.toml.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import Literal

import msgspec

from dialpact.compliance.numbers import data
from dialpact.compliance.numbers.zero import ZeroPlan

LONGEST = 3  # digits of an area within an area


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: str
    document: str
    zones: dict[str, tuple[str, ...] | Literal["anywhere"]]


@cache
def areas() -> Mapping[str, tuple[str, ...]]:
    """Every zone of each area, by its digits behind +61; the longest that fits a number is its own."""
    from dialpact.compliance.numbers import metadata

    found = data.read("australia.toml", _File).zones
    fixed = {digits: names for digits, names in found.items() if isinstance(names, tuple)}
    anywhere = {*metadata.everywhere(PLAN.code)}.union(*fixed.values())
    return {digits: fixed.get(digits) or tuple(sorted(anywhere)) for digits in found}


def area(significant: str) -> tuple[str, ...]:
    """Every zone of the number's area."""
    known = areas()
    return known.get(significant[:LONGEST]) or known[significant[:1]]


def _zones(significant: str, kind: str) -> tuple[str, ...]:
    """Those of its area, and what the library has for its block (an island's, though it is no island's)."""
    from dialpact.compliance.numbers import metadata

    own, whole = metadata.zones(PLAN.code, significant), area(significant)
    if not own:
        return ()  # without a zone of its own nobody knows where it rings
    return whole if set(own) <= set(whole) else tuple(sorted({*whole, *own}))


PLAN = ZeroPlan(
    region="AU",
    code=61,
    emergency=frozenset({"000", "106", "112"}),  # 106 for the deaf
    service=re.compile(r"1[0-9]{2,9}"),  # 12xx, 13xxxx, 1300, 1800, 190x, pagers, data
    subscriber=re.compile(r"[2-578][0-9]{8}"),
    local=re.compile(r"[2-9][0-9]{7}"),
    kinds=("fixed-line", "mobile", "fixed-or-mobile"),
    zones=_zones,
)
