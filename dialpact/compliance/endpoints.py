"""How each channel driver names its channels: the one table of whose leg a channel is, and what Dial() names.

Taken from the drivers' sources (Asterisk 22; chan_sip from 20, the last that has it):

| technology | Dial() | channel |
| --- | --- | --- |
| PJSIP | ``PJSIP/138@carrier``, ``PJSIP/carrier/sip:138@host`` | ``PJSIP/carrier-0000002a`` |
| SIP | ``SIP/carrier/138``, ``SIP/138@carrier`` | ``SIP/carrier-0000002a`` |
| IAX2 | ``IAX2/me:secret@carrier:4569/138@context`` | ``IAX2/carrier-4711``: the call's number |
| Local | ``Local/138@to-carrier/n`` | ``Local/138@to-carrier-0000002a;1``; its half ``;2`` is no leg |
| DAHDI, ISDN | ``DAHDI/g1/138``, ``DAHDI/i1/138`` | ``DAHDI/i1/138-2a``: span and dialled number |
| DAHDI, other | ``DAHDI/g1/138``, ``DAHDI/5/138`` | ``DAHDI/5-1``: line and call on it |

A group of DAHDI channels (g, G, r, R) is in no channel's name, so its trunk says which spans or lines it has.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

TECHNOLOGIES = ("PJSIP", "SIP", "IAX2", "DAHDI", "Local")
# Channels of machines that speak: nobody holds a telephone at the other end.
MACHINES = ("AudioSocket", "WebSocket", "UnicastRTP", "MulticastRTP")
LINES = 2048  # DAHDI lines or spans that one machine may have
_TECHNOLOGY = {name.lower(): name for name in TECHNOLOGIES}
_PEER = re.compile(r"[^\s/@&,|;:()\x00-\x1f\x7f]{1,80}")
_PORT = re.compile(r":[0-9]{1,5}\Z")
_SPAN = re.compile(r"i([0-9]{1,4})(?:-[gGrR][0-9]{1,2})?[cd]?")
_GROUP = re.compile(r"[gGrR][0-9]{1,2}(?:[cd]|r[0-9]{1,2})?")
_LINE = re.compile(r"([0-9]{1,4})(?:[cd]|r[0-9]{1,2})?")
_SOME = re.compile(r"(i?)([0-9]{1,4})(?:-([0-9]{1,4}))?")


class Unknown(ValueError):
    """An endpoint that is none of the table; says why in a sentence."""


class Endpoint(NamedTuple):
    """What a trunk's calls leave by. ``text``: as Dial() names it; ``stations``: see :func:`station`."""

    text: str
    stations: frozenset[str]

    @property
    def technology(self) -> str:
        return self.text.partition("/")[0]

    @property
    def peer(self) -> str:
        return self.text.partition("/")[2]

    def owns(self, channel: str) -> bool:
        """Whether ``channel`` is a leg of it."""
        return station(channel) in self.stations


class Destination(NamedTuple):
    """One destination of Dial(). ``target``: as :attr:`Endpoint.text`; ``number``: empty for none."""

    target: str
    number: str


@lru_cache(256)
def endpoint(text: str, channels: str = "") -> Endpoint:
    """``carrier`` (PJSIP), ``PJSIP/carrier``, ``SIP/x``, ``IAX2/x``, ``Local/context``, ``DAHDI/g1``.

    ``channels``: of DAHDI, the lines and spans (``1-15,17-31``, ``i1,i2``). Raises Unknown.
    """
    technology, slash, peer = text.partition("/")
    if not slash:
        technology, peer = "PJSIP", text
    known = _TECHNOLOGY.get(technology.lower(), "")
    if not known:
        raise Unknown(
            f"{text!r}: {technology}/ is no kind of channel that is known here, so its legs could not be "
            f"told from others; known: {', '.join(TECHNOLOGIES)}"
        )
    if known == "DAHDI":
        return _dahdi(peer, channels)
    if channels:
        raise Unknown(f"channels is for DAHDI alone: {known} has neither lines nor spans")
    peer = peer.removeprefix("@") if known == "Local" else peer
    if not _PEER.fullmatch(_PORT.sub("", peer)):
        one = "a context, as in Local/to-carrier" if known == "Local" else f"a peer, as in {known}/carrier"
        raise Unknown(f"{text!r} is not the name of {one}")
    peer = _PORT.sub("", peer) if known == "IAX2" else peer
    text = f"{known}/{peer}"
    return Endpoint(text, frozenset({text}))


def _dahdi(peer: str, channels: str) -> Endpoint:
    stations = _some(channels)
    if found := _SPAN.fullmatch(peer):
        stations |= {f"DAHDI/i{int(found[1])}"}
    elif found := _LINE.fullmatch(peer):
        stations |= {f"DAHDI/{int(found[1])}"}
    elif not _GROUP.fullmatch(peer):
        raise Unknown(f"'DAHDI/{peer}' is no group, span or line, as in DAHDI/g1, DAHDI/i1, DAHDI/5")
    if not stations:
        raise Unknown(
            f"DAHDI/{peer} is a group, and no channel's name says of which group it is: name its lines or, "
            'of ISDN, its spans: channels = "1-15,17-31", channels = "i1,i2"'
        )
    return Endpoint(f"DAHDI/{peer}", frozenset(stations))


def _some(channels: str) -> set[str]:
    stations: set[str] = set()
    for part in filter(None, (piece.strip() for piece in channels.split(","))):
        found = _SOME.fullmatch(part)
        first = int(found[2]) if found else 0
        last = int(found[3] or first) if found else 0
        if not found or not 0 < first <= last <= LINES:
            raise Unknown(f"channels: {part!r} is neither a line, nor a span, nor a row of them (1-15, i1)")
        stations |= {f"DAHDI/{found[1]}{number}" for number in range(first, last + 1)}
    return stations


def station(channel: str) -> str:
    """What a channel's name says of where it leads, without what tells it from others there.

    ``PJSIP/carrier``, ``DAHDI/i1``, ``DAHDI/5``, ``Local/to-carrier``; empty for what is nobody's leg.
    """
    name, dash, serial = channel.rpartition("-")
    if not dash or not serial:
        return ""
    if name.startswith("DAHDI/"):
        return "/".join(name.split("/", 2)[:2])
    if name.startswith("Local/"):
        return f"Local/{name.rpartition('@')[2]}" if serial.endswith(";1") and "@" in name else ""
    return name


def number_in(channel: str) -> str:
    """The dialled number where the driver writes it into the channel's name (Local, ISDN); else nothing."""
    name = channel.rpartition("-")[0]
    if name.startswith("DAHDI/i"):
        return name.split("/", 2)[2] if name.count("/") >= 2 else ""
    return name.removeprefix("Local/").rpartition("@")[0] if name.startswith("Local/") else ""


def destinations(data: str) -> list[Destination]:
    """Those in Dial()'s arguments: ``PJSIP/13800138000@carrier&PJSIP/1001,60,tT``."""
    found = []
    for part in data.partition(",")[0].split("&"):
        technology, slash, resource = part.strip().partition("/")
        if slash and resource:
            found.append(destination(technology, resource))
    return found


def destination(technology: str, resource: str) -> Destination:
    """``resource``: the dial string behind the technology, as DialBegin has it too.

    >>> destination("PJSIP", "13800138000@carrier")
    Destination(target='PJSIP/carrier', number='13800138000')
    >>> destination("IAX2", "me:secret@carrier/138@inside/a")
    Destination(target='IAX2/carrier', number='138')
    """
    technology = _TECHNOLOGY.get(technology.lower(), technology)
    peer, slash, rest = resource.partition("/")
    if technology == "Local":
        number, _, peer = peer.rpartition("@")
    elif technology == "DAHDI":
        number = _user(rest)
    elif slash and not (technology in ("SIP", "PJSIP") and "@" in peer):
        number, peer = _user(rest), peer.rpartition("@")[2]
    else:  # 138@carrier; a telephone of the house has no number before its name
        number, _, peer = peer.rpartition("@")
        number = _user(number)
    if technology == "IAX2":
        peer = _PORT.sub("", peer)
    return Destination(f"{technology}/{peer}", number)


def dialled(channel: str, resource: str) -> str:
    """The number by which ``channel`` was reached, of DialBegin's dial string for it.

    Of a string that does not look as the technology's do: whatever could be a number in it.
    """
    found = destination(channel.partition("/")[0], resource)
    return found.number or _user(resource.partition("@")[0].rpartition("/")[2])


def _user(text: str) -> str:
    """The number in ``138``, ``sip:138@host:5060``, ``138@context/options``, ``138:secret``."""
    scheme, colon, rest = text.partition(":")
    if colon and scheme.lower() in ("sip", "sips"):
        text = rest
    return text.partition("@")[0].partition("/")[0].partition(":")[0]
