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
from dialpact.compliance.dial_prefix import DialPrefixes
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
def canonical(number: str, area_code: str, regions: tuple[str, ...] = numbers.REGIONS) -> str:
    """E.164 where it is any, else as it is. To compare by, not to call: it may be assigned to nobody.

    ``regions``: where numbers are, home first.
    """
    if regions[0] == "CN" and (found := _MOBILE.fullmatch(number)):
        return "+86" + found[1]
    return numbers.read(number, regions, area_code).e164 or number


class Matcher:
    """``tolerance``: seconds by which clocks may differ. ``node``: whose CDRs these are; another one has
    channels of the same names. ``prefixes``: what is dialled for an outside line. ``regions``: where numbers
    are, home first.
    """

    def __init__(
        self,
        node: str,
        trunks: Mapping[str, Trunk],
        tolerance: int,
        prefixes: DialPrefixes | None = None,
        regions: tuple[str, ...] = numbers.REGIONS,
    ) -> None:
        self._node, self._regions = node, regions
        self._prefixes = prefixes or DialPrefixes()
        self._supervised = {name: trunk.supervisor for name, trunk in trunks.items()}
        self._area_codes = {name: trunk.area_code for name, trunk in trunks.items()}
        self._stations = {name: trunk.leaves_by.stations for name, trunk in trunks.items()}
        self.tolerance = tolerance

    def same_trunk(self, one: str, other: str) -> bool:
        """A CDR has only the endpoint, for which several names may stand; a decision may name several."""
        return not self._ends(one).isdisjoint(self._ends(other))

    def _ends(self, trunk: str) -> frozenset[str]:
        return frozenset().union(*(self._stations.get(name, {name}) for name in trunk.split(AND)))

    def is_emergency(self, call: CdrCall) -> bool:
        return emergency(call.plain or call.number, self._area_codes.get(call.trunk, ""))

    def records_coaches(self, trunk: str) -> bool:
        """Whether somebody whom the agent alone hears is recorded on ``trunk``."""
        return self._supervised.get(trunk, "record") == "record"

    def same_number(self, call: CdrCall, asked: AskedCall) -> bool:
        return self.is_as_told(call, asked) or self.canonical(call) == asked.number

    def is_as_told(self, call: CdrCall, asked: AskedCall) -> bool:
        """Whether what the gate said was dialled, and perhaps a prefix before it."""
        return call.number == asked.dial or asked.dial in self._prefixes.readings(call.number)

    def canonical(self, call: CdrCall) -> str:
        plain = call.plain or call.number
        return canonical(plain, self._area_codes.get(call.trunk, ""), self._regions) if plain else ""

    @property
    def passes(self) -> tuple[Pass, ...]:
        return (
            Pass("id", lambda call: call.decision, lambda asked: asked.id),
            Pass("uniqueid", lambda call: call.uniqueid, lambda asked: asked.uniqueid),
            Pass("channel", lambda call: call.channel, lambda asked: asked.channel),
            Pass("leg", lambda call: call.leg, lambda asked: asked.kept[0].channel if asked.kept else ""),
            Pass("number", self.canonical, lambda asked: asked.number if asked.through else ""),
        )

    def can_wait(self, by: str, group: Group) -> bool:
        """A user field that is set once stays for the second trunk's row, though that trunk was asked for as
        well: there the caller's channel tells.
        """
        return by == "id" and any(
            call.channel == asked.channel and not self.same_trunk(call.trunk, asked.trunk)
            for call in group.calls
            for asked in group.asked
        )

    def pair(self, by: str, group: Group) -> tuple[list[Pair], list[CdrCall], list[AskedCall]]:
        """The pairs, and what is left of the group. Many calls on one decision: failover, or misuse."""
        pairs: dict[str, Pair] = {}
        left: list[CdrCall] = []
        used: dict[str, int] = {}  # decisions, and since when they are used up: the end of an answered call
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
                chosen, others = self._in_force(call, fitting, pairs, used), []
            if call.answer:
                used[chosen.id] = max(call.end, used.get(chosen.id, 0))
            pair = pairs.setdefault(chosen.id, Pair(chosen, [], []))
            pair.calls.append(call)
            if others:
                pair.ambiguous.append(call)
        unused = [asked for asked in group.asked if asked.id not in pairs]
        if by in ("uniqueid", "channel"):
            unused = [_another_way(asked, pairs.values()) for asked in unused]
        return list(pairs.values()), left, unused

    def _fits(self, by: str, call: CdrCall, asked: AskedCall) -> bool:
        if by == "id":
            return True
        if (call.way in ("in", "elsewhere") and by != "leg") or (asked.node != self._node and by != "number"):
            return False
        if call.number and not self.same_number(call, asked) and self._is_none_of_its(call):
            return False
        latest = call.end + SLACK + self.tolerance
        if by == "uniqueid":  # the channel may have waited for hours before it asked, and asked several times
            return call.at - DAY <= asked.at <= latest
        if by == "leg" and not _same_leg(call, asked.kept[0]):
            return False
        if by == "channel" and call.uniqueid and asked.uniqueid and call.uniqueid != asked.uniqueid:
            return False
        return call.at - FRESH - self.tolerance <= asked.at <= latest

    def _is_none_of_its(self, call: CdrCall) -> bool:
        """A person's emergency call on a telephone that also asks the gate, or one round all trunks."""
        return call.way == "unlisted" or self.is_emergency(call)

    def _in_force(
        self, call: CdrCall, fitting: list[AskedCall], pairs: Container[str], used: Mapping[str, int]
    ) -> AskedCall:
        """The decision that was in force when this was dialled: the last one before it, for its number and
        trunk.

        A dialplan that tries a second trunk asks again for it: one call, each leg with its own trunk's
        decision. The times can not tell them apart: a first trunk may fail within the CDR's second, the row
        of a caller who waited begins long before anything was asked, and the clocks may differ. So a
        recording that names the leg tells, and among decisions that are one attempt the trunk.
        """
        if len(fitting) == 1:
            return fitting[0]
        same = [asked for asked in fitting if self.same_number(call, asked)] if call.number else fitting
        likely = same or fitting
        likely = [asked for asked in likely if asked.through] or likely
        likely = [asked for asked in likely if used.get(asked.id, call.at) >= call.at] or likely
        if len(recorded := [asked for asked in likely if _recorded(asked, call)]) == 1:
            return recorded[0]
        slack = SLACK + self.tolerance
        nearest = _last_before(call, likely, slack)
        attempt = [asked for asked in likely if _same_attempt(asked, nearest)]
        here = [asked for asked in attempt if self.same_trunk(asked.trunk, call.trunk)]
        last = _last_before(call, here or [nearest], slack)
        free = [one for one in here if abs(one.at - call.at) <= slack and one.id not in pairs]
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


def _last_before(call: CdrCall, asked: list[AskedCall], slack: int) -> AskedCall:
    """The first of all, where none was asked before: the first row of a channel starts with the channel."""
    before = [one for one in asked if one.at <= call.at + slack]
    return max(before, key=_at) if before else min(asked, key=_at)


def _same_attempt(one: AskedCall, other: AskedCall) -> bool:
    """Asked again for the same callee while the call could still be made: another trunk, another try."""
    return one.number == other.number and abs(one.at - other.at) <= FRESH


def _another_way(asked: AskedCall, pairs: Iterable[Pair]) -> AskedCall:
    """One that was not dialled, while a later one for the same callee was."""
    later = any(_same_attempt(asked, pair.asked) and pair.asked.at > asked.at for pair in pairs)
    return asked._replace(went_on=True) if later and asked.through else asked


def _recorded(asked: AskedCall, call: CdrCall) -> bool:
    """Whether a recording of the decision is of this leg, answered or not as the call was."""
    return bool(call.leg) and any(
        one.channel == call.leg and bool(one.answered) == bool(call.answer) for one in asked.kept
    )


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
