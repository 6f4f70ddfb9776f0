"""What the log says of an erasure; the content of leaves goes, the leaves stay."""

from __future__ import annotations

import msgspec


class Erasure(msgspec.Struct, frozen=True, kw_only=True):
    """What the log says of an erasure. ``leaves``: first and last of each run of them."""

    leaves: tuple[tuple[int, int], ...]
    count: int
    today: str  # the day that was taken for today
    reason: str = ""
