"""Rows that older programs entered without saying all of them in the log are bound as they stand, once.

The act is of register ``ledger``, its action ``bind``, its key the register: up to which act it looked, how
many rows it speaks of, each with its key and what no act says of it, and the SHA-256 over them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import partial
from typing import Any

import msgspec

from dialpact.application.context import Context
from dialpact.application.ledger.audit import people
from dialpact.application.ledger.audit.bound import SMALL, Walk
from dialpact.application.ledger.audit.found import Findings
from dialpact.compliance.ledger import record
from dialpact.compliance.ledger.bound import BIND, LEDGER, Register
from dialpact.compliance.registers.change import ITSELF
from dialpact.store.ports.audits import Snapshot
from dialpact.store.ports.people import FIRST

STRETCH = 1_000_000  # rows of people that one act binds


async def bind(context: Context, registers: Collection[str]) -> None:
    """Of those that are small: an act for each that has a row which is not bound; of people's: for each
    stretch of numbers that has one. StoreError.
    """
    for register in SMALL:
        if register.name in registers:
            detail = await context.store.audits.inspect(partial(_stands, register))
            if detail["rows"]:
                await context.store.changes.note(
                    LEDGER, BIND, register.name, detail, by=ITSELF, at=context.now()
                )

    for name in people.KINDS:
        if name in registers:
            await _bind_people(context, name)


async def _bind_people(context: Context, register: str) -> None:
    """A stretch after the other, each as it stands in a snapshot of its own: none is held for long."""
    first = FIRST
    while first <= people.LAST:
        bound, only = await context.store.audits.inspect(partial(_stretch, register, first))
        if only:
            detail = {"register": register, **msgspec.structs.asdict(bound)}
            await context.store.changes.note(LEDGER, BIND, register, detail, by=ITSELF, at=context.now())
        first = bound.last + 1


def _stretch(register: str, first: int, snapshot: Snapshot) -> tuple[people.Bound, int]:
    return people.Round(register, snapshot.people(register)).stretch(snapshot, first, STRETCH)


def _stands(register: Register, snapshot: Snapshot) -> dict[str, Any]:
    walk = Walk(register, snapshot, Findings())
    for _ in walk.run():
        pass
    entries = [{"key": key, "row": row} for key, row in walk.open]
    digest = hashlib.sha256()
    for one in entries:
        digest.update(record.canonical(one) + b"\n")
    return {
        "register": register.name,
        "as_of": snapshot.last_act(),
        "rows": len(entries),
        "digest": digest.hexdigest(),
        "entries": entries,
    }
