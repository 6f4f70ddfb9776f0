"""An RTP receiver that measures what it hears, and the tone that the other side is to hear."""

from __future__ import annotations

import math
import socket
import threading
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

RATE = 8000
PACKET = 160  # samples in 20 ms
ULAW = 0


def _ulaw_to_linear(code: int) -> int:
    code = ~code & 0xFF
    magnitude = (((code & 0x0F) << 3) + 0x84 << ((code & 0x70) >> 4)) - 0x84
    return -magnitude if code & 0x80 else magnitude


LINEAR = tuple(_ulaw_to_linear(code) for code in range(256))
_SQUARES = tuple(value * value for value in LINEAR)


def ulaw(sample: int) -> int:
    """Encode one 16-bit sample (ITU-T G.711)."""
    sign = 0x80 if sample < 0 else 0
    magnitude = min(abs(sample), 32635) + 0x84
    exponent = magnitude.bit_length() - 8
    return ~(sign | exponent << 4 | magnitude >> exponent + 3 & 0x0F) & 0xFF


def tone(frequency: float, seconds: float = 1.0, dbfs: float = -12.0) -> bytes:
    """Return a mu-law sine of this RMS level; it repeats cleanly if ``frequency * seconds`` is whole."""
    peak = 32767 * 10 ** (dbfs / 20) * math.sqrt(2)
    step = 2 * math.pi * frequency / RATE
    return bytes(ulaw(round(peak * math.sin(step * n))) for n in range(round(RATE * seconds)))


def write_tone(path: Path, frequency: float, dbfs: float = -12.0) -> Path:
    """Write a second of tone for SIPp to repeat."""
    path.write_bytes(tone(frequency, dbfs=dbfs))
    return path


@dataclass
class Sound:
    """What was heard of one RTP source. Times are ``time.time()``; ``seconds`` counts packets received."""

    payload: bytearray = field(default_factory=bytearray)
    packets: int = 0
    first: float | None = None
    last: float | None = None

    @property
    def seconds(self) -> float:
        """Length of the audio received."""
        return len(self.payload) / RATE

    @property
    def dbfs(self) -> float:
        """RMS level in dB below full scale; -inf when nothing but digital silence came."""
        return level(self.payload)

    def strength(self, frequency: float) -> float:
        """Return the part (0 to 1) of the energy that lies at ``frequency`` (Goertzel)."""
        block = 4 * PACKET
        # Whole blocks only: the energy of what is left over lies at no frequency.
        samples = [LINEAR[code] for code in self.payload[: len(self.payload) // block * block]]
        energy = sum(value * value for value in samples)
        return energy_at(samples, frequency, block) / energy if energy else 0.0


def energy_at(samples: Sequence[int], frequency: float, block: int = PACKET) -> float:
    """Return the energy that lies at ``frequency`` (Goertzel), in blocks; what is left over is not in it."""
    turn = 2 * math.cos(2 * math.pi * frequency / RATE)
    energy = 0.0
    for start in range(0, len(samples) - block + 1, block):
        one = two = 0.0
        for value in samples[start : start + block]:
            one, two = value + turn * one - two, one
        energy += (one * one + two * two - turn * one * two) / (block / 2)
    return energy


def level(payload: bytes | bytearray) -> float:
    """Return the RMS level of mu-law audio in dBFS."""
    if not payload:
        return -math.inf
    mean = sum(_SQUARES[code] for code in payload) / len(payload)
    return 10 * math.log10(mean / 32768**2) if mean else -math.inf


class Ear:
    """Listens on one UDP port, on a thread of its own so that no test's event loop matters."""

    def __init__(self, address: str, port: int) -> None:
        self.address, self.port = address, port
        self._sounds: dict[int, Sound] = {}
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind((address, port))
        self._closing = False
        self._thread = threading.Thread(target=self._listen, name=f"ear {port}", daemon=True)
        self._thread.start()

    def sound(self, source_port: int | None = None) -> Sound:
        """Return what came from Asterisk's RTP port ``source_port``, by default from all of them together."""
        if source_port is not None:
            return self._sounds.get(source_port, Sound())
        together = Sound()
        for sound in list(self._sounds.values()):
            together.payload += sound.payload
            together.packets += sound.packets
            together.first = min(together.first or math.inf, sound.first or math.inf)
            together.last = max(together.last or 0, sound.last or 0)
        return together

    def close(self) -> None:
        """Stop listening; what was heard stays."""
        if not self._closing:
            self._closing = True
            self._socket.sendto(b"", (self.address, self.port))
            self._thread.join()
            self._socket.close()

    def _listen(self) -> None:
        while True:
            packet, (_, port) = self._socket.recvfrom(2048)
            if self._closing:
                return
            # Version 2, payload type mu-law; RTCP and telephone events are not sound.
            if len(packet) < 12 or packet[0] >> 6 != 2 or packet[1] & 0x7F != ULAW:
                continue
            sound = self._sounds.setdefault(port, Sound())
            sound.first = sound.first or time.time()
            sound.last = time.time()
            sound.packets += 1
            sound.payload += packet[12 + 4 * (packet[0] & 0x0F) :]
