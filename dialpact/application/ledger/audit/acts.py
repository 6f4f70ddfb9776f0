"""Whether acts are still those that were logged, for the housekeeping, which has no time for the whole log.

The audit of the whole log looks at each of its leaves, and needs nothing of this.
"""

from __future__ import annotations

from dialpact.application.ledger.audit.intact import intact
from dialpact.compliance.ledger import merkle
from dialpact.compliance.ledger.bound import Act
from dialpact.store.ports.audits import Snapshot


class ActCheck:
    """Of a look. Each block of leaves is hashed once."""

    def __init__(self, snapshot: Snapshot) -> None:
        self._snapshot = snapshot
        self._blocks: dict[int, bool] = {}

    def holds(self, act: Act) -> bool:
        """Whether it is what its leaf was made of, and the leaf one of those below the kept hash above it."""
        return self.stands(act.seq)

    def stands(self, seq: int) -> bool:
        """The same, by its number."""
        entry = self._snapshot.entry_of("register-change", str(seq))
        if entry is None or not intact(self._snapshot, "register-change", str(seq)):
            return False
        block = entry.leaf_index // self._snapshot.width
        if block not in self._blocks:
            self._blocks[block] = self._fits(block)
        return self._blocks[block]

    def _fits(self, block: int) -> bool:
        """The last block has no hash yet: a signed head is above it alone."""
        width = self._snapshot.width
        kept = self._snapshot.node(1, block)
        if kept is None:
            return self._snapshot.size() < (block + 1) * width
        leaves = self._snapshot.hashes(0, block * width, (block + 1) * width)
        return bool(leaves) and merkle.over(leaves)(0, width) == kept
