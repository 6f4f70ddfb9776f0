"""The bad rows of a file: line and reason of each, in little memory however many there are."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from typing import IO, NamedTuple

import msgspec

from dialpact.compliance.registers.fault import Fault

KEPT = 1 << 20  # bytes in memory; more go to a temporary file
_DECODER = msgspec.json.Decoder(tuple[int, str, dict[str, str]])


class BadRow(NamedTuple):
    line: int
    fault: Fault


class BadRows:
    """Iterated as often as wished, in the order in which they were added, until it is closed."""

    def __init__(self) -> None:
        self._file: IO[bytes] = tempfile.SpooledTemporaryFile(KEPT)  # noqa: SIM115 - closed by ``close``
        self.count = 0

    def add(self, line: int, fault: Fault) -> None:
        self._file.write(msgspec.json.encode((line, fault.key, fault.detail)) + b"\n")
        self.count += 1

    def __iter__(self) -> Iterator[BadRow]:
        self._file.seek(0)
        for text in self._file:
            line, key, detail = _DECODER.decode(text)
            yield BadRow(line, Fault(key, **detail))

    def close(self) -> None:
        self._file.close()
