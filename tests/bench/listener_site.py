"""A listener as a process, until stdin ends: ``python -m tests.bench.listener_site FOLDER PORT``."""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

import uvloop

from dialpact.cli.logs import configure_logs
from tests.ami_listener.scene import Scene


async def main(folder: Path, port: int) -> None:
    configure_logs()
    async with Scene(folder, port, folder / "recordings"):
        print("ready", flush=True)
        await asyncio.get_running_loop().run_in_executor(None, sys.stdin.read)


if __name__ == "__main__":
    uvloop.run(main(Path(sys.argv[1]), int(sys.argv[2])))
