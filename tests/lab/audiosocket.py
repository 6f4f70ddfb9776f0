"""A voice bot on AudioSocket: it says a tone in pieces of a chosen length, and counts what it hears.

The protocol is Asterisk's (res_audiosocket): a kind, a length in two bytes, the payload. Sound is linear,
8 kHz.
"""

from __future__ import annotations

import asyncio
import math
import struct
import uuid
from typing import Self

from tests.peer import peer

ID, SOUND, HANG_UP = 0x01, 0x10, 0x00
RATE = 8000


def tone(hz: float, seconds: float, dbfs: float = -20.0) -> bytes:
    peak = 32767 * 10 ** (dbfs / 20) * math.sqrt(2)
    count = round(RATE * seconds)
    return struct.pack(
        f"<{count}h", *(round(peak * math.sin(2 * math.pi * hz * n / RATE)) for n in range(count))
    )


class Bot:
    """``async with Bot() as bot``: ``bot.dial`` is what Asterisk dials to reach it."""

    def __init__(self, port: int) -> None:
        self.id = str(uuid.uuid4())
        self.heard = 0  # bytes
        self._port = port
        self._peer = peer(self._serve, port)
        self._writer: asyncio.StreamWriter | None = None
        self._here = asyncio.Event()

    @property
    def dial(self) -> str:
        return f"AudioSocket/127.0.0.1:{self._port}/{self.id}"

    async def __aenter__(self) -> Self:
        await self._peer.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        await self._peer.__aexit__(None, None, None)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._writer = writer
        while True:
            kind, length = struct.unpack("!BH", await reader.readexactly(3))
            payload = await reader.readexactly(length)
            if kind == ID:
                self._here.set()
            elif kind == SOUND:
                self.heard += len(payload)
            elif kind == HANG_UP:
                return

    async def answered(self, timeout: float = 5.0) -> None:
        await asyncio.wait_for(self._here.wait(), timeout)

    async def say(self, hz: float, seconds: float, piece: float) -> None:
        """In real time, in pieces of ``piece`` seconds."""
        assert self._writer
        clock = asyncio.get_running_loop()
        due = clock.time()
        for _ in range(round(seconds / piece)):
            sound = tone(hz, piece)
            self._writer.write(struct.pack("!BH", SOUND, len(sound)) + sound)
            due += piece
            await asyncio.sleep(max(0, due - clock.time()))
