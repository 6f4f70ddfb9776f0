"""A digest that binds each row that an act put into a register, in the order of the register's key.

1. A line is a row's columns as a JSON array, and a line feed.
2. A block is so many lines one behind the other (the last one has fewer), and its hash their SHA-256.
3. The digest is the SHA-256 of the blocks' hashes, one behind the other.

So it is made while the rows go by, whatever their number, and where many do not fit, the blocks tell which.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from typing import Any

import msgspec

LEAST = 4096  # rows of a block
MOST = 256  # blocks of an import: its line in the log stays short
SHOWN = 16  # hexadecimal digits of a block's hash: they tell where, the digest tells whether

_encoder = msgspec.json.Encoder()


class Digested(msgspec.Struct, frozen=True, omit_defaults=True):
    """What an act says of the rows that it put in. ``blocks``: of each the beginning of its hash; none where
    there is but one.
    """

    rows: int
    sha256: str
    block: int
    blocks: tuple[str, ...] = ()


class RowDigest:
    """Rows go in page by page."""

    def __init__(self, block: int = LEAST, *, first: int = 0, listed: bool = False) -> None:
        """``first``: rows of the first block, where it has not as many as the others."""
        self.rows = 0
        self._block, self._room = block, first or block
        self._whole, self._part, self._open = hashlib.sha256(), hashlib.sha256(), False
        self._listed: list[str] | None = [] if listed else None

    def add(self, rows: Sequence[Any]) -> None:
        """Each is the sequence of its columns, or the only one of them."""
        start, count = 0, len(rows)
        self.rows += count
        while start < count:
            taken = rows[start : start + self._room] if start or count > self._room else rows
            self._part.update(lines(taken))
            self._open = True
            self._room -= len(taken)
            start += len(taken)
            if not self._room:
                self._close()

    def _close(self) -> None:
        made = self._part.digest()
        self._whole.update(made)
        if self._listed is not None:
            self._listed.append(made.hex()[:SHOWN])
        self._part, self._room, self._open = hashlib.sha256(), self._block, False

    def end(self) -> Digested:
        """Nothing can be added behind it."""
        if self._open or not self.rows:
            self._close()
        blocks = tuple(self._listed or ())
        return Digested(self.rows, self._whole.hexdigest(), self._block, blocks if len(blocks) > 1 else ())


def block_of(rows: int) -> int:
    """How many rows a block is to have, where there are so many in all."""
    block = LEAST
    while block * MOST < rows:
        block *= 2
    return block


def lines(rows: Sequence[Any]) -> bytes:
    """One behind the other. What is no text was written by hand, and is no row of any act's."""
    try:
        return _encoder.encode_lines(rows)
    except (UnicodeEncodeError, TypeError, OverflowError):
        return b"".join(json.dumps(row, default=repr).encode() + b"\n" for row in rows)
