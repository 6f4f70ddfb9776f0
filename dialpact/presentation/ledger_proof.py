"""Proofs of the log as they are handed over: one entry as JSON, a continuation as witnesses take it."""

from __future__ import annotations

import base64

from dialpact.application.ledger.proving import Consistency
from dialpact.compliance.ledger.entry import Proof


def leaf_object(found: Proof) -> dict[str, object]:
    """``record``, ``salt``: null once it was erased; ``checkpoint``: null where none has it yet."""
    return {
        "leaf": found.entry.leaf,
        "kind": found.entry.kind,
        "key": found.entry.key,
        "record": found.record.decode() if found.record else None,
        "salt": encoded(found.salt) if found.salt else None,
        "hash": encoded(found.entry.hash),
        "size": found.size,
        "proof": list(map(encoded, found.steps)),
        "checkpoint": found.checkpoint,
    }


def consistency_text(done: Consistency) -> str:
    """The old size, the proof, an empty line, the later head (C2SP tlog-witness)."""
    steps = map(encoded, done.steps)
    return "".join(f"{line}\n" for line in (f"old {done.old.size}", *steps, "")) + done.text


def encoded(raw: bytes) -> str:
    """In base64."""
    return base64.b64encode(raw).decode()
