"""A part of a list by its key: the rows behind a cursor, and the cursor behind them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page

T = TypeVar("T")
NEWEST = (1 << 63) - 1  # as ``first``, for what is listed from the newest on: behind every key


def page(
    ask: Callable[..., Iterable[Any]],
    entry: Callable[[dict[str, Any]], T],
    key: str,
    *,
    after: str,
    most: int,
    first: int = 0,
) -> Page[T]:
    """``ask`` takes ``after`` and ``most``, and gives rows in the order of their column ``key``, an integer.

    ``first``: the cursor of the beginning. One row more than asked for tells whether any is left. Raises
    Fault for a cursor that is none.
    """
    if after and not (after.isascii() and after.isdigit() and len(after) < 19):
        raise Fault("cursor", value=after[:40])
    found = [dict(row) for row in ask(after=int(after or first), most=most + 1 if most != ALL else -1)]
    left = most != ALL and len(found) > most
    rows = found[:most] if left else found
    next = str(rows[-1][key]) if left else ""
    return Page([entry(row) for row in rows], next)
