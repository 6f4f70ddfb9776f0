"""What the product itself says of the calls: by its commands, and its ledger computed anew."""

from __future__ import annotations

import contextlib
import sqlite3
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from dialpact.compliance.ledger import merkle, record
from dialpact.store.units import ledger
from tests.lab.site import Site

PAGE = 1000


@dataclass
class Ledger:
    """The log: how many leaves of each kind, what each is of, and what does not fit."""

    kinds: Counter[str] = field(default_factory=Counter)
    keys: set[tuple[str, str]] = field(default_factory=set)
    faults: list[str] = field(default_factory=list)


def decisions(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.dialpact("calls", "list", "--limit", "0")
    return found


def recordings(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.dialpact("recordings", "list", "--limit", "0")
    return found


def incidents(site: Site) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = site.dialpact("incidents", "list", "--limit", "0")
    return found


def finished(site: Site, seconds: float = 60.0) -> None:
    """Waits until no recording is under way any more. TimeoutError."""
    until = time.monotonic() + seconds
    while open_ones := [row["state"] for row in recordings(site) if row["state"] in ("starting", "running")]:
        if time.monotonic() > until:
            raise TimeoutError(f"{len(open_ones)} recordings were never concluded")
        time.sleep(0.5)


def ledger_anew(site: Site) -> Ledger:
    """Each leaf computed from its row, the root from the leaves and from the nodes that are kept."""
    found = Ledger()
    with contextlib.closing(sqlite3.connect(site.database)) as connection:
        connection.row_factory = sqlite3.Row
        leaves: list[bytes] = []
        while page := ledger.entries(connection, len(leaves), PAGE):
            for entry in page:
                found.kinds[entry.kind] += 1
                found.keys.add((entry.kind, entry.key))
                if entry.leaf_index != len(leaves):
                    found.faults.append(f"leaf {len(leaves)} is missing")
                leaves.append(entry.leaf)
                content = ledger.content_of(connection, entry.leaf_index, entry.kind, entry.key)
                if content is None or entry.salt is None or record.leaf(entry.salt, content) != entry.leaf:
                    found.faults.append(
                        f"leaf {entry.leaf_index}: {entry.kind} {entry.key} is not what it was"
                    )
        if merkle.over(leaves)(0, len(leaves)) != ledger.root(connection, len(leaves)):
            found.faults.append("the root over all leaves is not that of the kept nodes")
        (waiting,) = connection.execute("SELECT count(*) FROM unsealed").fetchone()
        if waiting:
            found.faults.append(f"{waiting} rows wait for their leaf")
        (damage,) = connection.execute("PRAGMA integrity_check").fetchone()
        if damage != "ok":
            found.faults.append(f"SQLite: {damage}")
    return found
