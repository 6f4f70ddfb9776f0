"""Plain functions that wait: a unit of work is one for every engine, and PostgreSQL's driver is not.

A unit runs in a greenlet of its own; where it asks the database it hands what is to be awaited to whoever
runs it, and goes on with what that came to. A switch costs a microsecond, a thread sixty.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any, ParamSpec, TypeVar

import greenlet

P = ParamSpec("P")
T = TypeVar("T")


async def run(work: Callable[P, T], *given: P.args, **named: P.kwargs) -> T:
    """What ``work`` returns or raises; in it :func:`wait` may be used. Where this is cancelled, what it waits
    for is, and the cancellation goes through ``work``.
    """
    own = greenlet.greenlet(work)
    own.gr_context = greenlet.getcurrent().gr_context
    came: Any = own.switch(*given, **named)
    while not own.dead:
        try:
            result = await came
        except BaseException as error:
            came = own.throw(error)
        else:
            came = own.switch(result)
    return came  # type: ignore[no-any-return]


def wait(awaited: Awaitable[T]) -> T:
    """What it comes to. RuntimeError where nobody runs us by :func:`run`."""
    parent = greenlet.getcurrent().parent
    if parent is None:
        raise RuntimeError("only a unit of work can wait here")
    return parent.switch(awaited)  # type: ignore[no-any-return]
