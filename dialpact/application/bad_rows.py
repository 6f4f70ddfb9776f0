"""The bad rows of a file: line and reason of each, in little memory however many there are."""

from __future__ import annotations

import heapq
import tempfile
from collections.abc import Iterator, Sequence
from typing import IO, NamedTuple

import msgspec

from dialpact.compliance.registers.fault import Fault

KEPT = 1 << 20  # bytes in memory; more go to a temporary file
_DECODER = msgspec.json.Decoder(tuple[int, str, dict[str, str]])
# What tells faults of one kind from each other, beside their key. None has many values.
_KIND = ("column", "flaw")


class BadRow(NamedTuple):
    line: int  # its place: see ``compliance.registers.sheet``
    fault: Fault


class Reason(NamedTuple):
    """How many rows are bad for one reason, and the first of them."""

    rows: int
    first: BadRow


class BadRows:
    """Iterated as often as wished, in the order of their lines, until it is closed."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(KEPT)  # noqa: SIM115 - closed by ``close``
        self._late: list[BadRow] = []
        self._reasons: dict[tuple[str, ...], Reason] = {}
        self.count = 0

    def add(self, line: int, fault: Fault) -> None:
        """In the order of the lines."""
        self._file.write(msgspec.json.encode((line, fault.key, fault.detail)) + b"\n")
        self._count(BadRow(line, fault))

    def add_late(self, clashes: Sequence[tuple[int, Fault]]) -> None:
        """Rows that turned out to be bad once all were read."""
        self._late = sorted((BadRow(*clash) for clash in clashes), key=_line)
        for row in self._late:
            self._count(row)

    @property
    def reasons(self) -> list[Reason]:
        """The most frequent first."""
        return sorted(self._reasons.values(), key=lambda one: (-one.rows, one.first.line))

    def __iter__(self) -> Iterator[BadRow]:
        return heapq.merge(self._read(), self._late, key=_line)

    def close(self) -> None:
        self._file.close()

    def _count(self, row: BadRow) -> None:
        kind = (row.fault.key, *(row.fault.detail.get(name, "") for name in _KIND))
        known = self._reasons.get(kind)
        self._reasons[kind] = Reason(known.rows + 1, known.first) if known else Reason(1, row)
        self.count += 1

    def _read(self) -> Iterator[BadRow]:
        self._file.seek(0)
        for text in self._file:
            line, key, detail = _DECODER.decode(text)
            yield BadRow(line, Fault(key, **detail))


def _line(row: BadRow) -> int:
    return row.line
