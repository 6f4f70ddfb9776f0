"""Where a Dial's destinations lead, and to which trunk."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, NamedTuple

from compliance.dialplan.values import Values

Reach = Literal["yes", "maybe", "no"]
_TECHNOLOGIES = {name.lower(): name for name in ("PJSIP", "SIP", "IAX2", "DAHDI", "Local")}
_PORT = re.compile(r":[0-9]{1,5}\Z")


class Target(NamedTuple):
    """``PJSIP/carrier`` and the number that is dialled there; both forms."""

    text: str
    number: str

    @property
    def technology(self) -> str:
        return self.text.partition("/")[0]

    @property
    def peer(self) -> str:
        return self.text.partition("/")[2]


def target(destination: str) -> Target:
    """Of one destination of Dial.

    >>> target("PJSIP/138@carrier"), target("DAHDI/g1/138")
    (Target(text='PJSIP/carrier', number='138'), Target(text='DAHDI/g1', number='138'))
    """
    technology, slash, resource = destination.strip().partition("/")
    technology = _TECHNOLOGIES.get(technology.lower(), technology)
    if not slash:
        return Target(technology, "")
    peer, slash, rest = resource.partition("/")
    if technology == "Local":
        number, _, peer = peer.rpartition("@")
    elif technology == "DAHDI":
        number = rest.partition("/")[0]
    elif slash and not (technology in ("SIP", "PJSIP") and "@" in peer):
        number, peer = _user(rest), peer.rpartition("@")[2]
    else:
        number, _, peer = peer.rpartition("@")
        number = _user(number)
    if technology == "IAX2":
        peer = _PORT.sub("", peer)
    return Target(f"{technology}/{peer}", number)


def _user(text: str) -> str:
    """The number in ``138``, ``sip:138@host:5060``, ``138@context/options``."""
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in ("sip", "sips"):
        text = rest
    return text.partition("@")[0].partition("/")[0].partition(":")[0]


def named(endpoint: str) -> str:
    """A trunk's endpoint as :attr:`Target.text`."""
    text = endpoint if "/" in endpoint else f"PJSIP/{endpoint}"
    technology, _, peer = text.partition("/")
    return f"{_TECHNOLOGIES.get(technology.lower(), technology)}/{peer}"


def reached(to: Target, trunks: Mapping[str, str], values: Values) -> dict[str, Reach]:
    """The trunks that it leads or may lead to. ``trunks``: endpoints by name."""
    found: dict[str, Reach] = {}
    for name, endpoint in trunks.items():
        reach = values.may_be(_group(to.text), _group(named(endpoint)))
        if reach != "no":
            found[name] = reach
    return found


def _group(text: str) -> str:
    """DAHDI's g1, G1, r1, R1 are one group, taken in another order."""
    if found := re.fullmatch(r"DAHDI/[gGrR]([0-9]+).*", text):
        return f"DAHDI/g{found[1]}"
    return text


def written(to: Target, number: str, values: Values) -> str:
    """As Dial is told to dial ``number`` there."""
    peer = values.shown(to.peer)
    if to.technology in ("DAHDI", "IAX2"):
        return f"{to.technology}/{peer}/{number}"
    return f"{values.shown(to.technology)}/{number}@{peer}"
