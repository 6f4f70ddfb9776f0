"""The way between a browser and the console, which a test may cut, or let fall silent."""

from __future__ import annotations

import asyncio
import contextlib
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field

from tests.patience import WAIT


@dataclass
class Wire:
    """``port``: where a browser asks. What comes is handed on until it is cut; ``silent``: it stays here."""

    to: int
    port: int = 0
    loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    open: set[asyncio.StreamWriter] = field(default_factory=set)
    whole: bool = True
    silent: bool = False

    def cut(self) -> None:
        """Every connection ends at once, and a new one too."""
        self.whole = False
        self.loop.call_soon_threadsafe(lambda: [one.transport.abort() for one in self.open])

    def mend(self) -> None:
        self.whole, self.silent = True, False

    async def meet(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if not self.whole:
            writer.transport.abort()
            return
        there, back = await asyncio.open_connection("127.0.0.1", self.to)
        self.open |= {writer, back}
        await asyncio.gather(self._hand_on(reader, back), self._hand_on(there, writer))
        self.open -= {writer, back}

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while part := await reader.read(1 << 16):
                if not self.silent:
                    writer.write(part)
                    await writer.drain()
        writer.close()


@contextlib.contextmanager
def wire(to: int) -> Iterator[Wire]:
    made = Wire(to)
    started = threading.Event()

    def run() -> None:
        asyncio.set_event_loop(made.loop)
        server = made.loop.run_until_complete(asyncio.start_server(made.meet, "127.0.0.1", 0))
        made.port = server.sockets[0].getsockname()[1]
        started.set()
        made.loop.run_forever()
        server.close()
        made.loop.run_until_complete(_ended())
        made.loop.close()

    thread = threading.Thread(target=run)
    thread.start()
    try:
        assert started.wait(WAIT)
        yield made
    finally:
        made.cut()
        made.loop.call_soon_threadsafe(made.loop.stop)
        thread.join(WAIT)


async def _ended() -> None:
    own = asyncio.current_task()
    tasks = [task for task in asyncio.all_tasks() if task is not own]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)
