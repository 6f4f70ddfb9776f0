"""Somebody at the other end of a connection, for as long as a block lasts."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Callable

from dialpact.accepting import stop_accepting

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]
SECONDS = 5.0  # for ``serve`` to end once its connection is cut


@contextlib.asynccontextmanager
async def peer(serve: Serve, port: int = 0) -> AsyncIterator[tuple[str, int]]:
    """Each connection is given to ``serve``; gives the address. At the end nothing is open, and what went
    wrong in ``serve``, but for a connection that broke, is raised.
    """
    tasks: dict[asyncio.Task[None], asyncio.StreamWriter] = {}

    async def take(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        tasks[task] = writer
        try:
            with contextlib.suppress(OSError, EOFError, asyncio.LimitOverrunError):
                await serve(reader, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(take, "127.0.0.1", port)
    try:
        yield server.sockets[0].getsockname()
    finally:
        await stop_accepting(server)
        for writer in tasks.values():
            writer.transport.abort()
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=SECONDS)
            for task in late:
                task.cancel()
            await asyncio.gather(*tasks)
        await server.wait_closed()
