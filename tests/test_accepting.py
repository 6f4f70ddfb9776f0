"""Who is being accepted as a server ends is cut, by it or by the kernel, and never left waiting."""

from __future__ import annotations

import asyncio
import contextlib
import socket

import pytest

from dialpact.accepting import ACCEPTING, stop_accepting
from tests.patience import WAIT


class Taken(asyncio.Protocol):
    def __init__(self, lines: list[asyncio.BaseTransport]) -> None:
        self.lines = lines

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self.lines.append(transport)


@pytest.mark.parametrize("turns", range(ACCEPTING + 2))
async def test_who_called_so_many_turns_before_the_end(turns: int) -> None:
    loop = asyncio.get_running_loop()
    lines: list[asyncio.Transport] = []
    server = await loop.create_server(lambda: Taken(lines), "127.0.0.1", 0)
    with socket.create_connection(server.sockets[0].getsockname()) as caller:
        caller.setblocking(False)
        for _ in range(turns):
            await asyncio.sleep(0)
        await stop_accepting(server)
        assert not server.is_serving()
        for line in lines:
            line.abort()
        async with asyncio.timeout(WAIT):
            with contextlib.suppress(ConnectionResetError):
                assert await loop.sock_recv(caller, 1) == b""
