"""What the store keeps of a receiver and of what is told him."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Literal, NamedTuple

from dialpact.compliance.model import Value

State = Literal["waiting", "delivered", "dead"]

SICK = 5  # failures in a row: the receiver is away, or ill
MOST_WAITING = 2_000  # of a receiver; what happens meanwhile stays in the log until there is room
KEPT_DELIVERED = 100  # newest, of a receiver, without their bodies
KEPT = timedelta(days=28)  # since it was made, whatever became of it: no profile keeps a call as short
KEPT_TOLD = timedelta(days=400)  # keys of what is told by the clock


class NewDelivery(NamedTuple):
    """``at``: when it happened. ``key``: of what is told by the clock and must not be told twice; empty for
    what the log has.
    """

    id: str  # webhook-id
    type: str
    at: datetime
    subjects: tuple[str, ...]
    body: bytes
    key: str = ""


class Waiting(NamedTuple):
    """Without its body, which is read when it is sent."""

    seq: int
    subjects: tuple[str, ...]
    next_at: datetime


class Sending(NamedTuple):
    """What is sent now. ``attempts``: that were made before."""

    seq: int
    id: str
    type: str
    body: bytes
    made_at: datetime
    attempts: int


class Mark(NamedTuple):
    """What became of one sending. ``next_at``: None when it is over, one way or the other."""

    seq: int
    state: State
    at: datetime
    why: str = ""
    away: bool = False
    next_at: datetime | None = None


class HookState(Value, frozen=True, kw_only=True):
    """How it stands with a receiver. ``next_leaf``: the first of the log that was not looked at for him."""

    name: str
    since: datetime
    next_leaf: int
    looked_at: datetime
    failures: int = 0  # in a row
    failing_since: datetime | None = None
    why: str = ""  # of the last failure
    paused_until: datetime | None = None
    disabled_at: datetime | None = None
    delivered: int = 0
    delivered_at: datetime | None = None
    told: bool = False  # that there are dead letters: once, until there are none
    waiting: int = 0
    oldest: datetime | None = None  # of those that wait
    dead: int = 0


class DeliveryEntry(Value, frozen=True, kw_only=True):
    """A delivery as it is listed."""

    id: str
    webhook: str
    type: str
    state: State
    made_at: datetime
    attempts: int
    last_at: datetime | None
    next_at: datetime | None
    why: str


class ShownDelivery(Value, frozen=True, kw_only=True):
    """With what is sent, which may have numbers in it; None once it was delivered."""

    entry: DeliveryEntry
    body: str | None
