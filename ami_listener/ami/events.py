"""AMI events as values, made only from messages that look exactly as Asterisk writes them.

A message is taken for an event when it has no flaw (``wire``), starts with ``Event`` and ``Privilege``, and
has the usual headers in the usual order. That it is about a channel the listener knows is checked by the
listener. The order is the same from Asterisk 16 to 22; headers that a site can switch on are left out of
the comparison.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import msgspec

from ami_listener.ami.wire import Message


class Event(msgspec.Struct, frozen=True, tag=True):
    """Base of all events."""


class Booted(Event, frozen=True):
    """Asterisk has loaded everything and takes calls. ``uptime``: seconds; None when it does not say."""

    uptime: int | None = None


class ShuttingDown(Event, frozen=True):
    pass


class ChannelEvent(Event, frozen=True):
    channel: str
    uniqueid: str


class Created(ChannelEvent, frozen=True):
    """A channel is there: ``Ring`` for a call that comes in, ``Down`` for one that is to be dialled."""

    state: str


class Origin(msgspec.Struct, frozen=True):
    """Who dials a leg, as far as AMI tells. No caller: an Originate, or a leg that was found later."""

    caller: str = ""  # channel
    caller_id: str = ""  # its unique id
    linkedid: str = ""  # of the leg: the call that it belongs to
    number: str = ""  # the caller's
    context: str = ""
    exten: str = ""
    account: str = ""
    seen: bool = True  # False: the dialling was not seen

    def same_call(self, other: Origin) -> bool:
        return bool(self.caller_id and self.caller_id == other.caller_id) or bool(
            self.linkedid and self.linkedid == other.linkedid
        )


UNSEEN = Origin(seen=False)


class DialBegun(ChannelEvent, frozen=True):
    """A leg is being dialled. ``dial``: the dial string behind the technology, ``13800138000@carrier``."""

    dial: str
    origin: Origin


class DialEnded(ChannelEvent, frozen=True):
    status: str  # ANSWER, BUSY, CANCEL, ...


class DialForwarded(ChannelEvent, frozen=True):
    """The carrier sends the call on to another number: Dial gives this leg up, whether it follows or not."""


class StateChanged(ChannelEvent, frozen=True):
    state: str  # Down, Ring, Ringing, Up, ...


class Renamed(ChannelEvent, frozen=True):
    new: str


class BridgeEntered(ChannelEvent, frozen=True):
    """``purpose``: basic, base, parking, stasis ...; ``technology``: simple_bridge, softmix, ..."""

    bridge: str = ""  # its unique id
    purpose: str = ""
    technology: str = ""


class BridgeLeft(ChannelEvent, frozen=True):
    bridge: str = ""


class MonitorStarted(ChannelEvent, frozen=True):
    pass


class MonitorStopped(ChannelEvent, frozen=True):
    """Names neither file nor MixMonitor."""


class MonitorMuted(ChannelEvent, frozen=True):
    muted: bool
    direction: str


class SpyBegan(ChannelEvent, frozen=True):
    """``channel`` listens to another, and may speak to it."""

    spied_channel: str
    spied: str  # its unique id


class SpyEnded(ChannelEvent, frozen=True):
    pass


class KeyPressed(ChannelEvent, frozen=True):
    """A key that came in. Its digit may be one of a card's number: nothing may print it."""

    digit: str
    received: bool  # not one that Asterisk sent

    def __repr__(self) -> str:
        return f"KeyPressed({self.channel!r}, {self.uniqueid!r})"


class HungUp(ChannelEvent, frozen=True):
    cause: int | None  # Q.850


_BLOCK = [
    "Channel",
    "ChannelState",
    "ChannelStateDesc",
    "CallerIDNum",
    "CallerIDName",
    "ConnectedLineNum",
    "ConnectedLineName",
    "Language",
    "AccountCode",
    "Context",
    "Exten",
    "Priority",
    "Uniqueid",
    "Linkedid",
]
_DEST = [f"Dest{key}" for key in _BLOCK]
_SPYER, _SPYEE = [f"Spyer{key}" for key in _BLOCK], [f"Spyee{key}" for key in _BLOCK]
_BRIDGE = [
    "BridgeUniqueid",
    "BridgeType",
    "BridgeTechnology",
    "BridgeCreator",
    "BridgeName",
    "BridgeNumChannels",
]
# Written by Asterisk when a site asks for them (timestampevents, debug, channelvars, tenants).
_OPTIONAL = frozenset(
    {
        "Timestamp",
        "SequenceNumber",
        "File",
        "Line",
        "Func",
        "SystemName",
        "TenantID",
        "DestTenantID",
        "BridgeVideoSourceMode",
        "BridgeVideoSource",
        "ChanVariable",
        "DestChanVariable",
    }
)


def _own(kind: Callable[..., Event], **more: str) -> Callable[[Message], Event]:
    def make(message: Message) -> Event:
        extra = {field: message.get(key) for field, key in more.items()}
        return kind(channel=message.get("Channel"), uniqueid=message.get("Uniqueid"), **extra)

    return make


def _dest(kind: Callable[..., Event], **more: str) -> Callable[[Message], Event]:
    def make(message: Message) -> Event:
        extra = {field: message.get(key) for field, key in more.items()}
        return kind(channel=message.get("DestChannel"), uniqueid=message.get("DestUniqueid"), **extra)

    return make


def _spy_began(message: Message) -> Event:
    return SpyBegan(
        channel=message.get("SpyerChannel"),
        uniqueid=message.get("SpyerUniqueid"),
        spied_channel=message.get("SpyeeChannel"),
        spied=message.get("SpyeeUniqueid"),
    )


def _spy_ended(message: Message) -> Event:
    return SpyEnded(channel=message.get("SpyerChannel"), uniqueid=message.get("SpyerUniqueid"))


def _begun(message: Message) -> Event:
    """An Originate has no caller; its account code is the leg's own."""
    return DialBegun(
        channel=message.get("DestChannel"),
        uniqueid=message.get("DestUniqueid"),
        dial=message.get("DialString"),
        origin=Origin(
            caller=message.get("Channel"),
            caller_id=message.get("Uniqueid"),
            linkedid=message.get("DestLinkedid"),
            number=message.get("CallerIDNum"),
            context=message.get("Context"),
            exten=message.get("Exten"),
            account=message.get("AccountCode") or message.get("DestAccountCode"),
        ),
    )


def _booted(message: Message) -> Event:
    uptime = message.get("Uptime")
    return Booted(int(uptime) if re.fullmatch(r"[0-9]{1,10}", uptime) else None)


def _hung_up(message: Message) -> Event:
    cause = message.get("Cause")
    return HungUp(
        channel=message.get("Channel"),
        uniqueid=message.get("Uniqueid"),
        cause=int(cause) if re.fullmatch(r"[0-9]{1,3}", cause) else None,
    )


def _pressed(message: Message) -> Event:
    return KeyPressed(
        channel=message.get("Channel"),
        uniqueid=message.get("Uniqueid"),
        digit=message.get("Digit"),
        received=message.get("Direction") == "Received",
    )


def _muted(message: Message) -> Event:
    return MonitorMuted(
        channel=message.get("Channel"),
        uniqueid=message.get("Uniqueid"),
        muted=message.get("State") != "0",
        direction=message.get("Direction"),
    )


# Event name -> privilege, the headers that it must have one after the other, and what it becomes. An
# Originate's dial events have no caller's block.
_SHAPES: dict[str, list[tuple[str, list[str], Callable[[Message], Event]]]] = {
    "FullyBooted": [("system,all", [], _booted)],
    "Shutdown": [("system,all", ["Shutdown"], lambda _: ShuttingDown())],
    "Newchannel": [("call,all", _BLOCK, _own(Created, state="ChannelStateDesc"))],
    "DialBegin": [
        ("call,all", [*_BLOCK, *_DEST, "DialString"], _begun),
        ("call,all", [*_DEST, "DialString"], _begun),
    ],
    "DialEnd": [
        ("call,all", [*_BLOCK, *_DEST, "DialStatus"], _dest(DialEnded, status="DialStatus")),
        ("call,all", [*_DEST, "DialStatus"], _dest(DialEnded, status="DialStatus")),
        # Its status is CANCEL, and nobody cancelled.
        ("call,all", [*_BLOCK, *_DEST, "Forward", "DialStatus"], _dest(DialForwarded)),
        ("call,all", [*_DEST, "Forward", "DialStatus"], _dest(DialForwarded)),
    ],
    "Newstate": [("call,all", _BLOCK, _own(StateChanged, state="ChannelStateDesc"))],
    "Rename": [("call,all", ["Channel", "Newname", "Uniqueid"], _own(Renamed, new="Newname"))],
    "BridgeEnter": [
        (
            "call,all",
            [*_BRIDGE, *_BLOCK],
            _own(BridgeEntered, bridge="BridgeUniqueid", purpose="BridgeType", technology="BridgeTechnology"),
        )
    ],
    "BridgeLeave": [("call,all", [*_BRIDGE, *_BLOCK], _own(BridgeLeft, bridge="BridgeUniqueid"))],
    "MixMonitorStart": [("call,all", _BLOCK, _own(MonitorStarted))],
    "MixMonitorStop": [("call,all", _BLOCK, _own(MonitorStopped))],
    "MixMonitorMute": [("call,all", [*_BLOCK, "Direction", "State"], _muted)],
    "ChanSpyStart": [("call,all", [*_SPYER, *_SPYEE], _spy_began)],
    # The one who was spied on may be gone.
    "ChanSpyStop": [("call,all", [*_SPYER, *_SPYEE], _spy_ended), ("call,all", _SPYER, _spy_ended)],
    "DTMFEnd": [("dtmf,all", [*_BLOCK, "Digit", "DurationMs", "Direction"], _pressed)],
    "Hangup": [("call,all", [*_BLOCK, "Cause", "Cause-txt"], _hung_up)],
}
NAMES = tuple(_SHAPES)  # what the listener's event filter must let through


_MOST_FORMS = 512
_forms: dict[tuple[str, tuple[str, ...]], list[tuple[str, Callable[[Message], Event]]]] = {}


def read(message: Message) -> Event | None:
    """The event, or None for one that the listener has no use for or that does not look as it should."""
    if message.flaw or message.kind != "Event" or (name := message.name) not in _SHAPES:
        return None
    form = name, message.keys
    if (fitting := _forms.get(form)) is None:
        if len(_forms) >= _MOST_FORMS:  # who can make keys up must not fill our memory
            _forms.clear()
        fitting = _forms[form] = _fitting(*form)
    for privilege, make in fitting:
        if message.get("Privilege") == privilege:
            event = make(message)
            # A name that can not be printed is none of ours, and would not be told apart where it is shown.
            printable = not isinstance(event, ChannelEvent) or event.channel.isprintable()
            return event if printable else None
    return None


def _fitting(name: str, keys: tuple[str, ...]) -> list[tuple[str, Callable[[Message], Event]]]:
    """The shapes that a message of this name has by its keys: the privilege it needs, and what it becomes."""
    told = [key for key in keys[1:] if key not in _OPTIONAL]
    return [
        (privilege, make)
        for privilege, usual, make in _SHAPES[name]
        if told[: 1 + len(usual)] == ["Privilege", *usual]
    ]
