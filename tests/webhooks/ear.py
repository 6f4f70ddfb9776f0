"""A receiver in a test: what came, and an answer as the test wants it."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, NamedTuple

from tests.patience import WAIT


class Came(NamedTuple):
    """One sending."""

    target: str
    headers: dict[str, str]
    body: bytes

    @property
    def id(self) -> str:
        return self.headers["webhook-id"]

    @property
    def event(self) -> dict[str, Any]:
        return dict(json.loads(self.body))

    @property
    def data(self) -> dict[str, Any]:
        return dict(self.event["data"])


class Ear:
    """``answer``: gives the status line and headers, behind ``HTTP/1.1``; or cuts the line with ``""``."""

    def __init__(self) -> None:
        self.came: list[Came] = []
        self.answer: Callable[[Came], Awaitable[str]] = said("200 OK")
        self.url = ""
        self._new: asyncio.Queue[Came] = asyncio.Queue()

    async def next(self) -> Came:
        return await asyncio.wait_for(self._new.get(), WAIT)

    @property
    def types(self) -> list[str]:
        return [one.event["type"] for one in self.came]

    @property
    def ids(self) -> list[str]:
        return [one.id for one in self.came]

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
            first, *lines = head.strip().split("\r\n")
            headers = {
                name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)
            }
            body = await reader.readexactly(int(headers["content-length"]))
            one = Came(first.split(" ")[1], headers, body)
            self.came.append(one)
            self._new.put_nowait(one)
            if status := await self.answer(one):
                writer.write(f"HTTP/1.1 {status}\r\nContent-Length: 0\r\n\r\n".encode())
                await writer.drain()
        except (OSError, asyncio.IncompleteReadError):
            pass
        finally:
            writer.close()

    @asynccontextmanager
    async def listening(self, port: int = 0) -> AsyncIterator[Ear]:
        server = await asyncio.start_server(self._serve, "127.0.0.1", port)
        self.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}/hook"
        try:
            yield self
        finally:
            server.close()


def said(status: str) -> Callable[[Came], Awaitable[str]]:
    async def answer(_: Came) -> str:
        return status

    return answer
