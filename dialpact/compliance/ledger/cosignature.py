"""Cosignatures (C2SP tlog-cosignature v1.1.0, Ed25519): which outsider saw a checkpoint, and when. Pure.

A witness's line under a checkpoint says: at this second, this was the largest tree of this log that I had
seen, and it continues every other one that I ever saw of it. Its key signs for nothing else: the text begins
with a line of its own, and the key's id is made with another byte than a log's.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.note import DASH, Verifier

_LATEST = 2**63 - 1  # second


class Witness(Verifier):
    """An outsider's public key and name."""

    algorithm = b"\x04"

    def holds(self, body: str, signature: bytes) -> bool:
        return self.time_of(body, signature) is not None

    def time_of(self, body: str, signature: bytes) -> int | None:
        """The second (POSIX) at which it saw this checkpoint; None: it did not sign that."""
        at = int.from_bytes(signature[:8], "big")
        if len(signature) != 72 or not 0 < at <= _LATEST:
            return None
        return at if super().holds(f"cosignature/v1\ntime {at}\n{body}", signature[8:]) else None


class Cosigned(NamedTuple):
    """``at``: POSIX seconds. ``line``: as it stands under the checkpoint, its end included."""

    witness: Witness
    at: int
    line: str


class Seen(NamedTuple):
    """Of one checkpoint: each witness once, with its earliest line. ``forged``: whose line does not hold."""

    by: Sequence[Cosigned]
    forged: Sequence[Witness]


def read(text: str, witnesses: Iterable[Witness]) -> Seen:
    """Whose key is not among ``witnesses`` is passed over. LedgerError: no note."""
    body, signatures = note.split(text)
    known = {(witness.name, witness.key_id): witness for witness in witnesses}
    found: dict[Witness, Cosigned] = {}
    forged = []
    for one in signatures:
        witness = known.get((one.name, one.key_id))
        if witness is None:
            continue
        at = witness.time_of(body, one.signature)
        if at is None:
            forged.append(witness)
        elif witness not in found or at < found[witness].at:
            found[witness] = Cosigned(witness, at, note.line(one))
    by = tuple(one for one in found.values() if one.witness not in forged)
    return Seen(by, tuple(dict.fromkeys(forged)))


def put_under(text: str, lines: Iterable[str]) -> str:
    """The note with further signature lines, each once, as many as a note may have."""
    there = text.count(f"\n{DASH}")
    new = [line for line in dict.fromkeys(lines) if f"\n{line}" not in text]
    return text + "".join(new[: max(0, note.MOST_SIGNATURES - there)])


def distinct(vkeys: Iterable[str]) -> list[Witness]:
    """One of each public key, whatever it is called: who has two names is still one. LedgerError."""
    return list({witness.public: witness for witness in map(Witness.parse, vkeys)}.values())
