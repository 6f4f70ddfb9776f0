"""The receivers outside, the outbox of what they are told, and the tail of the log that it is made of."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from dialpact.compliance.registers.complaint import Complaint
from dialpact.compliance.webhooks.delivery import (
    DeliveryEntry,
    HookState,
    Mark,
    NewDelivery,
    Sending,
    ShownDelivery,
    Waiting,
)
from dialpact.compliance.webhooks.events import Happening
from dialpact.compliance.webhooks.settings import EventType
from dialpact.store.ports.page import ALL, Page


class Tail(NamedTuple):
    """What the log says from one leaf up to ``next_leaf``, in its order. ``end``: there is no more yet.
    ``unreadable``: leaves whose rows are not what this program writes; `ledger verify` says more of them.
    """

    happened: Sequence[Happening]
    next_leaf: int
    end: bool
    unreadable: Sequence[int] = ()


class OpenComplaint(NamedTuple):
    """``business``: of its call; empty where it was matched to none."""

    complaint: Complaint
    business: str


class DayFigures(NamedTuple):
    """What happened between two instants; of a business, or of all (see :class:`Webhooks.figures`)."""

    allowed: int
    blocked: int
    undelivered: int
    reasons: Mapping[str, int]  # the first of each block
    recordings_kept: int
    recordings_failed: int
    incidents: Mapping[str, int]
    opt_outs: int


class Webhooks(Protocol):
    async def begin(self, names: Sequence[str], at: datetime) -> Sequence[HookState]:
        """Of each of these how it stands, in their order. One that is new begins with what happens from now
        on, one that was away where it was left.
        """

    async def states(self) -> Sequence[HookState]:
        """Of all that ever were, by name."""

    async def tail(self, first: int, most: int, events: Collection[EventType]) -> Tail:
        """What at most so many leaves from ``first`` on say that is one of these events."""

    async def make(
        self, name: str, before: int, next_leaf: int, new: Sequence[NewDelivery], at: datetime
    ) -> bool:
        """The deliveries, and how far the log was looked at for them: both or nothing. False, and nothing,
        where another has looked further meanwhile (``before``: as it was). What is told already by its key,
        or waits already by its id, is left out.
        """

    async def told(self, name: str, keys: Sequence[str]) -> frozenset[str]:
        """Those of them that were told by the clock already."""

    async def waiting(self, name: str) -> Sequence[Waiting]:
        """All that waits for a receiver, in the order in which it happened."""

    async def sending(self, seqs: Sequence[int]) -> Sequence[Sending]:
        """Those of them that still wait."""

    async def mark(
        self, name: str, marks: Sequence[Mark], at: datetime, *, pause: datetime | None = None, node: str = ""
    ) -> None:
        """What became of several sendings. When one has arrived after many failures in a row, whatever waits
        for its time since the receiver was away is due at once. The first that is given up is an incident
        (``node``), until none is there any more. ``pause``: until then the receiver wants nothing.
        """

    async def unsent(self, name: str, why: str, at: datetime) -> None:
        """Nothing can be sent to it from here, until something is: it stands as if it were away."""

    async def gone(self, name: str, why: str, at: datetime, *, node: str) -> None:
        """Nothing is sent to it any more, and nothing made: once an incident."""

    async def expire(self, name: str, made_before: datetime, told_before: datetime) -> None:
        """Takes out what is older, and of what was delivered all but the newest."""

    async def list(
        self, *, names: Collection[str] | None = None, state: str = "", after: str = "", most: int = ALL
    ) -> Page[DeliveryEntry]:
        """Newest first. ``names``: of these receivers; None: of all. ``after``: a page's ``next``."""

    async def get(self, id: str) -> ShownDelivery | None: ...

    async def replay(self, names: Collection[str] | None, id: str, *, by: str, at: datetime) -> int:
        """Dead letters wait again, from the first attempt on: that of ``id``, or all (of these receivers, or
        of every one); how many. An act in the log for each receiver.
        """

    async def resume(self, name: str, *, skip: bool, by: str, at: datetime) -> int:
        """It is sent to again. ``skip``: from now on, and what waits is thrown away; how many that were. An
        act in the log. Fault for one that never began.
        """

    async def forget(self, name: str, *, by: str, at: datetime) -> int:
        """All that is kept of it; how many deliveries that were. An act in the log. Fault as ``resume``."""

    async def open_complaints(self) -> Sequence[OpenComplaint]: ...

    async def figures(self, since: datetime, until: datetime, business: str) -> DayFigures:
        """Of one business only what is of its calls."""
