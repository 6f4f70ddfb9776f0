"""What a request's writes note of themselves, in their own transactions: so one that was cut off is found.

Whoever answers a request says what notes it (:func:`noting`); an engine asks at each of its transactions
(:func:`current`), and lets it note what this one has put in before it is on disk.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

Receipt = Callable[[Any], None]  # of the engine's connection, with all that the transaction has written
_current: ContextVar[Receipt | None] = ContextVar("receipt", default=None)


def current() -> Receipt | None:
    return _current.get()


@contextmanager
def noting(receipt: Receipt) -> Iterator[None]:
    token = _current.set(receipt)
    try:
        yield
    finally:
        _current.reset(token)
