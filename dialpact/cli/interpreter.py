"""The interpreter, set for a process that answers calls: what it is made for by default is not two threads
that hand each call to one another, nor a heap that stays.
"""

from __future__ import annotations

import asyncio
import gc
import sys
from collections.abc import Callable, Coroutine
from typing import Any

SWITCH_SECONDS = 0.0005
"""After which a thread that computes lets another one go on that waits; 5 ms by default. The event loop and
the store's thread wait for each other at every batch.
"""
THRESHOLDS = 50_000, 20, 100
"""Of objects that came to more than went, before the collector looks for cycles; 700, 10, 10 by default. A
call leaves hardly any.
"""


def settle() -> None:
    """When all is loaded. What there is by then is not looked through any more, as it stays."""
    sys.setswitchinterval(SWITCH_SECONDS)
    gc.collect()
    gc.freeze()
    gc.set_threshold(*THRESHOLDS)


def run(daemon: Coroutine[Any, Any, int]) -> int:
    """What it comes to, in an event loop of its own: uvloop where there is one (Linux)."""
    with asyncio.Runner(loop_factory=_loop_factory()) as runner:
        return runner.run(daemon)


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    try:
        import uvloop
    except ImportError:
        return None
    factory: Callable[[], asyncio.AbstractEventLoop] = uvloop.new_event_loop
    return factory
