"""Holds, disposals, days and trusted time, held against what the log says of them.

``ledger verify`` does it for the whole log; ``recordings purge`` and ``ledger erase`` before anything goes.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from dialpact.application.ledger.audit.found import Findings
from dialpact.application.ledger.audit.intact import BROKEN, intact
from dialpact.compliance import retention_replay
from dialpact.compliance.retention_replay import Difference, Followed
from dialpact.store.ports.audits import Snapshot

# What differences are of.
REGISTERS = ("hold", "disposal", "recording", "clock", "decision", "register-change", "guard")
NOTHING = Followed(None, False)


def replay(snapshot: Snapshot, findings: Findings, *, guards: bool) -> Followed:
    """Adds what it finds; what trusted time comes to. ``guards``: also whether the store watches over it
    still.
    """
    rows, followed = snapshot.retention, NOTHING
    for said in retention_replay.holds(rows.hold_acts(), rows.hold_rows()):
        _add(snapshot, findings, said)
    try:
        for said in (*rows.disposals(), *rows.days()):
            _add(snapshot, findings, said)
    except BROKEN:
        pass  # a record that is no JSON: it is named as changed itself
    for one in retention_replay.clocks(rows.readings(), rows.trusted_from()):
        if isinstance(one, Followed):
            followed = one
        else:
            _add(snapshot, findings, one)
    for key in sorted(set(rows.held())):
        if not intact(snapshot, "recording", key):
            _add(snapshot, findings, Difference("held-changed", "recording", key))
    if guards:
        for said in rows.guards():
            _add(snapshot, findings, said)
    return followed


def walk(snapshot: Snapshot, findings: Findings) -> Iterator[int]:
    """As a part of ``ledger verify``."""
    yield 0
    replay(snapshot, findings, guards=False)


def look(snapshot: Snapshot, findings: Findings, memory: dict[str, Any]) -> Iterator[int]:
    """As a part of the housekeeping: all of it each time, a second for a few years of readings."""
    yield 0
    replay(snapshot, findings, guards=True)
    findings.rechecked.update(REGISTERS)


def _add(snapshot: Snapshot, findings: Findings, said: Difference) -> None:
    entry = snapshot.entry_of("register-change", str(said.act)) if said.act else None
    leaf = entry.leaf_index if entry else None
    if findings.has(said.kind, "" if said.kind == "clock" else said.key):
        return  # its record is not the one that was logged; and what follows from such a reading is not known
    findings.add("register", said.code, leaf, said.kind, said.key)
