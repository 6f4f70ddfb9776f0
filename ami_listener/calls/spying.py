"""What somebody can do who listens to a call by ChanSpy, ExtenSpy or an ARI snoop, and who hears him. Pure.

1. What can not be known counts for the worst: that the customer hears him. An ARI snoop does not say whether
   it whispers, and ``d`` lets a key change the mode at any time.
2. ``w`` and ``W`` are heard by the channel that is spied on, ``B`` by whoever it is bridged with as well
   (seen on 22). What is whispered to one half of a Local channel comes out of the other.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import StrEnum

import msgspec

from ami_listener.ami.pbx import SNOOP, Live

APPLICATIONS = ("ChanSpy", "ExtenSpy")
FILTERS = frozenset("geu")  # options by which not every channel of the prefix is meant, or it is no prefix


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


class Suspicion(msgspec.Struct, frozen=True):
    """Of one of whose coming no event told. ``certain``: he is at one of these; else he may be waiting."""

    spied: frozenset[str]  # unique ids
    certain: bool


def suspect(row: Live, others: Iterable[Live]) -> Suspicion | None:
    """Asterisk tells what he was given, not whom he is at; None when he is at nobody."""
    data = row.data
    if row.channel.startswith(SNOOP):  # its name has the unique id
        return Suspicion(frozenset({row.channel.removeprefix(SNOOP).rpartition("-")[0]}), certain=True)
    if row.application not in APPLICATIONS:
        return None
    letters, wanted = _letters(data), data.partition(",")[0]
    if letters is not None and "b" in letters:
        others = [other for other in others if other.bridged]
    if letters is None or (row.application == "ChanSpy" and letters & FILTERS):
        found = frozenset(other.uniqueid for other in others)
        return Suspicion(found, certain=False) if found else None
    if row.application == "ChanSpy":
        found = frozenset(
            other.uniqueid for other in others if other.channel.casefold().startswith(wanted.casefold())
        )
    else:
        exten, _, context = wanted.partition("@")
        place = exten, context or row.context
        found = frozenset(other.uniqueid for other in others if (other.exten, other.context) == place)
    return Suspicion(found, certain=not letters & FILTERS) if found else None
