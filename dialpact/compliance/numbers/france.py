"""The French numbering plan, metropolitan France: Arcep, décision 2018-0881 as amended by 2022-1583.

The plan is one with the overseas departments', whose numbers have country codes and clocks of their own.
Which ranges are theirs is data/france.toml; behind +33 they are nobody's.
"""

from __future__ import annotations

import re
from functools import cache

import msgspec

from dialpact.compliance.numbers import data
from dialpact.compliance.numbers.zero import ZeroPlan


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    source: str
    document: str
    overseas: dict[str, str]


@cache
def overseas() -> frozenset[str]:
    """The ranges that are not metropolitan, each as it is dialled, from its 0 on."""
    return frozenset(data.read("france.toml", _File).overseas)


def _elsewhere(significant: str) -> bool:
    ranges = overseas()
    return any(f"0{significant[:digits]}" in ranges for digits in (2, 3, 4))


def _zones(significant: str, kind: str) -> tuple[str, ...]:
    from dialpact.compliance.numbers import metadata

    return metadata.everywhere(PLAN.code)


PLAN = ZeroPlan(
    region="FR",
    code=33,
    # 114 for the deaf, 115 the homeless, 116000 missing children, 116117 the doctor, 119 children in danger,
    # 191 and 196 rescue in the air and at sea, 197 abduction alert
    emergency=frozenset(
        {"15", "17", "18", "112", "114", "115", "116000", "116117", "119", "191", "196", "197"}
    ),
    service=re.compile(r"1[0-9]{1,5}|[2-9][0-9]{3}"),  # 118xxx, 1023, 116111; 3xxx hotlines
    subscriber=re.compile(r"[1-9][0-9]{8}"),
    local=None,  # a closed plan: nobody dials fewer than ten digits
    # 09 is where the boxes of the internet providers are reached; since 2023 the plan has them beside 01 to
    # 05 ("numéros polyvalents"). 08 is free, shared or premium: a service, never a callee.
    kinds=("fixed-line", "mobile", "voip"),
    zones=_zones,
    elsewhere=_elsewhere,
)
