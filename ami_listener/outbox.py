"""Writes to the store that must not be lost: kept in order and tried until they are on disk.

A decision needs the same store, so while it is down no new call is let out, and what can wait here is
bounded by the calls that were up.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable

import structlog

from compliance.errors import StoreError

Write = Callable[[], Awaitable[None]]
RETRY_SECONDS = 0.5
log = structlog.get_logger()


class Outbox:
    """``put`` never waits and never fails; ``run`` does the writing."""

    def __init__(self) -> None:
        self._waiting: deque[tuple[str, Write]] = deque()
        self._filled = asyncio.Event()
        self._empty = asyncio.Event()
        self._empty.set()

    def __len__(self) -> int:
        return len(self._waiting)

    def put(self, what: str, write: Write) -> None:
        """``what`` is for the log, should the store refuse it."""
        self._waiting.append((what, write))
        self._empty.clear()
        self._filled.set()

    async def run(self) -> None:
        """Until cancelled."""
        complained = False
        while True:
            if not self._waiting:
                self._empty.set()
                self._filled.clear()
                await self._filled.wait()
            what, write = self._waiting[0]
            try:
                await write()
            except StoreError as error:
                if not complained:
                    log.error("store unavailable, retrying", what=what, waiting=len(self), error=str(error))
                complained = True
                await asyncio.sleep(RETRY_SECONDS)
                continue
            if complained:
                log.info("store available again", waiting=len(self) - 1)
            complained = False
            self._waiting.popleft()

    async def drained(self) -> None:
        """Waits until nothing is left to be written."""
        await self._empty.wait()
