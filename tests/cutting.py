"""A process that is killed (kill -9) at one point of its work: before or after a call of one function."""

from __future__ import annotations

import asyncio
import os
import signal
from pkgutil import resolve_name
from typing import Any


def cut(function: str, passing: int, when: str) -> None:
    """``passing``: how many calls of it to let pass; ``when``: ``before`` or ``after``."""
    place, name = function.rsplit(".", 1)
    owner = resolve_name(place)  # a module, or a class in one
    real = getattr(owner, name)
    left = passing

    def cutting(*given: Any, **named: Any) -> Any:
        nonlocal left
        left -= 1
        if left >= 0:
            return real(*given, **named)
        if when == "after":
            result = real(*given, **named)
            if asyncio.iscoroutine(result):
                return end(result)
        os.kill(os.getpid(), signal.SIGKILL)
        return None

    async def end(result: Any) -> None:
        await result
        os.kill(os.getpid(), signal.SIGKILL)

    setattr(owner, name, cutting)
