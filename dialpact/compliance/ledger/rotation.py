"""The change of the ledger's key: the old key's word for the new one. Pure.

The word is a signed note that no one can take for a checkpoint, whose second line is a number::

    dialpact/pbx1
    next key dialpact/pbx1+1a2b3c4d+AQ...

A log that goes on from a backup that was restored changes its key and its name in the same way, and says
which heads it does not continue (:class:`Fork`): that is for ever in the log.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable

import msgspec

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.note import Signer, Verifier

REGISTER, ACTION = "ledger", "rotate"  # as the log of register changes has it
RESUME = "resume"  # the action where the log was forked
_NEXT = "next key "
_GIVEN_UP = "goes on from the first of these, and not from the others"
MOST_BYTES = 1 << 20  # of what a log that goes on says of it
Head = tuple[int, str]  # leaves, and their root in base64


class Fork(msgspec.Struct, frozen=True, kw_only=True):
    """``present``: the log that goes on. ``given_up``: heads that it does not continue, by size.

    ``note``: the largest of them, as it was signed. ``seal``: the new key's signature over all of it, a note;
    without it nothing is given up: whoever can write into the database can not say so.
    """

    present: Head
    given_up: tuple[Head, ...]
    note: str
    seal: str = ""


class Rotation(msgspec.Struct, frozen=True, kw_only=True):
    """``word`` is empty when the old key was lost: then only who gives the new key vouches for it."""

    old: str
    new: str
    word: str
    reason: str = ""
    fork: Fork | msgspec.UnsetType = msgspec.UNSET

    def check(self) -> None:
        """LedgerError unless the old key has signed for the new one."""
        old, new = Verifier.parse(self.old), Verifier.parse(self.new)
        if not self.word:
            raise LedgerError(
                f"the key {old.name} ({old.key_id.hex()}) was given up as lost, it vouches for none"
            )
        if note.verify(self.word, [old]) != _body(old.name, new.vkey):
            raise LedgerError("the old key has vouched for another key than the one named")

    @property
    def given_up(self) -> Iterable[tuple[int, str]]:
        """Sizes and roots (base64) of heads that the log does not continue, if the new key says so."""
        if not self.fork:
            return ()
        new = Verifier.parse(self.new)
        try:
            said = note.verify(self.fork.seal, [new], MOST_BYTES)
        except LedgerError:
            return ()
        return self.fork.given_up if said == _fork_body(new.name, self.fork) else ()


def rotation(
    old: Signer, new: Signer, reason: str, fork: Fork | msgspec.UnsetType = msgspec.UNSET
) -> Rotation:
    word = old.sign(_body(old.name, new.vkey))
    return Rotation(old=old.vkey, new=new.vkey, word=word, reason=reason, fork=fork)


def vouched(word: str, verifiers: Iterable[Verifier]) -> Verifier:
    """Whom one of these keys has vouched for. LedgerError: it is no such word, or by none of them."""
    by = {verifier.name for verifier in verifiers}
    name, _, rest = note.verify(word, verifiers).partition("\n")
    if name not in by or not rest.startswith(_NEXT):
        raise LedgerError("no word of a key for the next one")
    return Verifier.parse(rest.removeprefix(_NEXT).removesuffix("\n"))


def sealed(fork: Fork, new: Signer) -> Fork:
    """With the new key's word for it."""
    return msgspec.structs.replace(fork, seal=new.sign(_fork_body(new.name, fork), MOST_BYTES))


def head(size: int, root: bytes) -> Head:
    """As the log writes it."""
    return size, base64.b64encode(root).decode()


def _fork_body(name: str, fork: Fork) -> str:
    heads = (fork.present, *fork.given_up)
    return f"{name}\n{_GIVEN_UP}\n" + "".join(f"{size} {root}\n" for size, root in heads)


def _body(name: str, vkey: str) -> str:
    return f"{name}\n{_NEXT}{vkey}\n"
