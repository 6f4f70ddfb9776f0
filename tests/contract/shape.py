"""What has to be the same on the fake: order, fields and their order, and the values that count."""

from __future__ import annotations

from collections.abc import Iterable

from ami_listener.ami import wire
from ami_listener.ami.wire import Message
from tests.contract.worlds import CARRIER

# Not BridgeTechnology: without a recording Asterisk may change a bridge to native_rtp, when it likes.
# Values in these say what happened. The others (numbers, names, places in a dialplan) belong to the site.
TELLING = {
    "ChannelState",
    "ChannelStateDesc",
    "DestChannelState",
    "DestChannelStateDesc",
    "DialStatus",
    "Direction",
    "State",
    "Privilege",
    "Cause",
    "Cause-txt",
    "Variable",
    "Value",
    "Message",
    "Ping",
    "EventList",
    "Status",
    "BridgeType",
    "BridgeCreator",
    "BridgeName",
    "BridgeVideoSourceMode",
}
# Sent by some calls only, by how the channel driver learned of the end.
NOT_ALWAYS = {"TechCause"}
Shape = tuple[str, ...]


def shape(message: Message) -> Shape:
    """Each header, and its value where that counts."""
    first, *others = [(key, value) for key, value in message.headers if key not in NOT_ALWAYS]
    return (
        f"{first[0]}: {first[1]}",
        *(f"{key}: {value}" if key in TELLING else key for key, value in others),
    )


def answers(messages: Iterable[Message]) -> list[Shape]:
    """What answered the actions; of a list, the rows of carrier legs."""
    return [
        shape(message)
        for message in messages
        if message.get("ActionID") and (message.get("Channel") or CARRIER).startswith(CARRIER)
    ]


def of_the_leg(messages: Iterable[Message]) -> list[Shape]:
    """The events of the carrier's leg, which are the ones that the listener goes by."""
    return [
        shape(message)
        for message in messages
        if message.kind == "Event"
        and not message.get("ActionID")
        and (message.get("DestChannel") or message.get("Channel") or CARRIER).startswith(CARRIER)
    ]


def actions(said: Iterable[tuple[str, bytes]]) -> list[list[str]]:
    """What was sent to the other side: the headers' names, and which action."""
    return [
        [
            line.decode() if line.startswith(b"Action:") else line.partition(b":")[0].decode()
            for line in raw.split(b"\r\n")
        ]
        for way, raw in said
        if way == "<"
    ]


def messages_of(said: Iterable[tuple[str, bytes]]) -> list[Message]:
    """All that came from Asterisk but its greeting."""
    return [
        wire.read(raw) for way, raw in said if way == ">" and not raw.startswith(b"Asterisk Call Manager/")
    ]
