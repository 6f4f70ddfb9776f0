"""Came in, or originated? For calls of which no record can tell: a stranger's number, in a context not named.

A CDR holds the last context of a call, so a ``Goto`` out of the one that it came into hides where it came in;
an Originate looks the same when it shows a stranger's number. What a context's calls have in common tells:

1. Calls from outside get there if one ended there that nobody had answered: an Originate is sent into a
   dialplan by its answer.
2. One number on nearly all of many is a program's.
3. Where most calls end in contexts that were not named, naming them tells nothing: they came in.
4. Else the names are where calls end, and whatever is on a trunk elsewhere was originated.
"""

from __future__ import annotations

from typing import Literal

from dialpact.compliance.reconcile.values import CdrCall

MANY = 50  # calls of a context: of fewer, one who calls again and again may be a person


class _Seen:
    """A context that was not named. ``shows``: the number that may be on most of them (Boyer and Moore)."""

    def __init__(self) -> None:
        self.calls = self.lead = 0
        self.reached = False
        self.shows = ""

    def add(self, number: str) -> None:
        self.calls += 1
        if not self.lead:
            self.shows = number
        self.lead += 1 if number == self.shows else -1

    @property
    def is_programs(self) -> bool:
        """The number that leads by half of them is on three quarters of them at least."""
        return not self.reached and self.calls >= MANY and self.lead * 2 >= self.calls


class InboundContexts:
    """``feed`` it with every call, then ask."""

    def __init__(self, named: frozenset[str] = frozenset()) -> None:
        self._named = named
        self._there = 0
        self._seen: dict[str, _Seen] = {}

    def feed(self, call: CdrCall) -> None:
        if call.way == "in":
            if call.context in self._named:
                self._there += 1
            else:
                self._of(call).reached = True
        if call.way == "elsewhere":
            self._of(call).add(call.caller_id)

    def _of(self, call: CdrCall) -> _Seen:
        return self._seen.setdefault(call.context, _Seen())

    def way(self, call: CdrCall) -> Literal["originated", "in"]:
        """Of one ``elsewhere``."""
        here = self._of(call)
        if here.reached:
            return "in"
        others = sum(one.calls for one in self._seen.values() if not one.is_programs)
        return "originated" if here.is_programs or others <= self._there else "in"
