"""What somebody can do who listens to a call by ChanSpy, ExtenSpy or an ARI snoop, and who hears him. Pure.

1. What can not be known counts for the worst: that the customer hears him. An ARI snoop does not say whether
   it whispers, and ``d`` lets a key change the mode at any time.
2. ``w`` and ``W`` are heard by the channel that is spied on, ``B`` by whoever it is bridged with as well
   (seen on 22). What is whispered to one half of a Local channel comes out of the other.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from enum import StrEnum

import msgspec

from ami_listener.pbx import Live

APPLICATIONS = ("ChanSpy", "ExtenSpy")
SNOOP = "Snoop/"  # the channel of an ARI snoop


class HeardBy(StrEnum):
    """Values are part of the store."""

    NOBODY = "nobody"  # he listens
    AGENT = "agent"  # the other party: he coaches
    CUSTOMER = "customer"  # he may be, from one moment to the next


class Way(msgspec.Struct, frozen=True):
    """How he listens. ``letters``: the options that he was given; None when they can not be told."""

    application: str
    letters: frozenset[str] | None = None

    @property
    def whispers(self) -> bool:
        return self.letters is None or bool(self.letters & {"w", "W", "B", "d"})

    @property
    def barges(self) -> bool:
        return self.letters is None or bool(self.letters & {"B", "d"})


def way_of(channel: str, application: str, data: str) -> Way:
    """``application``, ``data``: what the spy's channel runs, as Asterisk tells it.

    >>> way_of("PJSIP/boss-1", "ChanSpy", "PJSIP/carrier,qwg(a,b)").letters == {"q", "w", "g"}
    True
    """
    if channel.startswith(SNOOP):
        return Way("Snoop")
    if application not in APPLICATIONS:
        return Way(application)
    return Way(application, _letters(data))


def _letters(data: str) -> frozenset[str] | None:
    """What stands behind the first comma and outside parentheses. Where Asterisk might read another first
    comma, or another end of a parenthesis, nothing is known.
    """
    if set(data) & set('"\\[]{}'):
        return None
    found, depth = set(), 0
    for letter in data.partition(",")[2]:
        depth += (letter == "(") - (letter == ")")
        if depth < 0:
            return None
        if not depth:
            found.add(letter)
    return None if depth or "(" in data.partition(",")[0] else frozenset(found - set("), "))


def heard_by(way: Way, spied: str, *, carrier: bool) -> HeardBy:
    """``spied``: the channel that is spied on; ``carrier``: it is the customer's own leg."""
    if not way.whispers:
        return HeardBy.NOBODY
    passes_on = carrier or spied.startswith("Local/") or not spied
    return HeardBy.CUSTOMER if passes_on or way.barges else HeardBy.AGENT


def candidates(application: str, data: str, rows: Iterable[Live]) -> frozenset[str]:
    """The channels (unique ids) that one may be at who began before anybody listened: Asterisk tells the
    prefix that he was given, and not the channel.
    """
    prefix = data.partition(",")[0].casefold() if application == "ChanSpy" else ""
    return frozenset(row.uniqueid for row in rows if row.channel.casefold().startswith(prefix))


class Rooms:
    """Which channels hear each other: those in one bridge, and both halves of a Local channel."""

    def __init__(self) -> None:
        self._bridge: dict[str, str] = {}  # by unique id
        self._names: dict[str, str] = {}
        self._inside: defaultdict[str, set[str]] = defaultdict(set)

    def enter(self, uniqueid: str, channel: str, bridge: str) -> None:
        self.leave(uniqueid)
        if bridge:
            self._bridge[uniqueid], self._names[uniqueid] = bridge, channel
            self._inside[bridge].add(uniqueid)

    def leave(self, uniqueid: str) -> None:
        self._names.pop(uniqueid, None)
        if (bridge := self._bridge.pop(uniqueid, None)) is not None:
            self._inside[bridge].discard(uniqueid)
            if not self._inside[bridge]:
                del self._inside[bridge]

    def rename(self, uniqueid: str, channel: str) -> None:
        if uniqueid in self._names:
            self._names[uniqueid] = channel

    def clear(self) -> None:
        self._bridge.clear()
        self._names.clear()
        self._inside.clear()

    def name(self, uniqueid: str) -> str:
        """Of a channel that is in a bridge."""
        return self._names.get(uniqueid, "")

    def around(self, uniqueid: str) -> set[str]:
        """Everyone who hears what the channel's bridge hears, the channel itself included."""
        found, waiting = {uniqueid}, [uniqueid]
        while waiting:
            one = waiting.pop()
            nearby = set(self._inside.get(self._bridge.get(one, ""), ()))
            if (other := _other_half(self._names.get(one, ""))) is not None:
                nearby |= {id for id, name in self._names.items() if name == other}
            waiting += nearby - found
            found |= nearby
        return found


def _other_half(channel: str) -> str | None:
    """
    >>> _other_half("Local/1001@inside-00000001;1")
    'Local/1001@inside-00000001;2'
    """
    name, mark, half = channel.rpartition(";")
    if not channel.startswith("Local/") or not mark or half not in ("1", "2"):
        return None
    return f"{name};{'2' if half == '1' else '1'}"
