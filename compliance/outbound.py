"""Which records of a CDR file are calls that left by a trunk, and what the gate would have been asked.

1. The second channel is a leg of a configured trunk. Where there is no second channel, the call failed before
   one was made: then the last application was a Dial() that names the trunk.
2. A context may be named besides: each record of it counts, whatever it dialled.
3. Without any configuration a Dial() of a number of seven digits or more counts: ``PJSIP/13800138000@trunk``.
4. The number is the one that the trunk was given, and only without one the extension that was dialled.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from compliance.cdr import Record
from compliance.config import Trunk

Field = Literal["accountcode", "userfield", "dcontext"]

_CLID = re.compile(r"<([^<>]*)>\s*\Z")
_SUBSCRIBER = re.compile(r"\+?[0-9]{7,}")


class Dialled(NamedTuple):
    """A past attempt, as small as it can be: a million of them are put in order."""

    at: int  # seconds since 1970
    line: int
    number: str
    caller_id: str
    campaign: str
    agent: str
    trunk: str


class Leg(NamedTuple):
    """One destination of Dial()."""

    target: str  # technology and peer: PJSIP/carrier
    number: str  # empty for a telephone of the house


class Way(NamedTuple):
    """How a record's call left the house: by which trunk, and what the trunk was given to dial."""

    trunk: str
    number: str  # empty where the record does not say: it was answered and went on to something else


class Outside:
    """The legs of configured trunks, and nothing else."""

    def __init__(self, trunks: Mapping[str, Trunk]) -> None:
        self._names = {trunk.channel_prefix: name for name, trunk in trunks.items()}

    def trunk(self, channel: str) -> str:
        """The name of the trunk whose leg ``channel`` is; empty for any other."""
        return self._names.get(endpoint(channel), "") if channel else ""

    def way(self, record: Record) -> Way | None:
        """None: not a call to the outside."""
        found = _dialled(record)
        if record.dstchannel:
            target = endpoint(record.dstchannel)
            if not (trunk := self._names.get(target, "")):
                return None
            return Way(trunk, next((leg.number for leg in found if leg.target == target), ""))
        for leg in found:
            if trunk := self._names.get(leg.target, ""):
                return Way(trunk, leg.number)
        return None


class Outbound:
    """``trunks`` None: no configuration (3). ``campaign`` and ``caller_id`` replace what the record says."""

    def __init__(
        self,
        trunks: Mapping[str, Trunk] | None,
        *,
        contexts: Collection[str] = (),
        campaign: str = "",
        campaign_from: Field = "accountcode",
        caller_id: str = "",
    ) -> None:
        self._outside = Outside(trunks) if trunks is not None else None
        self._contexts = frozenset(contexts)
        self._campaign = campaign
        self._campaign_from = campaign_from
        self._caller_id = caller_id

    def __call__(self, record: Record) -> Dialled | None:
        """None: not a call to the outside."""
        way = self._outside.way(record) if self._outside else _guess(record)
        if way is None:
            if record.dcontext not in self._contexts:
                return None
            way = Way("", next((leg.number for leg in _dialled(record) if leg.number), ""))
        return Dialled(
            at=int(record.start.timestamp()),
            line=record.line,
            number=way.number or record.dst,
            caller_id=self._caller_id or caller(record),
            campaign=self._campaign or getattr(record, self._campaign_from),
            agent=_agent(record.channel),
            trunk=way.trunk,
        )


def _dialled(record: Record) -> list[Leg]:
    return legs(record.lastdata) if record.lastapp == "Dial" else []


def _guess(record: Record) -> Way | None:
    """Rule 3."""
    for leg in _dialled(record):
        if _SUBSCRIBER.fullmatch(leg.number) and not leg.target.startswith("Local/"):
            return Way("", leg.number)
    return None


def legs(data: str) -> list[Leg]:
    """The destinations in Dial()'s arguments: ``PJSIP/13800138000@carrier&PJSIP/1001,60,tT``."""
    return [leg for part in data.partition(",")[0].split("&") if (leg := _leg(part)) is not None]


def _leg(text: str) -> Leg | None:
    technology, slash, rest = text.strip().partition("/")
    if not slash or not rest:
        return None
    peer, slash, number = rest.partition("/")
    if slash and technology != "Local":  # SIP/peer/138..., IAX2/me@peer/138..., PJSIP/peer/sip:138...@host
        if number.lower().startswith(("sip:", "sips:")):
            number = number.partition(":")[2].partition("@")[0]
        return Leg(f"{technology}/{peer.rpartition('@')[2]}", number)
    number, _, peer = peer.rpartition("@")
    return Leg(f"{technology}/{peer}", number)


def endpoint(channel: str) -> str:
    """``PJSIP/carrier`` of ``PJSIP/carrier-0000002a``: as :meth:`compliance.config.Trunk.owns` sees it."""
    name, dash, serial = channel.rpartition("-")
    return name if dash and serial else ""


def _agent(channel: str) -> str:
    """``agent1001`` of ``PJSIP/agent1001-0000002a``; a Local channel is nobody's telephone."""
    technology, _, peer = endpoint(channel).partition("/")
    return "" if technology == "Local" else peer


def caller(record: Record) -> str:
    """The caller ID that was shown."""
    if record.src:
        return record.src
    match = _CLID.search(record.clid)
    return match[1] if match else ""
