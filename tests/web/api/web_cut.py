"""``dialpact web`` in a process that is killed (kill -9) at one point. Of test_intake_cut.py.

Arguments: configuration, function, and ``before`` or ``after`` it, or ``made``: after it has made something.
"""

from __future__ import annotations

import inspect
import os
import signal
import sys
from pkgutil import resolve_name
from typing import Any, NoReturn

from dialpact.cli.app import app


def end() -> NoReturn:
    os.kill(os.getpid(), signal.SIGKILL)
    raise AssertionError("unreachable")


def main(config: str, function: str, when: str) -> None:
    place, name = function.rsplit(".", 1)
    owner = resolve_name(place)  # a module, or a class in one
    real = getattr(owner, name)

    def cut(*given: Any, **named: Any) -> Any:
        if when == "before":
            end()
        result = real(*given, **named)
        if inspect.iscoroutine(result):
            return awaited(result)
        if when == "after" or result:
            end()
        return result

    async def awaited(result: Any) -> None:
        await result
        end()

    setattr(owner, name, cut)
    app(["--config", config, "web"])


if __name__ == "__main__":
    main(*sys.argv[1:])
