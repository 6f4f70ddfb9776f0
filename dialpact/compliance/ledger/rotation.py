"""The change of the ledger's key: the old key's word for the new one. Pure.

The word is a signed note that no one can take for a checkpoint, whose second line is a number::

    dialpact/pbx1
    next key dialpact/pbx1+1a2b3c4d+AQ...
"""

from __future__ import annotations

import msgspec

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.note import Signer, Verifier

REGISTER, ACTION = "ledger", "rotate"  # as the log of register changes has it
_NEXT = "next key "


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """``word`` is empty when the old key was lost: then only who gives the new key vouches for it."""

    old: str
    new: str
    word: str
    reason: str = ""

    def check(self) -> None:
        """LedgerError unless the old key has signed for the new one."""
        old, new = Verifier.parse(self.old), Verifier.parse(self.new)
        if not self.word:
            raise LedgerError(
                f"the key {old.name} ({old.key_id.hex()}) was given up as lost, it vouches for none"
            )
        if note.verify(self.word, [old]) != _body(old.name, new.vkey):
            raise LedgerError("the old key has vouched for another key than the one named")


def rotation(old: Signer, new: Signer, reason: str) -> Rotation:
    word = old.sign(_body(old.name, new.vkey))
    return Rotation(old=old.vkey, new=new.vkey, word=word, reason=reason)


def _body(name: str, vkey: str) -> str:
    return f"{name}\n{_NEXT}{vkey}\n"
