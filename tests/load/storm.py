"""A storm of AMI events, most of them nobody's business and some of them made to hurt. Bytes, made once."""

from __future__ import annotations

import asyncio

from dialpact.testing.ami import FakeAmi
from dialpact.testing.ami_calls import Channel

EVENTS_PER_SECOND = 20_000
PIECE = 1000  # events written at once
PENDING = 1_000_000  # bytes that may wait in the fake: a fake that ran ahead would measure its own memory
Headers = list[tuple[str, str]]


def event(name: str, headers: Headers, privilege: str = "call,all") -> bytes:
    lines = [("Event", name), ("Privilege", privilege), *headers]
    return "".join(f"{key}: {value}\r\n" for key, value in lines).encode() + b"\r\n"


def changed(leg: Channel, **values: str) -> Headers:
    return [(key, values.get(key, value)) for key, value in leg.block()]


def hostile(leg: Channel) -> list[bytes]:
    """What would end, stop or hide the recording of ``leg`` if it were believed."""
    ended = [("Cause", "16"), ("Cause-txt", "Normal Clearing")]
    return [
        event("Hangup", [*changed(leg, Channel="PJSIP/carrier-ffffffff"), *ended]),  # another's name
        event("Hangup", [*changed(leg, Uniqueid="1.1"), *ended]),  # another's id
        event("Hangup", [*leg.block(), *ended], "user,all"),  # not Asterisk's own
        event("Hangup", [*leg.block(), *leg.block(), *ended]),  # twice the headers
        event("Hangup", [*changed(leg, CallerIDName="x\x01"), *ended]),  # a control character
        event("MixMonitorStop", changed(leg, CallerIDName="x\r\nChannel: y")),
        b"Event: Hangup\r\nPrivilege: call,all\r\n\r\n",  # nothing in it
        b"Event: " + b"x" * 8000 + b"\r\n\r\n",
        b"Response: Success\r\nActionID: 1\r\nMessage: nobody asked\r\n\r\n",
        b"\xff\xfe\x00: \r\n\r\n",
    ]


class Storm:
    """Of ten events eight are of other calls, one is an unused kind, one is hostile."""

    def __init__(self, legs: list[Channel]) -> None:
        attacks = [one for leg in legs for one in hostile(leg)]
        block = changed(legs[0], Channel="PJSIP/agent9-00ffffff", Uniqueid="9.9", Linkedid="9.9")
        common = [event("Newstate", block)] * 8
        common.append(event("VarSet", [*block, ("Variable", "X"), ("Value", "1")], "dialplan,all"))
        tens = (b"".join([*common, attacks[n % len(attacks)]]) for n in range(PIECE // 10))
        self.piece = b"".join(tens)

    async def blow(self, ami: FakeAmi, seconds: int) -> int:
        """Paced, and never further ahead of its reader than ``PENDING``. Returns how many were sent."""
        loop = asyncio.get_running_loop()
        began, sent = loop.time(), 0
        while sent < seconds * EVENTS_PER_SECOND and ami.listeners:
            if ami.pending <= PENDING and loop.time() >= began + sent / EVENTS_PER_SECOND:
                ami.raw(self.piece)
                sent += PIECE
            await asyncio.sleep(0.002)
        return sent
