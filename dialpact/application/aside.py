"""Long work off the event loop, a part at a time."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from typing import TypeVar

T = TypeVar("T")
_END = object()


async def aside(work: Iterator[T]) -> AsyncIterator[T]:
    """What ``work`` yields; what it does from one to the next is done in a thread, never two at once.

    Whoever is cancelled waits for nothing, and at most one part is still done: so parts are to be short, some
    ten milliseconds.
    """
    while (part := await asyncio.to_thread(next, work, _END)) is not _END:
        yield part  # type: ignore[misc]  # (not the end, so one of its own)
