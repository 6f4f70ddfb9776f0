"""Key presses as carriers send them: telephone events in the RTP stream (RFC 4733)."""

from __future__ import annotations

import asyncio
import random
import re
import socket
import struct
from dataclasses import dataclass, field

EVENTS = "0123456789*#ABCD"
TICK = 160  # timestamp units (8 kHz) of one packet, 20 ms


def event_type(sdp: str) -> int:
    """The payload type that ``sdp`` gives telephone events. LookupError when it offers none."""
    found = re.search(r"^a=rtpmap:(\d+) telephone-event/8000", sdp, re.MULTILINE)
    if not found:
        raise LookupError("telephone events were not offered")
    return int(found[1])


@dataclass
class Keys:
    """One side's keys in one call, sent from ``address`` to Asterisk's RTP ``port``.

    The events are a source of their own beside SIPp's sound, so their sequence starts anywhere. The end of
    one is sent once, not three times as telephones do: a packet of the sound that comes in between is another
    source, and Asterisk takes the next end for another key (seen on 22).
    """

    address: str
    port: int
    payload_type: int
    source: int = field(default_factory=lambda: random.getrandbits(32))
    sequence: int = field(default_factory=lambda: random.getrandbits(15))
    timestamp: int = field(default_factory=lambda: random.getrandbits(31))

    async def press(self, keys: str, milliseconds: int = 120, pause: float = 0.15) -> None:
        """Press each of ``keys`` for so long, and return when the last one is let go."""
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sender:
            sender.bind((self.address, 0))
            for number, key in enumerate(keys):
                if number:
                    await asyncio.sleep(pause)
                await self._one(sender, EVENTS.index(key), milliseconds // 20)

    async def _one(self, sender: socket.socket, event: int, packets: int) -> None:
        self.timestamp += 8000
        for number in range(1, packets + 2):
            ended = number > packets
            duration = min(number, packets) * TICK
            header = struct.pack(
                "!BBHII",
                0x80,
                self.payload_type | (0x80 if number == 1 else 0),
                self.sequence & 0xFFFF,
                self.timestamp & 0xFFFFFFFF,
                self.source,
            )
            body = struct.pack("!BBH", event, (0x80 if ended else 0) | 10, duration)
            sender.sendto(header + body, ("127.0.0.1", self.port))
            self.sequence += 1
            if not ended:
                await asyncio.sleep(0.02)
