"""What is said to a witness and what it answers (C2SP tlog-witness v1.1.0), as values. Pure.

A witness keeps, of each log, the largest tree that it has cosigned. It is given a checkpoint and the proof
from that tree to this one; what it answers is one :class:`Word`.
"""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Sequence
from typing import NamedTuple

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import cosignature, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.cosignature import Cosigned, Witness
from dialpact.compliance.witness import Word

SIZE_KIND = "text/x.tlog.size"
MOST_BYTES = 1 << 16  # of an answer: some kinds of signatures have 5 kB each
_SIZE = re.compile(rb"(0|[1-9][0-9]{0,18})\n")


class Heard(NamedTuple):
    """``size``: of the tree that the witness holds, where it said so."""

    word: Word
    detail: str = ""
    size: int = 0
    cosigned: Cosigned | None = None


def request(old: int, proof: Sequence[bytes], checkpoint: str) -> bytes:
    lines = [f"old {old}", *(base64.b64encode(step).decode() for step in proof), "", checkpoint]
    return "\n".join(lines).encode()


def monitored(origin: str) -> str:
    """Where a witness shows the checkpoint that it cosigned last, below its address."""
    return f"{hashlib.sha256(origin.encode()).hexdigest()}/checkpoint"


def heard(witness: Witness, old: int, checkpoint: str, status: int, kind: str, body: bytes) -> Heard:
    """What an answer to :func:`request` means. ``kind``: its media type."""
    size = Checkpoint.parse(note.split(checkpoint)[0]).size
    match status:
        case 200:
            return _lines(witness, checkpoint, size, body)
        case 409:
            found = _SIZE.fullmatch(body) if kind == SIZE_KIND else None
            if found is None:
                return Heard("failed", "409 without a size")
            held = int(found[1])
            if held > size:
                return Heard("ahead", f"it holds a tree of {held}, this one has {size}", held)
            if held == old == 0:
                return Heard("failed", "409 for the size that it named")
            if held == old:  # version 1.0.0 of its words
                return Heard("conflict", f"it holds another tree of {held}", held)
            return Heard("other-size", f"it holds a tree of {held}", held)
        case 422:
            return Heard(
                "conflict", f"this tree of {size} does not continue the one of {old} that it holds", old
            )
        case 404:
            return Heard("unknown-log", "404")
        case 403:
            return Heard("unknown-key", "403")
        case 400 | 411 | 413:
            return Heard("malformed", f"{status}")
    return Heard("failed", f"{status}")


def _lines(witness: Witness, checkpoint: str, size: int, body: bytes) -> Heard:
    try:
        seen = cosignature.read(checkpoint + body.decode(), [witness])
    except (LedgerError, UnicodeDecodeError) as error:
        return Heard("failed", f"no signature lines: {error}")
    if not seen.by:
        return Heard("forged", "its line does not hold" if seen.forged else "no line of its key")
    return Heard("cosigned", size=size, cosigned=seen.by[0])
