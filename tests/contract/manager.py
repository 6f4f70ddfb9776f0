"""A plain AMI client that keeps all that was said, as it was said."""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Callable
from typing import Self

from ami_listener.ami import wire
from ami_listener.ami.wire import Message
from tests.patience import WAIT


class Manager:
    """``said``: ``<`` and an action, or ``>`` and what came from Asterisk, raw and without the empty line."""

    def __init__(self, host: str, port: int) -> None:
        self._host, self._port = host, port
        self.said: list[tuple[str, bytes]] = []
        self.messages: list[Message] = []
        self.closed = False
        self._news = asyncio.Condition()

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection(self._host, self._port)
        self.said.append((">", (await self._reader.readuntil(b"\r\n")).strip()))
        self._reading = asyncio.create_task(self._read())
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        self._reading.cancel()
        await asyncio.wait([self._reading])

    async def _read(self) -> None:
        try:
            while True:
                raw = (await self._reader.readuntil(b"\r\n\r\n")).removesuffix(b"\r\n\r\n")
                async with self._news:
                    self.said.append((">", raw))
                    self.messages.append(wire.read(raw))
                    self._news.notify_all()
        except (OSError, asyncio.IncompleteReadError):
            async with self._news:
                self.closed = True
                self._news.notify_all()

    async def until(self, condition: Callable[[], object]) -> None:
        """Waits until what has come makes ``condition`` true."""
        async with asyncio.timeout(WAIT), self._news:
            await self._news.wait_for(condition)

    async def do(self, action: str, **headers: str) -> list[Message]:
        """One action, and all that answers it: one message, or those of a list."""
        ident = secrets.token_hex(16)
        lines = [("Action", action), ("ActionID", ident), *headers.items()]
        text = "\r\n".join(f"{key}: {value}" for key, value in lines)
        self.said.append(("<", text.encode()))
        self._writer.write(text.encode() + b"\r\n\r\n")

        def found() -> list[Message]:
            return [message for message in self.messages if message.get("ActionID") == ident]

        def whole() -> bool:
            answers = found()
            return bool(answers) and (
                answers[0].get("EventList") != "start" or answers[-1].get("EventList") == "Complete"
            )

        await self.until(whole)
        return found()

    async def event(self, name: str, **headers: str) -> Message:
        """Waits for such an event (it may have come already): ``Channel="PJSIP/carrier-"`` begins so."""

        def found() -> list[Message]:
            return [
                message
                for message in self.messages
                if message.kind == "Event"
                and message.name == name
                and all((message.get(key) or "").startswith(value) for key, value in headers.items())
            ]

        await self.until(found)
        return found()[-1]
