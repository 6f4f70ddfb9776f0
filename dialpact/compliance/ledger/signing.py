"""Whether the log may be signed as it is, and by whom. Pure.

1. A checkpoint is never of a smaller tree than the last one, and never of a tree that does not continue it:
   a log that was cut or rewritten is not signed again.
2. Only the key in force signs: the one that signed last, or the one that the log names as its successor.
"""

from __future__ import annotations

from typing import NamedTuple

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.heads import SignedHead, refuse, stated
from dialpact.compliance.ledger.note import Signer, Verifier
from dialpact.compliance.ledger.rotation import Rotation


class Tree(NamedTuple):
    """The log as it stands: how many leaves, and their root.

    ``signed``: the note of the last checkpoint, None: there is none. ``signed_root``: of as many leaves as it
    states, as the log has them now; empty where it has fewer. ``rotations``: the oldest first.
    """

    size: int
    root: bytes
    signed: str | None
    signed_root: bytes
    rotations: tuple[Rotation, ...]


def signed(tree: Tree, signer: Signer) -> str:
    """The note to be kept: the last one again when nothing was added since. LedgerError: it may not be."""
    before = _continued(tree) if tree.signed else None
    mine = signed_by(tree.signed, signer) if tree.signed else False
    _check_in_force(tree.rotations, signer, before, mine=mine)
    if tree.signed and mine and before and before.size == tree.size:
        return tree.signed
    return signer.sign(Checkpoint(signer.name, tree.size, tree.root).body())


def signed_by(text: str, signer: Signer) -> bool:
    try:
        note.verify(text, [signer.verifier])
    except LedgerError:
        return False
    return True


def name_in_force(rotations: tuple[Rotation, ...], last: str | None) -> str:
    """Of the log; empty: it has none yet."""
    if rotations:
        return Verifier.parse(rotations[-1].new).name
    return stated(last).origin if last else ""


def _continued(tree: Tree) -> Checkpoint:
    assert tree.signed is not None
    known = stated(tree.signed)
    if tree.size < known.size or tree.signed_root != known.root:
        refuse([SignedHead(known.size, known.root, "a checkpoint", tree.signed)], tree.size)
    return known


def _check_in_force(
    known: tuple[Rotation, ...], signer: Signer, before: Checkpoint | None, *, mine: bool
) -> None:
    name = Verifier.parse(known[-1].new).name if known else before.origin if before else signer.name
    if name != signer.name:
        raise LedgerError(
            f"the log is {name}, the configuration names {signer.name}: a node that was given another name "
            "needs `dialpact ledger rotate`"
        )
    if known and known[-1].new != signer.vkey:
        raise LedgerError("[ledger] key_file is not the key in force: the log names its successor")
    if not known and before and not mine:
        raise LedgerError(
            "[ledger] key_file is not the key that signed before: restore it, or use `dialpact ledger rotate`"
        )
