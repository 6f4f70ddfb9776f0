"""A voice bot's own program, as AudioSocket and chan_websocket connect to one: it says a tone, and hears."""

from __future__ import annotations

import asyncio
import audioop
import base64
import contextlib
import hashlib
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable

from tests.lab.ear import Sound, tone
from tests.peer import peer

HANGUP, ID, AUDIO = 0x00, 0x01, 0x10  # AudioSocket's kinds
TEXT, BINARY, CLOSE, PING = 0x1, 0x2, 0x8, 0x9  # a WebSocket's
PONG = 0xA
MAGIC = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"  # RFC 6455
Send = Callable[[bytes], Awaitable[None]]


class Bot:
    """``piece``: of so many seconds are the pieces in which it speaks, each at once and in its time."""

    def __init__(self, hz: float, piece: float) -> None:
        self.port = 0
        self.calls: list[str] = []  # who called: the AudioSocket's UUID, the WebSocket's first words
        self.heard = Sound()
        self._piece = piece
        self._said = tone(hz, piece)

    def hear(self, ulaw: bytes) -> None:
        self.heard.payload += ulaw
        self.heard.packets += 1

    async def speak(self, send: Send) -> None:
        """Until it is cancelled, or the other side is gone."""
        loop = asyncio.get_running_loop()
        at = loop.time()
        with contextlib.suppress(ConnectionError):
            while True:
                await send(self._said)
                at += self._piece
                await asyncio.sleep(at - loop.time())


@contextlib.asynccontextmanager
async def audiosocket(port: int, hz: float, piece: float = 0.02) -> AsyncIterator[Bot]:
    """Speaks linear sound of 8 kHz."""
    bot = Bot(hz, piece)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def send(ulaw: bytes) -> None:
            sound = audioop.ulaw2lin(ulaw, 2)
            writer.write(bytes([AUDIO]) + len(sound).to_bytes(2, "big") + sound)
            await writer.drain()

        while True:
            kind, *length = await reader.readexactly(3)
            payload = await reader.readexactly(int.from_bytes(length, "big"))
            if kind == ID:
                bot.calls.append(str(uuid.UUID(bytes=payload)))
                speaking.append(asyncio.create_task(bot.speak(send)))
            elif kind == AUDIO:
                bot.hear(audioop.lin2ulaw(payload, 2))
            elif kind == HANGUP:
                return

    speaking: list[asyncio.Task[None]] = []
    async with peer(talk, port):
        yield bot
        for task in speaking:
            task.cancel()


@contextlib.asynccontextmanager
async def websocket(port: int, hz: float, piece: float = 0.2) -> AsyncIterator[Bot]:
    """Speaks mu-law. Asterisk is the client (websocket_client.conf)."""
    bot = Bot(hz, piece)

    async def talk(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        async def send(payload: bytes, kind: int = BINARY) -> None:
            size = len(payload)
            length = bytes([size]) if size < 126 else bytes([126]) + size.to_bytes(2, "big")
            writer.write(bytes([0x80 | kind]) + length + payload)
            await writer.drain()

        writer.write(_accepted((await reader.readuntil(b"\r\n\r\n")).decode()))
        while True:
            kind, payload = await _frame(reader)
            if kind == TEXT and payload.startswith(b"MEDIA_START"):
                bot.calls.append(payload.decode())
                speaking.append(asyncio.create_task(bot.speak(send)))
            elif kind == BINARY:
                bot.hear(payload)
            elif kind == PING:
                await send(payload, PONG)
            elif kind == CLOSE:
                return

    speaking: list[asyncio.Task[None]] = []
    async with peer(talk, port):
        yield bot
        for task in speaking:
            task.cancel()


def _accepted(request: str) -> bytes:
    lines = (line.partition(": ") for line in request.splitlines()[1:])
    headers = {name.lower(): value for name, _, value in lines}
    key = headers["sec-websocket-key"] + MAGIC
    return (
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n"
        f"Sec-WebSocket-Protocol: {headers['sec-websocket-protocol']}\r\n"
        f"Sec-WebSocket-Accept: {base64.b64encode(hashlib.sha1(key.encode()).digest()).decode()}\r\n\r\n"
    ).encode()


async def _frame(reader: asyncio.StreamReader) -> tuple[int, bytes]:
    first, second = await reader.readexactly(2)
    size = second & 0x7F
    if size > 125:
        size = int.from_bytes(await reader.readexactly(2 if size == 126 else 8), "big")
    mask = await reader.readexactly(4) if second & 0x80 else bytes(4)
    masked = await reader.readexactly(size)
    return first & 0x0F, bytes(byte ^ mask[at % 4] for at, byte in enumerate(masked))
