"""Signed heads that are known from elsewhere, and whether the log as it stands continues them. Pure.

1. A head that we have signed and that is no beginning of the log means two logs of one name: a backup was
   restored, or the log was cut or rewritten. Who signed on would say two things of one size.
2. A head counts as ours when a key of the log has signed it that was in force at its size. What an old key
   signs later binds nobody.
3. Heads that ``dialpact ledger resume`` has given up are passed over: that they were is in the log for ever.
4. A backup may be of before a change of the key. So the word of the key in force for another one makes that
   one's heads ours, though the log knows nothing of it. What a replaced key says counts for nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import NamedTuple

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.chain import Chain
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.ledger.rotation import Rotation, vouched

WAY_OUT = "nothing is signed (`dialpact ledger resume` is the way on from a backup that was restored)"


class SignedHead(NamedTuple):
    """``where``: a file, or who has it; the store's own are ``a checkpoint``. ``note``: the whole of it."""

    size: int
    root: bytes
    where: str
    note: str = ""


class LedgerForked(LedgerError):
    """A head that was signed is no beginning of the log."""

    def __init__(self, heads: Sequence[SignedHead], size: int) -> None:
        """``heads``: those that the log does not continue, the largest last. ``size``: of the log.

        ``key`` and ``values``: the text that says it.
        """
        last = heads[-1]
        self.heads = tuple(heads)
        self.key = "cut" if last.size > size else "other"
        self.values = {"where": last.where, "size": last.size, "present": size}
        why = (
            f"the log was cut: {last.where} has {last.size} entries, now there are {size}"
            if last.size > size
            else f"the first {last.size} entries are not those that {last.where} has signed"
        )
        super().__init__(f"{why}; {WAY_OUT}")


class Heads:
    """Tells this log's heads from others. ``links``: (leaf, change of the key), in the log's order.

    ``mine``: the key that signs where the log has not changed it yet.
    """

    def __init__(self, links: Sequence[tuple[int, Rotation]], mine: Iterable[Verifier]) -> None:
        trusted = list(mine)
        if links:
            trusted += [Verifier.parse(vkey) for _, link in links for vkey in (link.old, link.new)]
        self._chain = Chain(links, trusted)
        self._in_force = [Verifier.parse(links[-1][1].new)] if links else list(trusted)
        self._keys = trusted
        self._learned: list[Verifier] = []

    def learn(self, words: Iterable[str]) -> list[str]:
        """Of words of keys for their successors, those that are none by a key of this log."""
        left, new = list(words), True
        while new:
            new = False
            for word in left[:]:
                try:
                    found = vouched(word, [*self._in_force, *self._learned])
                except LedgerError:
                    continue
                left.remove(word)
                if found not in self._keys:
                    self._learned.append(found)
                    new = True
        return [word for word in left if not _is_by(word, self._keys)]

    @property
    def given_up_sizes(self) -> frozenset[int]:
        return self._chain.given_up_sizes

    def gave_up(self, text: str) -> bool:
        """As :meth:`Chain.gave_up`."""
        return self._chain.gave_up(text)

    def read(self, text: str, where: str) -> SignedHead | None:
        """None: of a branch that was given up. LedgerError: no head of this log."""
        if self._chain.gave_up(text):
            return None
        try:
            found = self._chain.open(text)
        except LedgerError:
            found = stated(text)
            note.verify(text, self._learned)
            if found.origin not in {verifier.name for verifier in self._learned}:
                raise
        return SignedHead(found.size, found.root, where, text)


def _is_by(word: str, verifiers: Iterable[Verifier]) -> bool:
    try:
        vouched(word, verifiers)
    except LedgerError:
        return False
    return True


def stated(text: str) -> Checkpoint:
    """What a note states; its signature is not looked at. LedgerError."""
    return Checkpoint.parse(note.split(text)[0])


def not_continued(
    known: Iterable[SignedHead], size: int, root_of: Callable[[int], bytes]
) -> list[SignedHead]:
    """Those that are no beginning of the log, the largest last. ``root_of``: of so many of its leaves."""
    seen: dict[tuple[int, bytes], SignedHead] = {}
    for head in known:
        seen.setdefault((head.size, head.root), head)
    roots = {number: root_of(number) for number in {at for at, _ in seen} if number <= size}
    return [seen[place] for place in sorted(seen) if roots.get(place[0]) != place[1]]


def refuse(heads: Sequence[SignedHead], size: int) -> None:
    """LedgerForked where there is any. ``size``: of the log."""
    if heads:
        raise LedgerForked(heads, size)
