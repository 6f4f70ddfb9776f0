"""What a witness does with a checkpoint that it is sent (C2SP tlog-witness, add-checkpoint). Pure.

1. It cosigns a tree head only when that continues the last one that it cosigned for this log: by its proof,
   or by being the same.
2. Whatever it says, two signed heads of one size with different roots are a fork, which nobody but the holder
   of the log's key can make: both are kept.
3. A head with a proof that does not hold is no fork yet: whoever has a checkpoint can send it with a wrong
   proof. It is kept as one that nobody has shown to continue the log, until somebody does.
"""

from __future__ import annotations

import base64
import binascii
import re
from typing import Annotated, NamedTuple

import msgspec

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.supervision.letter import Digest
from dialpact.compliance.supervision.refusal import Refusal

MOST_BYTES = 16 << 10  # of a request
MOST_PROOF = 63
_OLD = re.compile(r"old (0|[1-9][0-9]{0,18})")


class Submission(NamedTuple):
    """``old``: the size that the log thinks was cosigned last. ``text``: the note, as it came."""

    old: int
    proof: tuple[bytes, ...]
    text: str
    head: Checkpoint


class Head(NamedTuple):
    """A tree head that was cosigned."""

    size: int
    root: bytes


def parse(body: bytes) -> Submission:
    """Refusal ``too-large`` or ``malformed`` (400). Whose the signatures are is not looked at."""
    if len(body) > MOST_BYTES:
        raise Refusal("too-large", 413)
    try:
        asked, gap, text = body.decode().partition("\n\n")
        first, *proof = asked.split("\n")
        old = _OLD.fullmatch(first)
        if not gap or not old or len(proof) > MOST_PROOF:
            raise Refusal("malformed", 400)
        head = Checkpoint.parse(note.split(text)[0])
        return Submission(int(old[1]), tuple(map(_hash, proof)), text, head)
    except (UnicodeDecodeError, LedgerError) as error:
        raise Refusal("malformed", 400) from error


def check(last: Head | None, asked: Submission) -> None:
    """Refusal unless the head may be cosigned: ``malformed`` 400, ``conflict`` 409 (the caller adds the
    size), ``same-size`` and ``not-continued`` 422.
    """
    known, head = last.size if last else 0, asked.head
    if asked.old > head.size:
        raise Refusal("malformed", 400)
    if asked.old != known:
        raise Refusal("conflict", 409)
    if last and head.size == last.size:
        if head.root != last.root:
            raise Refusal("same-size", 422)
        if asked.proof:
            raise Refusal("not-continued", 422)
        return
    if head.size == 0 and head.root != merkle.EMPTY:
        raise Refusal("not-continued", 422)
    before = last.root if last else merkle.EMPTY
    if not merkle.verify_consistency(known, head.size, before, head.root, asked.proof):
        raise Refusal("not-continued", 422)


def _hash(line: str) -> bytes:
    try:
        raw = base64.b64decode(line, validate=True)
    except (binascii.Error, ValueError) as error:
        raise Refusal("malformed", 400) from error
    if len(raw) != 32 or base64.b64encode(raw).decode() != line:
        raise Refusal("malformed", 400)
    return raw


def only(text: str, verifier: Verifier) -> str:
    """The note with this key's signature alone: the other lines may be anybody's. Refusal ``not-signed``."""
    try:
        note.verify(text, [verifier])
    except LedgerError as error:
        raise Refusal("not-signed", 403) from error
    body, signatures = note.split(text)
    mine = next(one for one in signatures if (one.name, one.key_id) == (verifier.name, verifier.key_id))
    return f"{body}\n{note.line(mine)}"


class StrayHead(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A signed head that was not cosigned, as a log is told of it."""

    size: Annotated[int, msgspec.Meta(ge=0)]
    root: Digest


class Shown(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That the head of ``stray`` is the beginning of the one of ``size`` entries, which was cosigned."""

    origin: Annotated[str, msgspec.Meta(max_length=256)]
    stray: StrayHead
    size: Annotated[int, msgspec.Meta(ge=0)]
    proof: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=MOST_PROOF)]

    def holds(self, root: bytes) -> bool:
        """``root``: of the cosigned head."""
        steps = [bytes.fromhex(step) for step in self.proof]
        before = bytes.fromhex(self.stray.root)
        return merkle.verify_consistency(self.stray.size, self.size, before, root, steps)
