"""Calls that were let out while nobody listened, and of which nothing is left to be seen.

A decision is given, the call is dialled, and before the listener has heard of its leg it is killed, or
Asterisk is, or the link between them is cut. The carrier may have answered that call, and no row says that it
was ever made. Such a decision is an incident: whether there was a call is for the carrier's bill to say.

An Asterisk that stood still and goes on is one incident, not one for each of those calls: nobody was bridged
meanwhile, as the interlock waits for the listener, and what there is to be looked into is the standstill.
"""

from __future__ import annotations

import time
from collections.abc import Container
from datetime import datetime, timedelta

from ami_listener.legs.leg_context import LegContext
from ami_listener.timings import USUAL, MissedLimits
from dialpact.compliance.carrier_leg import FRESH

KIND = "call-unseen"
STALLED = "asterisk-stalled"


class Gap:
    """The time in which nobody listened. ``since``: from then on calls may have been missed; None: nobody
    missed any.
    """

    def __init__(self, limits: MissedLimits = USUAL.missed) -> None:
        self._limits = limits
        self.since: datetime | None = None
        self.stalls: list[float] = []  # seconds of each time that Asterisk stood still
        self.lost: set[str] = set()  # decisions of calls that ended in a stall and were never let through
        self._otherwise = False  # something else than a stall made it, too
        self._silent_at: float | None = None  # monotonic, of the last answer before a silence
        self._started: datetime | None = None  # when the Asterisk of the last connection was started

    @property
    def is_stall(self) -> bool:
        """Whether it is known that nothing else was the matter."""
        return bool(self.stalls) and not self._otherwise

    def open(self, at: datetime, silent_at: float | None = None) -> None:
        """Nobody listens from ``at`` on. ``silent_at``: Asterisk does not answer any more, since then."""
        self.since = self.since or at
        if silent_at is None:
            self._otherwise = True
        else:
            self._silent_at = self._silent_at or silent_at

    def answered(self, now: datetime, uptime: int | None) -> None:
        """A new connection, to an Asterisk that runs for ``uptime`` seconds: still the same one?"""
        started = now - timedelta(seconds=uptime) if uptime is not None else None
        if self._silent_at is not None:
            before = self._started
            if started is not None and before is not None and abs(started - before) <= self._limits.same:
                self.stalls.append(time.monotonic() - self._silent_at)
            else:
                self._otherwise = True
        self._silent_at, self._started = None, started

    def close(self) -> None:
        """All that could be told of it has been."""
        self.since, self.stalls, self.lost, self._otherwise = None, [], set(), False


async def report(context: LegContext, gap: Gap, until: datetime, known: Container[str]) -> int:
    """``until``: since when the listener hears of calls again; ``known``: decisions of calls that are up. How
    many were reported. Raises StoreError.

    A decision may be dialled for ``FRESH``, so older ones may have become a call in the gap.
    """
    if gap.since is None:
        return 0
    found = await context.store.carrier_legs.missed(
        context.node, gap.since - FRESH, until, reported=KIND, together=STALLED
    )
    lost = {one.id: one.channel for one in found if one.id not in known}
    if gap.is_stall:
        _stalled(context, gap, lost)
    for decision, channel in lost.items():
        context.report(
            "call-unseen", decision, channel, "allowed while nobody listened; no call of it was seen"
        )
    gap.close()
    return len(lost)


def _stalled(context: LegContext, gap: Gap, lost: dict[str, str]) -> None:
    """Tells of the stall and of its calls, as many as fit; those are taken out of ``lost``."""
    told = sorted({*lost, *gap.lost})[: context.timings.missed.together]
    times = f" in {len(gap.stalls)} times" if len(gap.stalls) > 1 else ""
    detail = f"Asterisk did not answer for {sum(gap.stalls):.1f} s{times}"
    if told:
        detail += f"; calls that were allowed and not seen: {len(told)} ({' '.join(told)})"
    context.report("asterisk-stalled", "", "", detail)
    for decision in told:
        lost.pop(decision, None)
