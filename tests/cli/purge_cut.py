"""``recordings purge --yes`` in a process that is killed (kill -9) at one point. Of test_recordings_crash.py.

Arguments: wall clock, uptime in seconds, function, how many calls of it to let pass, ``before`` or ``after``.
"""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from datetime import datetime, timedelta
from pkgutil import resolve_name
from typing import Any

from dialpact.cli.app import app
from tests.cli.recorded import Host


def main(wall: str, up: str, function: str, passing: str, when: str) -> None:
    host = Host(datetime.fromisoformat(wall), timedelta(seconds=float(up)))
    place, name = function.rsplit(".", 1)
    owner = resolve_name(place)  # a module, or a class in one
    real = getattr(owner, name)
    left = int(passing)

    def cut(*given: Any, **named: Any) -> Any:
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

    setattr(owner, name, cut)
    app(["recordings", "purge", "--yes", "--by", "chen"], obj={"machine": host.machine})


if __name__ == "__main__":
    main(*sys.argv[1:])
