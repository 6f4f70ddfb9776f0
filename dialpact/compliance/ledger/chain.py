"""The ledger's keys one after the other, and which of them may have signed a tree of a given size. Pure.

1. A rotation at leaf ``r`` is in every tree of more than ``r`` leaves: those are the new key's, the others
   the old one's. So an old key that is stolen later signs nothing that is believed.
2. Trust goes from a key that is given along every link that holds: to the next key because the one before
   vouched for it, to the one before because the next one's trees contain the link.
3. A link that says which heads the log does not continue (a fork that was acknowledged) takes those out of
   what the log is compared with; each is for ever named in it.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence

from dialpact.compliance.errors import LedgerError
from dialpact.compliance.ledger import note
from dialpact.compliance.ledger.checkpoint import Checkpoint
from dialpact.compliance.ledger.note import Verifier
from dialpact.compliance.ledger.rotation import Rotation, head


class Chain:
    """``links``: (leaf, rotation) in the log's order. ``broken``: by a link's leaf, why it does not hold."""

    def __init__(self, links: Sequence[tuple[int, Rotation]], trusted: Collection[Verifier]) -> None:
        self.broken: dict[int, str] = {}
        self._given_up = {head for _, link in links for head in link.given_up}
        self._ends = [leaf for leaf, _ in links]
        self._trusted = frozenset(trusted)
        self._keys = self._follow(links)
        self._holds = [bool(link.word) and leaf not in self.broken for leaf, link in links]
        self._known = self._spread()

    def _follow(self, links: Sequence[tuple[int, Rotation]]) -> list[str]:
        keys: list[str] = []
        given = {verifier.vkey for verifier in self._trusted}
        for leaf, link in links:
            try:
                if not link.word and link.new in given:
                    pass  # the old key was lost, and who asks knows the new one from elsewhere
                else:
                    link.check()
                if keys and link.old != keys[-1]:
                    raise LedgerError("the key that is replaced is not the one in force")
            except LedgerError as error:
                self.broken[leaf] = str(error)
            if not keys:
                keys.append(link.old)
            keys.append(link.new)
        return keys

    def _spread(self) -> list[bool]:
        given = {verifier.vkey for verifier in self._trusted}
        known = [key in given for key in self._keys]
        for place, holds in enumerate(self._holds):
            known[place + 1] |= known[place] and holds
        for place, holds in reversed(list(enumerate(self._holds))):
            known[place] |= known[place + 1] and holds
        return known

    def in_force(self, size: int) -> Collection[Verifier]:
        """Who may have signed a tree of ``size`` leaves."""
        if not self._keys:
            return self._trusted
        place = sum(leaf < size for leaf in self._ends)
        return [Verifier.parse(self._keys[place])] if self._known[place] else []

    @property
    def forks(self) -> int:
        """How many heads the log says that it does not continue."""
        return len(self._given_up)

    @property
    def given_up_sizes(self) -> frozenset[int]:
        """How many leaves they have."""
        return frozenset(size for size, _ in self._given_up)

    def gave_up(self, text: str) -> bool:
        """Whether the log says of this head that it does not continue it. LedgerError: it is no head."""
        claimed = Checkpoint.parse(note.split(text)[0])
        return head(claimed.size, claimed.root) in self._given_up

    def open(self, text: str) -> Checkpoint:
        """A checkpoint that the key in force has signed; LedgerError otherwise."""
        claimed = Checkpoint.parse(note.split(text)[0])
        verifiers = self.in_force(claimed.size)
        note.verify(text, verifiers)
        if claimed.origin not in {verifier.name for verifier in verifiers}:
            raise LedgerError(f"a checkpoint of another log: {claimed.origin}")
        return claimed
