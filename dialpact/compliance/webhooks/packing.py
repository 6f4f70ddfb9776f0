"""From what has happened to what a receiver is sent.

One event a happening; only where very many calls are blocked (a dialler that runs wild makes thousands in a
second) an event has several of them, in their order and for as long as nothing else has happened in between.
None is left out, and none is counted instead of told.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple

import msgspec

from dialpact.compliance.veil import Veil
from dialpact.compliance.webhooks.delivery import NewDelivery
from dialpact.compliance.webhooks.events import (
    BlockedCall,
    BlockedCalls,
    DecisionBlockedEvent,
    Event,
    Happened,
    Happening,
    IncidentCreated,
    IncidentCreatedEvent,
    OptOutAdded,
    OptOutAddedEvent,
    RecordingFailed,
    RecordingFailedEvent,
)
from dialpact.compliance.webhooks.settings import EventType, WebhookConfig
from dialpact.compliance.webhooks.shown import shown
from dialpact.compliance.webhooks.signature import message_id
from dialpact.compliance.webhooks.subjects import joined, subjects

SINGLES = 20  # blocked calls that are told one by one, of what is looked at together
MOST_TOGETHER = 50  # in one event
MOST_BYTES = 16_384  # of an event of several
OWN = ("webhook-dead", "webhook-gone")  # incidents about a receiver, which he would wait for himself


class Packed(NamedTuple):
    """``rest``: the first leaf for which there was no more room; None: there was for all."""

    new: Sequence[NewDelivery]
    rest: int | None


def packed(name: str, hook: WebhookConfig, happened: Sequence[Happening], most: int) -> Packed:
    """At most so many deliveries."""
    heard = [one for one in happened if _is_for(name, hook, one)]
    many = sum(isinstance(one.data, BlockedCall) for one in heard) > SINGLES
    made: list[NewDelivery] = []
    pack = _Pack(name, hook)
    for one in heard:
        if isinstance(one.data, BlockedCall) and many and pack.takes(one):
            pack.add(one)
            continue
        made += pack.closed()
        if len(made) >= most:
            return Packed(made, one.leaf)
        if isinstance(one.data, BlockedCall):
            pack.add(one)
        else:
            made.append(delivery(name, event(one.at, _shown(hook, one)), subjects(one.data), _leaf(one)))
    return Packed([*made, *pack.closed()], None)


def event(at: datetime, data: Happened) -> Event:
    match data:
        case BlockedCall():
            return DecisionBlockedEvent(timestamp=at, data=BlockedCalls(decisions=(data,)))
        case OptOutAdded():
            return OptOutAddedEvent(timestamp=at, data=data)
        case RecordingFailed():
            return RecordingFailedEvent(timestamp=at, data=data)
        case IncidentCreated():
            return IncidentCreatedEvent(timestamp=at, data=data)


def delivery(
    name: str, event: Event, about: tuple[str, ...], place: str, *, once: bool = False
) -> NewDelivery:
    """``place``: the leaf of the log, or the key of what is told by the clock, and then ``once``."""
    body = msgspec.json.encode(event)
    type = str(event.__struct_config__.tag)
    id, key = message_id(name, place, body), place if once else ""
    return NewDelivery(id=id, type=type, at=event.timestamp, subjects=about, body=body, key=key)


def _leaf(one: Happening) -> str:
    return f"leaf {one.leaf}"


def _is_for(name: str, hook: WebhookConfig, one: Happening) -> bool:
    data = one.data
    if isinstance(data, IncidentCreated) and data.kind in OWN and data.detail.partition(":")[0] == name:
        return False
    return hook.hears(_type(data), one.business)


def _type(data: Happened) -> EventType:
    match data:
        case BlockedCall():
            return "decision.blocked"
        case OptOutAdded():
            return "opt_out.added"
        case RecordingFailed():
            return "recording.failed"
        case IncidentCreated():
            return "incident.created"


def _shown(hook: WebhookConfig, one: Happening) -> Happened:
    return shown(one.data, Veil(one.about, one.own, full=hook.numbers))


class _Pack:
    """Blocked calls that go into one event."""

    def __init__(self, name: str, hook: WebhookConfig) -> None:
        self._name, self._hook = name, hook
        self._calls: list[BlockedCall] = []
        self._about: list[tuple[str, ...]] = []
        self._size, self._place = 0, ""
        self._at: datetime | None = None

    def takes(self, one: Happening) -> bool:
        return bool(self._calls) and len(self._calls) < MOST_TOGETHER and self._size < MOST_BYTES

    def add(self, one: Happening) -> None:
        data = _shown(self._hook, one)
        assert isinstance(data, BlockedCall)
        self._place = self._place if self._calls else _leaf(one)
        self._calls.append(data)
        self._about.append(subjects(one.data))
        self._size += len(msgspec.json.encode(data))
        self._at = one.at

    def closed(self) -> list[NewDelivery]:
        """The event, and an empty pack; nothing when it is empty already."""
        if not self._calls or self._at is None:
            return []
        event = DecisionBlockedEvent(timestamp=self._at, data=BlockedCalls(decisions=tuple(self._calls)))
        made = delivery(self._name, event, joined(self._about), self._place)
        self._calls, self._about, self._size, self._at = [], [], 0, None
        return [made]
