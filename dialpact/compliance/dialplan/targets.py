"""Where a Dial's destinations lead, and to which trunk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal

from dialpact.compliance.dialplan.values import Values
from dialpact.compliance.endpoints import Destination, destination

Reach = Literal["yes", "maybe", "no"]


def target(text: str) -> Destination:
    """Of one destination of Dial; what is not known of it stays in its place."""
    technology, slash, resource = text.strip().partition("/")
    return destination(technology, resource) if slash else Destination(technology, "")


def reached(to: Destination, trunks: Mapping[str, str], values: Values) -> dict[str, Reach]:
    """The trunks that it leads or may lead to. ``trunks``: what Dial names them by, by name."""
    found: dict[str, Reach] = {}
    for name, endpoint in trunks.items():
        reach = values.may_be(_group(to.target), _group(endpoint))
        if reach != "no":
            found[name] = reach
    return found


def _group(text: str) -> str:
    """DAHDI's g1, G1, r1, R1 are one group, taken in another order."""
    if found := re.fullmatch(r"DAHDI/[gGrR]([0-9]+).*", text):
        return f"DAHDI/g{found[1]}"
    return text


def written(to: Destination, number: str, values: Values) -> str:
    """As Dial is told to dial ``number`` there."""
    technology, _, peer = values.shown(to.target).partition("/")
    behind = technology in ("DAHDI", "IAX2")
    return f"{technology}/{peer}/{number}" if behind else f"{technology}/{number}@{peer}"
