"""A part of a list, and where the next part begins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Generic, TypeVar

import msgspec

T = TypeVar("T")
ALL = 0  # as a limit: no limit


class Page(msgspec.Struct, Generic[T], frozen=True):
    """``next``: the cursor to ask for the rows behind these; empty when these are the last ones."""

    rows: Sequence[T]
    next: str = ""
