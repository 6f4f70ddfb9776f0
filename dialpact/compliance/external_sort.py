"""Any number of values in order, in bounded memory: sorted pieces in temporary files, merged.

A CDR is written when its call ends, so one of ten hours stands ten hours late; files of several nodes, or of
several years, may be put together in any order. No window is wide enough for that, and a million values in
one list are 300 MB. So they are sorted as a whole, and a piece that is full goes to disk.
"""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator
from types import TracebackType
from typing import IO, Any, Generic, Self, TypeVar

import msgspec

T = TypeVar("T", bound=tuple[Any, ...])

PIECE = 12_000  # values in memory
FILES = 100  # open at once, each for a piece; more are merged into one
_READ = 1 << 16  # bytes of each piece's buffer while merging


class ExternalSort(Generic[T]):
    """``add`` them all, then iterate once. Values of one NamedTuple type, compared as tuples."""

    def __init__(self, kind: type[T], piece: int = PIECE) -> None:
        self._piece = piece
        self._decoder = msgspec.json.Decoder(kind)
        self._values: list[T] = []
        self._files: list[IO[bytes]] = []
        self.count = 0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for file in self._files:
            file.close()
        self._files.clear()

    def add(self, value: T) -> None:
        self._values.append(value)
        self.count += 1
        if len(self._values) == self._piece:
            self._put_away()

    def _put_away(self) -> None:
        self._values.sort()
        file = tempfile.TemporaryFile(buffering=_READ)  # noqa: SIM115 - closed by __exit__
        self._files.append(file)
        # JSON has no line end within a value, so a line is a value.
        file.writelines(msgspec.json.encode(value) + b"\n" for value in self._values)
        self._values.clear()
        if len(self._files) == FILES:
            merged = tempfile.TemporaryFile(buffering=_READ)  # noqa: SIM115 - closed by __exit__
            merged.writelines(msgspec.json.encode(value) + b"\n" for value in heapq.merge(*self._pieces()))
            self.__exit__(None, None, None)
            self._files.append(merged)

    def _pieces(self) -> list[Iterator[T]]:
        for file in self._files:
            file.seek(0)
        return [map(self._decoder.decode, file) for file in self._files]

    def __iter__(self) -> Iterator[T]:
        self._values.sort()
        yield from heapq.merge(*self._pieces(), iter(self._values))
        self._values.clear()
        self.__exit__(None, None, None)  # what has been read needs no room any more
