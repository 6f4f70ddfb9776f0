"""Sound on the wire whose numbering, source and moments a test chooses: one RTP address of a phone's."""

from __future__ import annotations

import asyncio
import audioop
import contextlib
import math
import os
import random
import select
import socket
import struct
import threading
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace
from functools import cache

from tests.lab.ear import PACKET, Sound, tone
from tests.lab.keys import EVENTS

TICK = 0.02
CODECS = {"ulaw": 0, "alaw": 8, "g722": 9}
SILENCE = {"ulaw": b"\xff" * PACKET, "alaw": b"\xd5" * PACKET, "g722": b"\xfa" * PACKET}
KEY_PACKETS, PAUSE_PACKETS = 6, 8  # 120 ms of key, 160 ms between two
PRIORITY = -10  # of a thread that sends and hears; root's alone to give
LAST_PACKETS = 3  # the end of a key is sent three times, since one may be lost


@dataclass(frozen=True)
class Media:
    """What is sent, and where from. Whatever is None is chosen for you.

    ``hz`` None: packets of digital silence; ``sends`` False: not one packet, and nothing at all with it.
    ``seconds``: so long, then nothing more is sent; of early media: so long until the answer.
    """

    hz: float | None = 440.0
    dbfs: float = -20.0
    seq: int | None = None
    ssrc: int | None = None
    timestamp: int | None = None
    seconds: float | None = None
    sends: bool = True
    codec: str = "ulaw"
    address: str | None = None
    port: int | None = None


@dataclass(frozen=True)
class Packet:
    """One RTP packet that was sent or that came; ``time`` as of ``time.time()``."""

    time: float
    seq: int
    timestamp: int
    ssrc: int
    payload_type: int
    marker: bool
    payload: bytes
    peer: tuple[str, int]


@cache
def _loop(hz: float, dbfs: float, codec: str) -> tuple[bytes, ...]:
    """A second of a tone as packets: it repeats without a click if ``hz`` is a whole number."""
    sound = tone(hz, dbfs=dbfs)
    if codec == "alaw":
        sound = audioop.lin2alaw(audioop.ulaw2lin(sound, 2), 2)
    return tuple(sound[start : start + PACKET] for start in range(0, len(sound), PACKET))


class Rtp:
    """Sends and hears at one address, on a thread of its own: whatever a test waits for, the sound goes on.

    Packets are due by a clock that does not drift; nothing is sent before ``peer`` is set.
    """

    def __init__(self, media: Media) -> None:
        assert media.address and media.port and media.seq is not None
        assert media.ssrc is not None and media.timestamp is not None
        self.address, self.port = media.address, media.port
        self.seq, self.ssrc, self.timestamp = media.seq, media.ssrc, media.timestamp
        self.codec = media.codec
        self.sent: list[Packet] = []
        self.received: list[Packet] = []
        self.peer: tuple[str, int] | None = None
        self.event_type: int | None = None
        self._left = math.inf if media.seconds is None else round(media.seconds / TICK)
        self._voice: tuple[bytes, ...] | None = None
        self._paused = False
        self._ticks = self._lost = self._held = 0
        self._kept: list[bytes] = []
        self._fresh = True  # the next packet is the first one after a pause
        self._keys: deque[tuple[int, int, threading.Event]] = deque()
        self._pause = self._key_start = 0
        self._lock = threading.Lock()
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((self.address, self.port))
        if media.sends:
            self._speak(media.hz, media.dbfs)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name=f"rtp {self.port}", daemon=True)
        self._thread.start()

    def say(self, hz: float, dbfs: float = -20.0) -> None:
        """From now on this tone, at this RMS level."""
        with self._lock:
            self._speak(hz, dbfs)

    def mute(self) -> None:
        """From now on packets of digital silence."""
        with self._lock:
            self._speak(None, 0)

    def stop(self) -> None:
        """From now on no packets. The clock goes on, the numbering does not, as with a phone that saves."""
        with self._lock:
            self._voice = None

    def pause(self) -> None:
        """As ``stop``, until ``resume``."""
        self._paused = True

    def resume(self) -> None:
        """Go on after ``pause``."""
        self._paused = False

    def renumber(self, seq: int | None = None, ssrc: int | None = None, timestamp: int | None = None) -> None:
        """From now on other numbers, as when another machine takes over: what is None stays."""
        with self._lock:
            self.seq = self.seq if seq is None else seq
            self.ssrc = self.ssrc if ssrc is None else ssrc
            self.timestamp = self.timestamp if timestamp is None else timestamp
            self._fresh = True

    def become(self, media: Media) -> None:
        """From now on what ``media`` says, but from this address."""
        assert media.codec == self.codec, "a codec is agreed on for an address"
        self.renumber(media.seq, media.ssrc, media.timestamp)
        with self._lock:
            self._left = math.inf if media.seconds is None else round(media.seconds / TICK)
            self._voice = None
            if media.sends:
                self._speak(media.hz, media.dbfs)

    def lose(self, seconds: float) -> None:
        """The packets of the next ``seconds`` are numbered, but get lost."""
        with self._lock:
            self._lost = round(seconds / TICK)

    def burst(self, seconds: float) -> None:
        """The packets of the next ``seconds`` are kept, and then all sent at once, in order."""
        with self._lock:
            self._held = round(seconds / TICK)

    async def press(self, keys: str, timeout: float = 10.0) -> None:
        """Press each of ``keys`` (RFC 4733), and return when the last one is let go."""
        if self.event_type is None:
            raise LookupError("telephone events were not agreed on")
        done = [threading.Event() for _ in keys]
        with self._lock:
            self._keys.extend((EVENTS.index(key), 0, end) for key, end in zip(keys, done, strict=True))
        if not await asyncio.to_thread(done[-1].wait, timeout):
            raise TimeoutError("the keys were not sent")

    def sound(self, since: float = 0.0, until: float = math.inf, ssrc: int | None = None) -> Sound:
        """What came between two instants of ``time.time()``, of one source or of all."""
        heard = Sound()
        for packet in list(self.received):
            if packet.payload_type not in CODECS.values() or not since <= packet.time < until:
                continue
            if ssrc is not None and packet.ssrc != ssrc:
                continue
            payload = packet.payload
            if packet.payload_type == CODECS["alaw"]:
                payload = audioop.lin2ulaw(audioop.alaw2lin(payload, 2), 2)
            heard.payload += payload
            heard.packets += 1
            heard.first = heard.first or packet.time
            heard.last = packet.time
        return heard

    @property
    def keys(self) -> str:
        """The keys that came as telephone events."""
        events: dict[int, str] = {}
        for packet in list(self.received):
            if packet.payload_type == self.event_type and packet.payload:
                events.setdefault(packet.timestamp, EVENTS[packet.payload[0]])
        return "".join(events.values())

    def close(self) -> None:
        """Send and hear no more; what was heard stays."""
        if not self._closing:
            self._closing = True
            self._thread.join()
            self._socket.close()

    def _speak(self, hz: float | None, dbfs: float) -> None:
        self._voice = (SILENCE[self.codec],) if hz is None else _loop(hz, dbfs, self.codec)

    def _run(self) -> None:
        with contextlib.suppress(PermissionError):  # a telephone has a processor to itself
            os.setpriority(os.PRIO_PROCESS, threading.get_native_id(), PRIORITY)
        due = time.monotonic()
        ready = select.poll()  # a long run has more descriptors than select() can take
        ready.register(self._socket, select.POLLIN)
        while not self._closing:
            wait = due - time.monotonic()
            if wait <= 0:
                with self._lock:
                    self._tick()
                due += TICK
            elif ready.poll(wait * 1000):
                self._hear(*self._socket.recvfrom(2048))

    def _tick(self) -> None:
        if self.peer is None:
            return
        if self._keys and not self._pause:
            self._press_on()
        elif self._voice is not None and self._left > 0 and not self._paused:
            self._left -= 1
            self._send(CODECS[self.codec], self._voice[self._ticks % len(self._voice)], self.timestamp)
        else:
            self._fresh = True
        self._pause = max(0, self._pause - 1)
        self._lost = max(0, self._lost - 1)
        self._held = max(0, self._held - 1)
        if not self._held:
            for data in self._kept:
                self._socket.sendto(data, self.peer)
            self._kept.clear()
        self._ticks += 1
        self.timestamp = (self.timestamp + PACKET) & 0xFFFFFFFF

    def _press_on(self) -> None:
        event, ticks, done = self._keys.popleft()
        if not ticks:
            self._key_start = self.timestamp
            self._fresh = True  # the marker opens an event
        ticks += 1
        assert self.event_type is not None
        ended = ticks > KEY_PACKETS
        for _ in range(LAST_PACKETS if ended else 1):
            body = struct.pack("!BBH", event, (0x80 if ended else 0) | 10, min(ticks, KEY_PACKETS) * PACKET)
            self._send(self.event_type, body, self._key_start)
        if ended:
            self._pause = PAUSE_PACKETS
            done.set()
        else:
            self._keys.appendleft((event, ticks, done))

    def _send(self, payload_type: int, payload: bytes, timestamp: int) -> None:
        assert self.peer
        packet = Packet(
            *(time.time(), self.seq & 0xFFFF, timestamp, self.ssrc, payload_type),
            *(self._fresh, payload, self.peer),
        )
        self._fresh = False
        self.seq = (self.seq + 1) & 0xFFFF
        second = packet.payload_type | (0x80 if packet.marker else 0)
        data = struct.pack("!BBHII", 0x80, second, packet.seq, packet.timestamp, packet.ssrc) + payload
        if self._lost:
            return
        self.sent.append(packet)
        if self._held:
            self._kept.append(data)
        else:
            self._socket.sendto(data, self.peer)

    def _hear(self, data: bytes, peer: tuple[str, int]) -> None:
        if len(data) < 12 or data[0] >> 6 != 2:
            return
        _, second, seq, timestamp, ssrc = struct.unpack("!BBHII", data[:12])
        self.received.append(
            Packet(
                *(time.time(), seq, timestamp, ssrc, second & 0x7F, second > 0x7F),
                *(data[12 + 4 * (data[0] & 0x0F) :], peer),
            )
        )


def chosen(media: Media, number: int, address: str, take: Callable[[], int]) -> Media:
    """``media`` with nothing left open, as the source ``number`` (from 0) of a call.

    Never by chance: whether a source's numbers are before or behind those of the one before it matters to
    Asterisk. They are far behind it here, unless a test says otherwise.
    """
    seq = (1000 + 8000 * number) % 65536 if media.seq is None else media.seq
    return replace(
        media,
        seq=seq,
        ssrc=random.getrandbits(32) if media.ssrc is None else media.ssrc,
        timestamp=160 * seq if media.timestamp is None else media.timestamp,
        address=media.address or address,
        port=media.port or take(),
    )
