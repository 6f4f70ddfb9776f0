"""A CSV file as a stream of rows: its encoding found, its header checked, each line on its own.

1. UTF-8, with or without BOM, if the whole file is strictly that; GB18030 otherwise (Excel's Chinese CSV).
2. Columns go by name, in any order (``columns``); one that is missing, or could be either of two, refuses the
   file. An optional one may be missing: its cells are then empty. What is no column of ours is left out, and
   told.
3. A row is one line. A quote that is left open would otherwise swallow the thousands of rows after it, and
   with them opt-outs that nobody sees missing.
"""

from __future__ import annotations

import codecs
import csv
import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from io import TextIOWrapper
from typing import Any, BinaryIO, Generic, TypeVar

from dialpact.compliance.model import Value
from dialpact.compliance.registers.columns import NOTHING, Given, Resolved, headless, resolve
from dialpact.compliance.registers.fault import Fault

LONGEST = 65_536  # characters of a line: memory stays bounded whatever the file is
_CHUNK = 1 << 20
T = TypeVar("T")


@dataclass(frozen=True)
class Format(Generic[T]):
    """The columns of a register's file, and what makes a value of the cells of a row, or a Fault."""

    columns: Sequence[str]
    read: Callable[[Sequence[str], datetime], T]
    optional: Sequence[str] = ()
    kind: str = ""  # of ``column_names``: what people call its columns
    watched: Sequence[str] = ()  # optional ones that are looked at and not taken in
    write: Callable[[T], Sequence[str]] | None = None  # the cells of which ``read`` makes the value again

    @property
    def others(self) -> Sequence[str]:
        """The columns that a file may have beside those that it must have."""
        return (*self.optional, *self.watched)


class FileRead(Value, frozen=True, kw_only=True):
    """Which file an import was, as the log names it."""

    file: str  # its name
    sha256: str
    rows: int
    skip_bad: bool
    columns: Mapping[str, str] = {}  # which of the file's columns each was read from, where the names differ
    left_out: tuple[str, ...] = ()  # what the file had besides

    @property
    def logged(self) -> dict[str, Any]:
        """Without what there is nothing to say of."""
        found = {name: getattr(self, name) for name in self.__struct_fields__}
        return {name: value for name, value in found.items() if value not in ({}, ())}


class Table:
    """``file`` is open for reading and seekable; it is read twice, and closed by who opened it."""

    def __init__(
        self,
        file: BinaryIO,
        columns: Sequence[str],
        optional: Sequence[str] = (),
        *,
        kind: str = "",
        given: Given = NOTHING,
    ) -> None:
        self._needed, self._optional = tuple(columns), tuple(optional)
        self._kind, self._given = kind, given
        self.columns = (*columns, *optional)
        self.encoding, self.sha256, self.size = _examine(file)
        file.seek(0)
        self._file = file
        self._text = TextIOWrapper(file, self.encoding, newline="")
        self._line = 0
        self._first: list[str] | None = None  # a row that was read already, of a file without a header
        self._lines = self._read()
        try:
            self.header = self._header()
        except Fault:
            self.release()
            raise

    @property
    def position(self) -> int:
        """Bytes read so far, of ``size``."""
        return self._file.tell()

    def __iter__(self) -> Iterator[tuple[int, list[str] | Fault]]:
        """Line number, and the cells in the order of ``columns`` or what is wrong; no blank lines."""
        header, width = self.header, self.header.width
        as_written = header.order == list(range(width))
        if self._first is not None:
            yield self._line, header.cells(self._first)
        for cells in self._lines:
            if isinstance(cells, Fault):
                yield self._line, cells
            elif len(cells) != width:
                yield self._line, Fault("cell-count", found=str(len(cells)), wanted=str(width))
            elif as_written:
                yield self._line, cells
            else:
                yield self._line, header.cells(cells)

    def release(self) -> None:
        """Gives the file back unclosed."""
        self._text.detach()

    def _read(self) -> Iterator[list[str] | Fault]:
        """The cells of each line that is not blank; ``_line`` is its number."""
        for lines in self._chunks():
            for line in lines:
                self._line += 1
                if len(line) >= LONGEST:
                    yield Fault("line-too-long", limit=str(LONGEST))
                    continue
                if '"' in line:
                    try:
                        cells = next(csv.reader([line], strict=True))
                    except csv.Error:
                        yield Fault("bad-quotes")
                        continue
                else:
                    cells = line.split(",")  # what csv does with a line without quotes, at half the price
                cells = list(map(str.strip, cells))
                if cells[0] or any(cells):
                    yield cells

    def _chunks(self) -> Iterator[list[str]]:
        """The lines of the file, many at a time; of one that is too long only its start."""
        rest = ""  # of the line that the chunk broke off in
        while text := self._text.read(LONGEST):
            while text[-1] == "\r" and (more := self._text.read(1)):  # its \n is no line of its own
                text += more
            if "\r" in text:
                text = text.replace("\r\n", "\n").replace("\r", "\n")
            lines = text.split("\n")
            lines[0] = rest + lines[0]
            rest = lines.pop()[:LONGEST]
            yield lines
        if rest:
            yield [rest]

    def _header(self) -> Resolved:
        cells = self._next()
        if not self._given.numbers_only:
            return resolve(cells, self._needed, self._optional, self._given, self._kind)
        found = headless(cells, self._needed, self._optional, self._given)
        if found is None:
            cells = self._next()
            found = headless(cells, self._needed, self._optional, self._given)
        if found is None:
            raise Fault("no-numbers")
        self._first = cells
        return found

    def _next(self) -> list[str]:
        cells = next(self._lines, None)
        if cells is None:
            raise Fault("no-header", columns=", ".join(self.columns))
        if isinstance(cells, Fault):
            raise cells
        return cells


def _examine(file: BinaryIO) -> tuple[str, str, int]:
    """Encoding, SHA-256 and length in bytes."""
    file.seek(0)
    start = file.read(4)
    if start.startswith((b"PK\x03\x04", b"\xd0\xcf\x11\xe0")):
        raise Fault("workbook")
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        raise Fault("utf-16")
    for encoding in ("utf-8-sig", "gb18030"):
        decoder = codecs.getincrementaldecoder(encoding)("strict")
        digest, size = hashlib.sha256(), 0
        file.seek(0)
        try:
            while chunk := file.read(_CHUNK):
                digest.update(chunk)
                size += len(chunk)
                decoder.decode(chunk)
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            continue
        return encoding, digest.hexdigest(), size
    raise Fault("encoding")
