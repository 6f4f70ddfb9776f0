"""Somebody beside a call whom it can hear: ChanSpy and ExtenSpy with their options, ARI's snoop channels.

1. A record names what he listened at, not whom: a call on a trunk that went on meanwhile, and that he may
   have named, is enough.
2. What can not be known counts for the worst, as with the listener: a snoop does not say whether it whispers,
   and ``d`` lets a key change the mode.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from dialpact.compliance.cdr import CdrRecord, born, seconds
from dialpact.compliance.reconcile.values import CdrCall, Voice

APPLICATIONS = frozenset({"ChanSpy", "ExtenSpy"})
SNOOP = "Snoop/"
NEAR = 5  # seconds between a record's times and the listener's
_INSIDE = re.compile(r"\([^()]*\)")


class Whisper(NamedTuple):
    """Sorted by the channel of him who spoke."""

    channel: str
    at: int
    end: int
    application: str
    spied: str  # the beginning of a channel's name, or a snoop's unique id; empty: anybody
    coach: bool  # the channel that is spied on hears him, and not whom it is bridged with
    uniqueid: str
    file: str
    line: int

    def is_heard_by_agent_alone(self, call: CdrCall) -> bool:
        """Not what is whispered to the callee's leg, to a half of a Local channel, or to anybody."""
        local = self.spied.startswith("Local/")
        agents = _is_named(self.spied, call.channel) and not _is_named(self.spied, call.leg)
        return self.coach and agents and not local


class Spoken(NamedTuple):
    """As :class:`Whisper`, in the order of time."""

    at: int
    whisper: Whisper


class Talk(NamedTuple):
    """A call, in the order of time."""

    at: int
    call: CdrCall


def whisper(record: CdrRecord, file: str) -> Whisper | None:
    """None: nobody is heard by it. Fault for one that does not say how long it was."""
    if record.channel.startswith(SNOOP):
        application, coach = "Snoop", False
        spied = record.channel.removeprefix(SNOOP).rpartition("-")[0]
    elif record.lastapp in APPLICATIONS:
        application = record.lastapp
        spied, letters = _given(record.lastdata)
        if letters is not None and not letters & set("wWBd"):
            return None
        coach = letters is not None and not letters & set("Bd")
        if application == "ExtenSpy" or (letters or set()) & set("gu"):
            spied = ""  # an extension, or whoever is of a group
    else:
        return None
    at = int(record.start.timestamp())
    return Whisper(
        channel=record.channel,
        at=at,
        end=at + seconds(record.duration),
        application=application,
        spied=spied,
        coach=coach,
        uniqueid=record.uniqueid,
        file=file,
        line=record.line,
    )


def _given(data: str) -> tuple[str, set[str] | None]:
    """What is spied on, and the option letters outside parentheses; None: Asterisk may read other ones."""
    spied, _, options = data.partition(",")
    if set(data) & set('"\\[]{}') or "(" in spied:
        return "", None
    letters = _INSIDE.sub("", options)
    return spied, None if set(letters) & set("()") else set(letters) - set(" ,")


def unrecorded(whispers: Iterable[Whisper], voices: Iterable[Voice]) -> Iterator[Whisper]:
    """Those that no recording of the same channel covers. Both sorted."""
    waiting: list[Voice] = []
    rest = iter(voices)
    following = next(rest, None)
    for one in whispers:
        waiting = [voice for voice in waiting if voice.channel == one.channel]
        while following is not None and following.channel <= one.channel:
            if following.channel == one.channel:
                waiting.append(following)
            following = next(rest, None)
        if not any(_covers(voice, one) for voice in waiting):
            yield one


def _covers(voice: Voice, one: Whisper) -> bool:
    ended = voice.ended or float("inf")
    return voice.kept and voice.started <= one.end + NEAR and ended >= one.at - NEAR


class Heard(NamedTuple):
    """``call``: the first that may have heard it, of so many."""

    whisper: Whisper
    call: CdrCall
    calls: int


def heard(spoken: Iterable[Spoken], talks: Iterable[Talk]) -> Iterator[Heard | None]:
    """Each that a call may have heard, once; None in between. Both in the order of time; no more is kept than
    goes on.
    """
    going: list[CdrCall] = []
    speaking: list[tuple[Whisper, list[CdrCall]]] = []
    merged: Iterator[Spoken | Talk] = heapq.merge(spoken, talks, key=lambda item: item.at)
    for item in merged:
        yield from (_told(*one) for one in speaking if one[0].end <= item.at)
        speaking = [one for one in speaking if one[0].end > item.at]
        going = [call for call in going if call.end > item.at]
        if isinstance(item, Talk):
            going.append(item.call)
            for one, calls in speaking:
                if _may_be(one, item.call):
                    calls.append(item.call)
        else:
            speaking.append((item.whisper, [call for call in going if _may_be(item.whisper, call)]))
    yield from (_told(*one) for one in speaking)


def _told(one: Whisper, calls: Sequence[CdrCall]) -> Heard | None:
    return Heard(one, calls[0], len(calls)) if calls else None


def _may_be(one: Whisper, call: CdrCall) -> bool:
    if one.application == "Snoop":
        if one.spied == call.uniqueid:
            return True
        made = born(one.spied)  # of the leg, whose unique id is in no record
        return made is None or call.at - 1 <= made <= (call.answer or call.end) + 1
    return not one.spied or _is_named(one.spied, call.channel) or _is_named(one.spied, call.leg)


def _is_named(spied: str, channel: str) -> bool:
    """ChanSpy takes the beginning of a name, in any case."""
    return bool(spied) and channel.casefold().startswith(spied.casefold())
