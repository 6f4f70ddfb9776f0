"""Random bytes of the kernel's, many pieces at a time.

To ask the kernel hands the interpreter to another thread: between the event loop and the store's thread each
id would cost a wait for one's turn, which is a hundred times the asking.
"""

from __future__ import annotations

import os

PIECES = 256  # that are asked for at once


class Randomness:
    """Pieces of ``size`` bytes, each given once. From any thread; a process that was forked has its own."""

    def __init__(self, size: int) -> None:
        self._size = size
        self._pieces: list[bytes] = []
        os.register_at_fork(after_in_child=self._pieces.clear)

    def take(self) -> bytes:
        try:
            return self._pieces.pop()
        except IndexError:
            asked = os.urandom(self._size * PIECES)
        pieces = [asked[start : start + self._size] for start in range(0, len(asked), self._size)]
        taken = pieces.pop()
        self._pieces.extend(pieces)
        return taken
