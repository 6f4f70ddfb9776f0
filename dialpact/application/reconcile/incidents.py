"""The findings of a reconciliation, kept as incidents."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice
from typing import NamedTuple

from dialpact.compliance.reconcile import CdrFinding
from dialpact.compliance.reconcile.incidents import incident
from dialpact.store.ports import Store

TOGETHER = 200  # incidents a transaction


class Written(NamedTuple):
    """Incidents. ``known``: written before, or seen by the listener."""

    written: int
    known: int


async def write_incidents(store: Store, found: Iterable[CdrFinding], node: str) -> Written:
    """StoreError; what was written until then stays, and the next run goes on from there."""
    waiting = (made for one in found if (made := incident(one, node)) is not None)
    written = known = 0
    while batch := list(islice(waiting, TOGETHER)):
        new = await store.reconciliations.write(batch)
        written += new
        known += len(batch) - new
    return Written(written, known)
