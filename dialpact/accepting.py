"""How a server stops to accept without losing whom it is accepting."""

from __future__ import annotations

import asyncio

ACCEPTING = 5  # turns of the event loop, and more than it takes from a connection to who serves it


async def stop_accepting(server: asyncio.Server) -> None:
    """Closes the server's listening sockets. Whoever was being accepted is with the server's protocol when
    this returns; close those connections afterwards.

    CPython 3.11 forgets a connection, open, that it accepts in the very turn in which the server closes
    (``asyncio.Server._attach`` fails, and nobody owns the socket): so taking ends first, then the server.
    """
    loop = asyncio.get_running_loop()
    for listening in server.sockets:
        loop.remove_reader(listening.fileno())
    for _ in range(ACCEPTING):
        await asyncio.sleep(0)
    server.close()
