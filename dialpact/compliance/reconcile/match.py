"""Which call belongs to which decision: groups of one key, the strongest evidence first.

A group is what has the same key in one pass: one channel, one leg, one number. It is small, and it is all
that is in memory.
"""

from __future__ import annotations

import heapq
import re
from collections.abc import Callable, Container, Iterable, Iterator, Mapping
from functools import lru_cache
from itertools import groupby
from typing import NamedTuple

from dialpact.compliance import numbers
from dialpact.compliance.config import Trunk
from dialpact.compliance.model import AND
from dialpact.compliance.reconcile.values import AskedCall, CdrCall, KeptRecording

FRESH = 120  # seconds between decision and dialling, as the listener has it
SLACK = 2  # CDRs have whole seconds
DAY = 86_400
_MOBILE = re.compile(r"(?:(?:\+|00)?86|0)?(1[3-9][0-9]{9})")


class Pass(NamedTuple):
    """One kind of evidence. An empty key: it has none of this kind."""

    name: str
    of_call: Callable[[CdrCall], str]
    of_asked: Callable[[AskedCall], str]


class Pair(NamedTuple):
    """A decision and its calls; ``ambiguous`` are those that could as well be another decision's."""

    asked: AskedCall
    calls: list[CdrCall]
    ambiguous: list[CdrCall]


class Group(NamedTuple):
    key: str
    calls: list[CdrCall]
    asked: list[AskedCall]


@lru_cache(4096)
def emergency(number: str, area_code: str) -> bool:
    # A million mobile numbers can not afford to be parsed, and none of them is one.
    return not _MOBILE.fullmatch(number) and numbers.is_emergency(number, area_code)


@lru_cache(4096)
def canonical(number: str, area_code: str) -> str:
    """E.164 where it is any, else as it is. To compare by, not to call: it may be assigned to nobody."""
    if found := _MOBILE.fullmatch(number):
        return "+86" + found[1]
    return numbers.parse(number, regions=numbers.REGIONS, area_code=area_code).e164 or number


class Matcher:
    """``tolerance``: seconds by which clocks may differ. ``node``: whose CDRs these are; another one has
    channels of the same names.
    """

    def __init__(self, node: str, trunks: Mapping[str, Trunk], tolerance: int) -> None:
        self._node = node
        self._area_codes = {name: trunk.area_code for name, trunk in trunks.items()}
        self._stations = {name: trunk.leaves_by.stations for name, trunk in trunks.items()}
        self._tolerance = tolerance

    def same_trunk(self, one: str, other: str) -> bool:
        """A CDR has only the endpoint, for which several names may stand; a decision may name several."""
        return not self._ends(one).isdisjoint(self._ends(other))

    def _ends(self, trunk: str) -> frozenset[str]:
        return frozenset().union(*(self._stations.get(name, {name}) for name in trunk.split(AND)))

    def is_emergency(self, call: CdrCall) -> bool:
        return emergency(call.plain or call.number, self._area_codes.get(call.trunk, ""))

    def same_number(self, call: CdrCall, asked: AskedCall) -> bool:
        return call.number == asked.dial or self.canonical(call) == asked.number

    def canonical(self, call: CdrCall) -> str:
        plain = call.plain or call.number
        return canonical(plain, self._area_codes.get(call.trunk, "")) if plain else ""

    @property
    def passes(self) -> tuple[Pass, ...]:
        return (
            Pass("id", lambda call: call.decision, lambda asked: asked.id),
            Pass("uniqueid", lambda call: call.uniqueid, lambda asked: asked.uniqueid),
            Pass("channel", lambda call: call.channel, lambda asked: asked.channel),
            Pass("leg", lambda call: call.leg, lambda asked: asked.kept[0].channel if asked.kept else ""),
            Pass("number", self.canonical, lambda asked: asked.number if asked.through else ""),
        )

    def pair(self, by: str, group: Group) -> tuple[list[Pair], list[CdrCall], list[AskedCall]]:
        """The pairs, and what is left of the group. Many calls on one decision: failover, or misuse."""
        pairs: dict[str, Pair] = {}
        left: list[CdrCall] = []
        for call in sorted(group.calls, key=lambda call: call.at):
            fitting = [asked for asked in group.asked if self._fits(by, call, asked)]
            if by == "number":  # no more than a likeness: one decision carries one call
                fitting = [asked for asked in fitting if asked.id not in pairs]
            if not fitting:
                left.append(call)
                continue
            if by == "number":
                chosen, *others = self._likest(call, fitting)
            else:
                chosen, others = self._in_force(call, fitting, pairs), []
            pair = pairs.setdefault(chosen.id, Pair(chosen, [], []))
            pair.calls.append(call)
            if others:
                pair.ambiguous.append(call)
        return list(pairs.values()), left, [asked for asked in group.asked if asked.id not in pairs]

    def _fits(self, by: str, call: CdrCall, asked: AskedCall) -> bool:
        if by == "id":
            return True
        if (call.way == "in" and by != "leg") or (asked.node != self._node and by != "number"):
            return False
        if call.number and not self.same_number(call, asked) and self.is_emergency(call):
            return False  # a person's, on a telephone that also asks the gate
        latest = call.end + SLACK + self._tolerance
        if by == "uniqueid":  # the channel may have waited for hours before it asked, and asked several times
            return call.at - DAY <= asked.at <= latest
        if by == "leg" and not _same_leg(call, asked.kept[0]):
            return False
        if by == "channel" and call.uniqueid and asked.uniqueid and call.uniqueid != asked.uniqueid:
            return False
        return call.at - FRESH - self._tolerance <= asked.at <= latest

    def _in_force(self, call: CdrCall, fitting: list[AskedCall], pairs: Container[str]) -> AskedCall:
        """The decision that was in force when this was dialled: the last one before it, for its number and
        trunk.

        A dialplan that tries a second trunk asks again within the CDR's second: then both decisions look as
        if they came before the first leg. So of several in that second the first that has no call yet.
        """
        same = [asked for asked in fitting if self.same_number(call, asked)] if call.number else fitting
        likely = same or fitting
        likely = [asked for asked in likely if asked.through] or likely
        before = [asked for asked in likely if asked.at <= call.at + SLACK]
        if not before:  # the first row of a channel starts with the channel, so before anything was asked
            return min(likely, key=_at)
        before = [asked for asked in before if self.same_trunk(asked.trunk, call.trunk)] or before
        last = max(before, key=_at)
        free = [one for one in before if one.at >= call.at - SLACK and one.id not in pairs]
        return min(free, key=_at) if free else last

    def _likest(self, call: CdrCall, fitting: list[AskedCall]) -> list[AskedCall]:
        """Those of which none is likelier but for its time; the nearest first."""

        def likeness(asked: AskedCall) -> tuple[bool, bool, bool]:
            return (
                asked.node == self._node,
                asked.caller_id == call.caller_id,
                self.same_trunk(asked.trunk, call.trunk),
            )

        best = max(map(likeness, fitting))
        equal = [asked for asked in fitting if likeness(asked) == best]
        return sorted(equal, key=lambda asked: abs(asked.at - call.at))


def _same_leg(call: CdrCall, kept: KeptRecording) -> bool:
    """As far as the CDR shows the leg's own unique id: after a restart its name is another leg's."""
    return call.channel != call.leg or not (call.uniqueid and kept.uniqueid) or call.uniqueid == kept.uniqueid


def seen(asked: AskedCall, calls: Iterable[CdrCall]) -> bool:
    """Whether one of ``calls``, on the caller's channel, is of the call that asked."""
    return any(
        call.uniqueid == asked.uniqueid
        if call.uniqueid and asked.uniqueid
        else call.at - SLACK <= asked.at <= call.end + SLACK
        for call in calls
    )


def _at(asked: AskedCall) -> float:
    return asked.at


def grouped(calls: Iterable[CdrCall], asked: Iterable[AskedCall]) -> Iterator[Group]:
    """Both sorted by their key. What has no key comes as a group of its own, in pieces."""
    both: Iterator[tuple[str, CdrCall | AskedCall]] = heapq.merge(
        ((call.key, call) for call in calls), ((one.key, one) for one in asked), key=lambda item: item[0]
    )
    for key, items in groupby(both, key=lambda item: item[0]):
        if not key:
            for _, item in items:
                yield Group("", [item], []) if isinstance(item, CdrCall) else Group("", [], [item])
            continue
        group = Group(key, [], [])
        for _, item in items:
            if isinstance(item, CdrCall):
                group.calls.append(item)
            else:
                group.asked.append(item)
        yield group
