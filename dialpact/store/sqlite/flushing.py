"""What is committed comes to the disk without the lock that the gate waits for.

In WAL mode a commit with ``synchronous=NORMAL`` writes its pages behind those of all before it, and lets the
lock go; flushing that file then makes it as durable as ``FULL`` does, which flushes it first. Whoever commits
in between with FULL (the gate) brings it to the disk with his own; a checkpoint flushes it before the file is
begun anew. So no commit outlives a power cut that one before it, on which it was built, has not outlived.
"""

from __future__ import annotations

import asyncio
import contextlib
import os
import threading
from pathlib import Path

from dialpact.compliance.errors import StoreError


class Flushing:
    """Of one database. Those who wait at the same time wait once."""

    def __init__(self, database: Path) -> None:
        self._journal = database.with_name(f"{database.name}-wal")
        self._waiting: list[asyncio.Future[None]] = []
        self._running: asyncio.Task[None] | None = None

    async def flush(self) -> None:
        """What was committed before this was asked is on the disk. StoreError when the disk fails: it may be
        there then, or not.
        """
        mine: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append(mine)
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._run(), name="flushing")
        await mine

    async def _run(self) -> None:
        while self._waiting:
            waiting, self._waiting = self._waiting, []  # one that is begun has not all that comes meanwhile
            failure: StoreError | None = None
            try:
                await _beside(self._journal)
            except OSError as error:
                failure = StoreError(f"{self._journal}: {error}")
            for each in waiting:
                if each.done():  # nobody waits any more
                    continue
                if failure is None:
                    each.set_result(None)
                else:
                    each.set_exception(failure)


async def _beside(journal: Path) -> None:
    """On a thread of its own: all of the loop's may wait for somebody who waits for this. OSError."""
    loop = asyncio.get_running_loop()
    done: asyncio.Future[None] = loop.create_future()

    def settle(error: OSError | None) -> None:
        if done.cancelled():
            return
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)

    def run() -> None:
        failure: OSError | None = None
        try:
            _flush(journal)
        except OSError as error:
            failure = error
        with contextlib.suppress(RuntimeError):  # the loop is closed
            loop.call_soon_threadsafe(settle, failure)

    threading.Thread(target=run, name="flushing", daemon=True).start()  # a disk that hangs keeps no process
    await done


def _flush(journal: Path) -> None:
    with contextlib.suppress(FileNotFoundError):  # all of it is in the database, and that was flushed
        file = os.open(journal, os.O_RDONLY | os.O_CLOEXEC)
        try:
            os.fdatasync(file)
        finally:
            os.close(file)
