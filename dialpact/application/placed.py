"""Several entries that are asked for together: each is read, and what is wrong is told of every one."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import TypeVar

from dialpact.compliance.registers.fault import Fault, Faults

S = TypeVar("S")
T = TypeVar("T")


async def placed(given: Sequence[S], read: Callable[[S], Awaitable[T]]) -> list[T]:
    """In their order. Raises Faults when any has one, with the places of all of these."""
    found: list[T] = []
    wrong: list[tuple[int, Fault]] = []
    for place, one in enumerate(given):
        try:
            found.append(await read(one))
        except Fault as fault:
            wrong.append((place, fault))
    if wrong:
        raise Faults(wrong)
    return found
