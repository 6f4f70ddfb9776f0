"""Questions to the disk of the recordings, never on the event loop: one that hangs must not stop the calls.

In threads of their own, a bounded number of them, so that it takes no thread from anybody else either.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

from dialpact.compliance.errors import RecordingError

P = ParamSpec("P")
T = TypeVar("T")
SECONDS = 1.0  # for an answer
THREADS = ThreadPoolExecutor(4, thread_name_prefix="disk")


async def ask(question: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    """What ``question`` returns or raises; RecordingError when the disk does not answer in time."""
    asked = THREADS.submit(question, *args, **kwargs)
    try:
        async with asyncio.timeout(SECONDS):
            return await asyncio.wrap_future(asked)
    except TimeoutError:
        asked.cancel()
        raise RecordingError(f"the disk of the recordings does not answer within {SECONDS:g} s") from None
