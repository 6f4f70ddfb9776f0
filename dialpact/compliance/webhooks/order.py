"""What may be sent now: of each subject the first, and nothing behind what has not arrived."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import datetime

from dialpact.compliance.webhooks.delivery import Waiting


def ready(waiting: Iterable[Waiting], now: datetime, under_way: Collection[int], most: int) -> list[int]:
    """At most so many, in their order. ``waiting``: all of a receiver, in the order in which it happened;
    ``under_way``: those that are being sent.
    """
    held: set[str] = set()
    found: list[int] = []
    for one in waiting:
        if len(found) == most:
            break
        if one.seq not in under_way and one.next_at <= now and held.isdisjoint(one.subjects):
            found.append(one.seq)
        held.update(one.subjects)
    return found
