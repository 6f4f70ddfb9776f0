"""Where in an import's rows the first and the last difference is, by the hashes of its blocks.

Where rows were taken out or put in, the blocks behind fit only if they are counted from the end. So both are
tried: from the beginning up to the first one that does not fit, and from the end.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import zip_longest
from typing import Any

from dialpact.compliance.ledger.bound.row_digest import Digested, RowDigest


class Places:
    """Rows go in as into a digest; the number is the first column. ``count``: how many there will be."""

    def __init__(self, said: Digested, count: int) -> None:
        self._said = said
        self._shift = (count - said.rows) % said.block
        self._ahead = RowDigest(said.block, listed=True)
        self._back = RowDigest(said.block, first=self._shift, listed=True)
        self._seen, self._last = 0, 0
        self._starts: list[int] = []  # numbers with which blocks begin, counted from the beginning
        self._ends: list[int] = []  # and with which they end, counted from the end

    def add(self, rows: Sequence[Any]) -> None:
        block, seen = self._said.block, self._seen
        self._ahead.add(rows)
        self._back.add(rows)
        self._starts += [rows[at][0] for at in range(-seen % block, len(rows), block)]
        self._ends += [rows[at][0] for at in range((self._shift - 1 - seen) % block, len(rows), block)]
        self._seen += len(rows)
        if rows:
            self._last = rows[-1][0]

    def between(self) -> tuple[int, int] | None:
        """Numbers; None where there is but one block, or nothing."""
        wanted, ends = self._said.blocks, self._ends
        if not wanted or not self._seen:
            return None
        ahead, back = self._ahead.end().blocks, self._back.end().blocks
        if len(ends) < len(back):
            ends = [*ends, self._last]  # of the last block, which is not full
        first = _same(wanted, ahead)
        behind = _same(wanted[::-1], back[::-1])
        low = self._starts[first] if first < len(self._starts) else self._last
        high = ends[-1 - behind] if behind < len(ends) else ends[0]
        return min(low, high), max(low, high)


def _same(wanted: Sequence[str], found: Sequence[str]) -> int:
    """How many fit before the first that does not."""
    pairs = enumerate(zip_longest(wanted, found))
    return next((place for place, (one, other) in pairs if one != other), len(wanted))
