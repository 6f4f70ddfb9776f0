"""A part of a list by its key: the rows behind a cursor, and the cursor behind them."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, TypeVar

from dialpact.compliance.registers.fault import Fault
from dialpact.store.ports.page import ALL, Page

T = TypeVar("T")
LONGEST = 2000  # characters of a cursor: more than the keys of any register make
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


def keyed_page(
    ask: Callable[..., Iterable[Any]],
    entry: Callable[[dict[str, Any]], T],
    *,
    after: str,
    most: int,
    first: Mapping[str, str | int],
) -> Page[T]:
    """The same for rows in the order of several columns, or of a text.

    ``first`` names them and what is before every value; ``ask`` takes ``after_COLUMN`` of each.
    """
    begin = keys_of(after, first) if after else dict(first)
    bounds = {f"after_{column}": value for column, value in begin.items()}
    found = [dict(row) for row in ask(**bounds, most=most + 1 if most != ALL else -1)]
    left = most != ALL and len(found) > most
    rows = found[:most] if left else found
    next = cursor_of([rows[-1][column] for column in first]) if left else ""
    return Page([entry(row) for row in rows], next)


def cursor_of(values: Sequence[str | int]) -> str:
    """The columns of the last row, in their order, as a text for whoever pages."""
    return (
        base64.urlsafe_b64encode(json.dumps(list(values), ensure_ascii=False).encode()).decode().rstrip("=")
    )


def keys_of(cursor: str, first: Mapping[str, str | int]) -> dict[str, str | int]:
    """The inverse, by the names and kinds of ``first``. Fault for a cursor that is none."""
    try:
        if len(cursor) > LONGEST:
            raise ValueError
        padded = cursor + "=" * (-len(cursor) % 4)
        values = json.loads(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (ValueError, RecursionError):
        values = None
    kinds = [type(value) for value in first.values()]
    if not isinstance(values, list) or [type(value) for value in values] != kinds:
        raise Fault("cursor", value=cursor[:40])
    if any(isinstance(value, int) and not -1 << 63 <= value < 1 << 63 for value in values):
        raise Fault("cursor", value=cursor[:40])
    return dict(zip(first, values, strict=True))
