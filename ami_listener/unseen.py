"""Calls that were let out while nobody listened, and of which nothing is left to be seen.

A decision is given, the call is dialled, and before the listener has heard of its leg it is killed, or
Asterisk is, or the link between them is cut. The carrier may have answered that call, and no row says that it
was ever made. Such a decision is an incident: whether there was a call is for the carrier's bill to say.
"""

from __future__ import annotations

from collections.abc import Container
from datetime import datetime

from ami_listener.bypass import FRESH
from ami_listener.desk import Desk
from compliance.store.sqlite import recordings

KIND = "call-unseen"


async def report(desk: Desk, since: datetime, until: datetime, known: Container[str]) -> int:
    """``since``: when the listener last heard of calls; ``until``: since when it does again; ``known``:
    decisions of calls that are up. How many were reported. Raises StoreError.

    A decision may be dialled for ``FRESH``, so older ones may have become a call in the gap.
    """
    found = await recordings.unseen(desk.store, desk.node, since - FRESH, until, KIND)
    lost = [row for row in found if row["id"] not in known]
    for row in lost:
        desk.report(
            "call-unseen", row["id"], row["channel"], "allowed while nobody listened; no call of it was seen"
        )
    return len(lost)
