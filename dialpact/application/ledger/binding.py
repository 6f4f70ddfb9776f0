"""Rows that older programs entered without saying all of them in the log are bound as they stand, once.

The act is of register ``ledger``, its action ``bind``, its key the register: up to which act it looked, how
many rows it speaks of, each with its key and what no act says of it, and the SHA-256 over them.
"""

from __future__ import annotations

import hashlib
from collections.abc import Collection
from functools import partial
from typing import Any

from dialpact.application.context import Context
from dialpact.application.ledger.audit.bound import SMALL, Walk
from dialpact.application.ledger.audit.found import Findings
from dialpact.compliance.ledger import record
from dialpact.compliance.ledger.bound import BIND, LEDGER, Register
from dialpact.compliance.registers.change import ITSELF
from dialpact.store.ports.audits import Snapshot


async def bind(context: Context, registers: Collection[str]) -> None:
    """Of those that are small: an act for each that has a row which is not bound. StoreError."""
    for register in SMALL:
        if register.name in registers:
            detail = await context.store.audits.inspect(partial(_stands, register))
            if detail["rows"]:
                await context.store.changes.note(
                    LEDGER, BIND, register.name, detail, by=ITSELF, at=context.now()
                )


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
