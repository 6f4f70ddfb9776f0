"""A listener as a process, until stdin ends: ``python -m tests.bench.listener_site FOLDER PORT``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path
from typing import Self

import uvloop

from ami_listener.listener import Listener
from dialpact.cli.interpreter import settle
from dialpact.cli.logs import configure_logs
from dialpact.store.sqlite import Store
from tests.ami_listener.scene import Scene


class Shipped(Scene):
    """As the daemon has it: its store without faults, its interpreter settled."""

    async def __aenter__(self) -> Self:
        self.store = await Store.open(self.database, short_units=True)
        await self.start()
        settle()
        return self

    async def start(self) -> None:
        listener = Listener(self.config, self.store, self.clock, self.keep_until, timings=self.timings)
        self.listener, self._running = listener, asyncio.create_task(listener.run())


async def main(folder: Path, port: int) -> None:
    configure_logs()
    async with Shipped(folder, port, folder / "recordings"):
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2])))
