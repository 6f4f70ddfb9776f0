"""What the keys before the present one have signed, in the present one's word. Pure.

A key that was replaced may be stolen, so nobody who holds the new one believes it any more. What the new key
does say is which tree heads the old ones had signed: it signs a list of them (a C2SP note)::

    dialpact/acme/pbx1/5f3a9c01d2e4
    earlier keys
    dialpact/acme/pbx1/5f3a9c01d2e4+1a2b3c4d+AQ...
     118 tjXgkkAnQyZpXQ2RZopZ6NcOL5y/u3xwNO3wi598UkQ=

A package from before the change is good for a holder of the new key if its head is in the list: what it
shows is then proven by that head, whoever has the old key now.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Signer, Verifier

MOST_BYTES = 1 << 24
MOST_HEADS = 100_000  # the newest
_TITLE = "earlier keys"
_HEAD = re.compile(r" (0|[1-9][0-9]{0,18}) ([A-Za-z0-9+/]{43}=)")


class History:
    """``heads``: by the key that signed them, leaves and root (base64) of each."""

    def __init__(self, key: Verifier, heads: Mapping[str, frozenset[tuple[int, str]]]) -> None:
        self.key = key
        self._heads = heads

    def vouches(self, vkey: str, head: Checkpoint) -> bool:
        """Whether the key says that ``vkey`` had signed this head before it was replaced."""
        name = vkey.partition("+")[0]
        place = head.size, base64.b64encode(head.root).decode()
        return head.origin == name and place in self._heads.get(vkey, frozenset())


def written(signer: Signer, heads: Iterable[tuple[Verifier, Checkpoint]]) -> str:
    """Heads are given a key after the other, each key's with ascending sizes."""
    lines, last = [signer.name, _TITLE], ""
    for verifier, head in heads:
        if verifier.vkey != last:
            last = verifier.vkey
            lines.append(last)
        lines.append(f" {head.size} {base64.b64encode(head.root).decode()}")
    return signer.sign("".join(f"{line}\n" for line in lines), MOST_BYTES)


def read(text: str, key: Verifier) -> History:
    """LedgerError: not signed by ``key``, or of another form."""
    body = note.verify(text, [key], MOST_BYTES)
    name, title, *lines = [*body[:-1].split("\n"), ""][:-1] if body.count("\n") > 1 else ("", "")
    if name != key.name or title != _TITLE:
        raise LedgerError("no list of what earlier keys have signed")
    found: dict[str, set[tuple[int, str]]] = {}
    now: set[tuple[int, str]] | None = None
    for line in lines:
        if head := _HEAD.fullmatch(line):
            if now is None:
                raise LedgerError("a list of what earlier keys have signed: a head of no key")
            now.add((int(head[1]), _one_form(head[2])))
        else:
            now = found.setdefault(Verifier.parse(line).vkey, set())
    return History(key, {vkey: frozenset(heads) for vkey, heads in found.items()})


def _one_form(root: str) -> str:
    try:
        if base64.b64encode(base64.b64decode(root, validate=True)).decode() == root:
            return root
    except binascii.Error:
        pass
    raise LedgerError("a list of what earlier keys have signed: a root that is no canonical base64")
