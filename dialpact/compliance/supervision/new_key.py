"""An operator's new ledger key, followed along the old one's word for it. Pure.

The word alone would let a thief of the old key name one of his own. So the log itself must say it: the entry
of the change, under a checkpoint by the new key that continues what was cosigned last. Whoever has the old
key and not the log has no such tree; whoever makes one forks the log, and that is seen at the owner's next
checkpoint.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

import msgspec

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import merkle, note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.ledger.rotation import ACTION, REGISTER, RESUME, Rotation
from dialpact.compliance.supervision.handed import LeafProof
from dialpact.compliance.supervision.letter import Digest
from dialpact.compliance.supervision.refusal import Refusal
from dialpact.compliance.supervision.witness import Head

MOST_BYTES = 256 << 10
FORMAT: Literal["dialpact-rotation/1"] = "dialpact-rotation/1"


class NewKey(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """``rotations``: one after the other. ``entry``: of the last one; its checkpoint is the new key's.
    ``old``, ``proof``: that this checkpoint continues the one of ``old`` entries.
    """

    format: Literal["dialpact-rotation/1"]
    rotations: Annotated[tuple[Rotation, ...], msgspec.Meta(min_length=1, max_length=100)]
    entry: LeafProof
    old: Annotated[int, msgspec.Meta(ge=0)]
    proof: Annotated[tuple[Digest, ...], msgspec.Meta(max_length=63)]


def parsed(body: bytes) -> NewKey:
    """Refusal: ``too-large``, ``malformed``."""
    if len(body) > MOST_BYTES:
        raise Refusal("too-large", 413)
    try:
        found = msgspec.json.decode(body, type=NewKey)
        for one in found.rotations:
            Verifier.parse(one.old), Verifier.parse(one.new)
        note.split(found.entry.checkpoint)
    except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError, LedgerError) as error:
        raise Refusal("malformed", 400) from error
    return found


def checked(told: NewKey, in_force: Verifier, last: Head | None) -> tuple[Verifier, Checkpoint]:
    """The new key and its first tree head. Refusal: ``not-vouched``, ``not-signed``, ``not-in-log``,
    ``conflict`` (409), ``not-continued``.
    """
    new = _followed(told.rotations, in_force)
    try:
        head = Checkpoint.parse(note.verify(told.entry.checkpoint, [new]))
    except LedgerError as error:
        raise Refusal("not-signed", 403) from error
    if head.origin != new.name:
        raise Refusal("not-signed", 403)
    if not _is_of(told.entry.row(head), told.rotations[-1]):
        raise Refusal("not-in-log")
    known, before = (last.size, last.root) if last else (0, merkle.EMPTY)
    if told.old != known:
        raise Refusal("conflict", 409)
    steps = [bytes.fromhex(step) for step in told.proof]
    if not merkle.verify_consistency(known, head.size, before, head.root, steps):
        raise Refusal("not-continued")
    return new, head


def _is_of(row: dict[str, Any], rotation: Rotation) -> bool:
    try:
        said = msgspec.json.decode(row.get("detail") or "", type=Rotation)
    except (msgspec.MsgspecError, RecursionError, TypeError):
        return False
    # A log that went on from a backup does not continue what was cosigned: that is told then.
    logged = row.get("register") == REGISTER and row.get("action") in (ACTION, RESUME)
    return logged and said == rotation


def _followed(rotations: tuple[Rotation, ...], in_force: Verifier) -> Verifier:
    """The last of them, if each is vouched for by the one before, from the key in force on."""
    at = in_force.vkey
    try:
        for one in rotations:
            if at == in_force.vkey and one.old != at:
                continue  # from before what is known here
            if one.old != at:
                raise Refusal("not-vouched", 403)
            one.check()
            at = one.new
    except LedgerError as error:
        raise Refusal("not-vouched", 403) from error
    if at == in_force.vkey or at != rotations[-1].new:
        raise Refusal("not-vouched", 403)
    return Verifier.parse(at)
