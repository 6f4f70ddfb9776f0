"""Which records of a CDR file are calls that left by a trunk, and what the gate would have been asked.

1. The second channel is a leg of a configured trunk. Where there is no second channel, the call failed before
   one was made: then the last application was a Dial() that names the trunk. A form that names no channels
   says itself which calls left, and perhaps by what.
2. A context may be named besides: each record of it counts, whatever it dialled.
3. Without any configuration a Dial() of a number of seven digits or more counts: ``PJSIP/13800138000@trunk``;
   in a form without applications a leg that is no extension's, where such a number was called.
4. The number is the one that the trunk was given, and only without one the extension that was dialled.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import Literal, NamedTuple

from dialpact.compliance.cdr import CdrRecord
from dialpact.compliance.config import Trunk
from dialpact.compliance.dial_prefix import DialPrefixes
from dialpact.compliance.endpoints import Destination, destinations, number_in, station
from dialpact.compliance.numbers import shape

Field = Literal["accountcode", "userfield", "dcontext"]

SUBSCRIBER = 7  # digits; an extension of the house has fewer

_CLID = re.compile(r"<([^<>]*)>\s*\Z")
_SUBSCRIBER = re.compile(r"\+?[0-9]{7,}")
_EXTENSION = re.compile(r"[0-9]{1,6}")


class Dialled(NamedTuple):
    """A past attempt, as small as it can be: a million of them are put in order."""

    at: int  # seconds since 1970
    line: int
    number: str
    caller_id: str
    campaign: str
    agent: str
    trunk: str


class Way(NamedTuple):
    """How a record's call left the house: by which trunk, and what the trunk was given to dial."""

    trunk: str
    number: str  # empty where the record does not say: it was answered and went on to something else
    plain: str = ""  # the number without what the trunk's format puts around it


class Outside:
    """The legs of configured trunks, and nothing else."""

    def __init__(self, trunks: Mapping[str, Trunk]) -> None:
        self._names: dict[str, str] = {}  # by what a channel's name says
        self._dialled: dict[str, tuple[str, frozenset[str]]] = {}  # by what Dial() names: trunk, what it owns
        self._shapes = {name: shape(trunk.dial_format) for name, trunk in trunks.items()}
        self._only = next(iter(trunks)) if len(trunks) == 1 else ""
        for name, trunk in trunks.items():
            ends = trunk.leaves_by
            self._names |= dict.fromkeys(ends.stations, name)
            self._dialled |= {one: (name, frozenset({one})) for one in ends.stations}
            self._dialled[ends.text] = name, ends.stations

    def trunk(self, channel: str) -> str:
        """The name of the trunk whose leg ``channel`` is; empty for any other."""
        return self._names.get(station(channel), "") if channel else ""

    def way(self, record: CdrRecord) -> Way | None:
        """None: not a call to the outside."""
        if (record.way or record.trunk) and not record.dstchannel and not record.lastdata:
            return self._as_told(record)
        here = station(record.dstchannel)
        trunk = self._names.get(here, "")
        if record.dstchannel and not trunk:
            return None
        for leg in _dialled(record):
            name, owns = self._dialled.get(leg.target, ("", frozenset()))
            if name and (not trunk or here in owns):
                return Way(name, leg.number, self._shapes[name].bare(leg.number))
        if not trunk:
            return None
        number = number_in(record.dstchannel)
        return Way(trunk, number, self._shapes[trunk].bare(number))

    def unlisted(self, record: CdrRecord) -> Way | None:
        """Of a record that :meth:`way` has nothing of: a number as long as a subscriber's, dialled by an
        endpoint that no trunk lists, and a leg of that endpoint; or one that went out by a trunk of another
        name, in a form without channels. None: nothing of the kind.
        """
        if not record.dstchannel and record.way == "out" and record.trunk:
            return Way("", record.dst) if sum(map(str.isdigit, record.dst)) >= SUBSCRIBER else None
        here = station(record.dstchannel) if record.dstchannel else ""
        if not here or here in self._names or here.startswith("Local/"):
            return None
        for leg in _dialled(record):
            group = leg.target.startswith("DAHDI/") and here.startswith("DAHDI/")
            if (leg.target == here or group) and sum(map(str.isdigit, leg.number)) >= SUBSCRIBER:
                return Way("", leg.number)
        return None

    def _as_told(self, record: CdrRecord) -> Way | None:
        """By a form that names no channels. Of several trunks it may leave open which one it was."""
        if record.way in ("in", "house"):
            return None
        trunk = self._only
        if record.trunk:
            said = record.trunk.casefold()
            trunk = next((name for one, name in self._names.items() if said in _called(one)), "")
            trunk = trunk or next((name for name in self._shapes if name.casefold() == said), "")
            if not trunk:
                return None
        return Way(trunk, record.dst, self._shapes[trunk].bare(record.dst) if trunk else "")


class Outbound:
    """``trunks`` None: no configuration (3). ``campaign`` and ``caller_id`` replace what the record says.
    ``prefixes``: what is dialled for an outside line.
    """

    def __init__(
        self,
        trunks: Mapping[str, Trunk] | None,
        *,
        contexts: Collection[str] = (),
        campaign: str = "",
        campaign_from: Field = "accountcode",
        caller_id: str = "",
        prefixes: DialPrefixes | None = None,
    ) -> None:
        self._prefixes = prefixes or DialPrefixes()
        self._outside = Outside(trunks) if trunks is not None else None
        self._contexts = frozenset(contexts)
        self._campaign = campaign
        self._campaign_from = campaign_from
        self._caller_id = caller_id

    def touches(self, record: CdrRecord) -> bool:
        """Whether the record is of a trunk at all: it came in by one, where it did not leave by one."""
        return record.way == "in" or bool(self._outside and self._outside.trunk(record.channel))

    def unlisted(self, record: CdrRecord) -> bool:
        """Whether a record that is none of these left the house all the same."""
        return bool(self._outside and self._outside.unlisted(record))

    def __call__(self, record: CdrRecord) -> Dialled | None:
        """None: not a call to the outside."""
        way = self._outside.way(record) if self._outside else _guess(record)
        if way is None:
            if record.dcontext not in self._contexts:
                return None
            way = Way("", next((leg.number for leg in _dialled(record) if leg.number), ""))
        return Dialled(
            at=int(record.start.timestamp()),
            line=record.line,
            number=self._prefixes.bare(way.plain or way.number or record.dst),
            caller_id=self._caller_id or caller(record),
            campaign=self._campaign or getattr(record, self._campaign_from),
            agent=_agent(record.channel),
            trunk=way.trunk,
        )


def peer(record: CdrRecord) -> str:
    """What a record left by, whatever that is: ``PJSIP/1002``; empty where it says nothing of the kind."""
    if record.dstchannel:
        return station(record.dstchannel)
    return next((leg.target for leg in _dialled(record)), record.trunk)


def _called(endpoint: str) -> tuple[str, str]:
    """``PJSIP/carrier``, as a column may name it: with its technology or without."""
    return endpoint.casefold(), endpoint.partition("/")[2].casefold()


def _dialled(record: CdrRecord) -> list[Destination]:
    return destinations(record.lastdata) if record.lastapp == "Dial" else []


def _guess(record: CdrRecord) -> Way | None:
    """Rule 3."""
    for leg in _dialled(record):
        if _SUBSCRIBER.fullmatch(leg.number) and not leg.target.startswith("Local/"):
            return Way("", leg.number)
    if record.lastapp or record.lastdata or not _SUBSCRIBER.fullmatch(record.dst):
        return None
    technology, _, name = station(record.dstchannel).partition("/")
    out = record.way == "out" or (
        not record.way and bool(name) and technology != "Local" and not _EXTENSION.fullmatch(name)
    )
    return Way("", record.dst) if out else None


def _agent(channel: str) -> str:
    """``agent1001`` of ``PJSIP/agent1001-0000002a``; a Local channel is nobody's telephone."""
    technology, _, peer = station(channel).partition("/")
    return "" if technology == "Local" else peer


def caller(record: CdrRecord) -> str:
    """The caller ID that was shown. A spreadsheet takes the zero from a number, and leaves it in ``clid``."""
    match = _CLID.search(record.clid)
    shown = match[1] if match else ""
    if record.src and shown.lstrip("0") != record.src:
        return record.src
    return shown
